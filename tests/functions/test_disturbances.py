"""What goes wrong around the function app in Azure, done to it here: poison, lost and doubled messages, long rounds."""

from __future__ import annotations

import io
import json
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from upa_cli.demo.narration import Narrator
from upa_cli.demo.oracle import differences
from upa_cli.demo.stage import Stage
from upa_core.domain.documents.storage_layout import outcome_key
from upa_core.domain.health.events import Event

MAX_DEQUEUE_COUNT = 5
"""host.json says so."""
LOSE_THE_FIRST = """
CREATE TRIGGER lose_it AFTER INSERT ON message WHEN NEW.queue = '{queue}' AND NOT EXISTS (SELECT * FROM lost)
BEGIN INSERT INTO lost VALUES (NEW.body); DELETE FROM message WHERE number = NEW.number; END
"""
DOUBLE_EACH = """
CREATE TRIGGER double_it AFTER INSERT ON message WHEN NEW.id NOT LIKE '%-again'
BEGIN INSERT INTO message (id, queue, body, inserted, expires, visible)
VALUES (NEW.id || '-again', NEW.queue, NEW.body, NEW.inserted, NEW.expires, NEW.visible); END
"""


def _converged(on: Stage) -> None:
    """Every profile is right, and each file became one import job."""
    assert differences(on.sim, on.connector_file, [on.clock.now()]) == []
    assert set(Counter(job.source_uri for job in on.sim.jobs).values()) == {1}


def test_a_poison_message_ends_in_the_poison_queue_and_disturbs_nothing(
    quick_stage: Any, witness: Any, host_of: Any, until: Any
) -> None:
    """A message that is no wake-up is tried maxDequeueCount times and put aside; the run behind it is delivered."""
    with quick_stage(witness) as on:
        host = host_of(on)
        insert = "INSERT INTO message (id, queue, body, inserted, visible) VALUES ('bad', 'upa-export', ?, 0, 0)"
        host.sql(insert, b'{"v": 2, "connector": "demo"}')
        host.engine.run(full=True)
        until(lambda: host.queued("upa-export-poison") != [])

        assert host.queued("upa-export-poison") == ['{"v": 2, "connector": "demo"}']
        assert len(host.lines("Executed 'Functions.export_changes' (Failed")) == MAX_DEQUEUE_COUNT
        assert host.sql("SELECT DISTINCT queue FROM message WHERE queue LIKE '%-poison'") == [("upa-export-poison",)]
        _converged(on)


def test_a_lost_wake_up_to_export_costs_a_tick_at_most(quick_stage: Any, witness: Any, host_of: Any) -> None:
    """A sealed round whose message is gone is exported all the same, once."""
    _lose("upa-export", quick_stage, witness, host_of)


def test_a_lost_wake_up_to_pull_costs_a_tick_at_most(quick_stage: Any, witness: Any, host_of: Any) -> None:
    """A run that was asked for, and whose message is gone, is pulled all the same."""
    _lose("upa-pull", quick_stage, witness, host_of)


def _lose(queue: str, quick_stage: Any, witness: Any, host_of: Callable[[Stage], Any]) -> None:
    with quick_stage(witness) as on:
        host = host_of(on)
        host.sql("CREATE TABLE lost (body BLOB)")
        host.sql(LOSE_THE_FIRST.format(queue=queue))
        host.engine.run(full=True)

        assert len(host.sql("SELECT body FROM lost")) == 1
        _converged(on)


def test_doubled_messages_change_nothing(quick_stage: Any, witness: Any, host_of: Any, until: Any) -> None:
    """With every message of every queue delivered twice, each file is queued once and every profile is right."""
    with quick_stage(witness) as on:
        host = host_of(on)
        host.sql(DOUBLE_EACH)
        host.engine.run(full=True)
        until(lambda: host.sql("SELECT count(*) FROM message") == [(0,)])

        executed = len(host.lines("Executed 'Functions.export_changes' (Succeeded"))
        assert executed >= 2
        assert len(on.sim.jobs) == 1
        _converged(on)


def test_a_round_longer_than_the_time_budget_hands_itself_on(quick_stage: Any, witness: Any, host_of: Any) -> None:
    """A full round of many pages takes several invocations, continue_pull's, and is sealed once with all its pages."""
    with quick_stage(witness, time_budget="1s", page_size=5) as on:
        host = host_of(on)
        host.engine.run(full=True)

        continued = Counter(event.fields["round"] for event in witness.of("upa.round.continued"))
        sealed = [event for event in witness.of("upa.round.sealed") if event.fields["rows"]]
        rounds = [event.fields["round"] for event in sealed]
        # The first tick may begin a full round of its own before the one that was asked for.
        assert {event.fields["pages"] for event in sealed} == {8}
        assert len(rounds) == len(set(rounds))
        assert all(continued[name] >= 3 for name in rounds)
        assert len(host.lines("Executed 'Functions.continue_pull' (Succeeded")) >= 3
        _converged(on)


def test_an_activity_that_raises_is_retried_and_the_orchestration_goes_on(
    quick_stage: Any, host_of: Any, until: Any
) -> None:
    """While storage fails watch_step is called again and again; then the orchestration completes and all is settled."""
    broken = _BrokenStorage()
    with quick_stage(broken) as on:
        broken.state = on.folder / "state"
        on.sim.timer_job.settings.download_delay = 1800.0  # time enough to break storage before the import ends
        host = host_of(on)
        request = urllib.request.Request(f"{host.engine.base_url}/api/runs", b'{"kind": "full"}', method="POST")
        urllib.request.urlopen(request).close()
        until(lambda: host.lines("Executed 'Functions.watch_step' (Failed") != [])
        broken.repair()
        host.engine.wait_until_settled(1)
        until(lambda: [one["runtimeStatus"] for one in _orchestrations(host)] == ["Completed"])

        _converged(on)


class _BrokenStorage(Narrator):
    """Leaves an unreadable outcome of the file as soon as the file is queued."""

    def __init__(self) -> None:
        super().__init__(Console(file=io.StringIO()))
        self.state = Path()
        self._obstacle = Path()

    def emit(self, event: Event) -> None:
        if event.name.value == "upa.file.queued" and event.run:
            self._obstacle = self.state / outcome_key(event.run, str(event.fields["file"]))
            self._obstacle.parent.mkdir(parents=True, exist_ok=True)
            self._obstacle.write_bytes(b"unreadable")

    def repair(self) -> None:
        self._obstacle.unlink()


def _orchestrations(host: Any) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{host.engine.base_url}/runtime/webhooks/durabletask/instances") as answer:
        found: list[dict[str, Any]] = json.load(answer)
        return found
