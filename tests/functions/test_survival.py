"""kill -9 of the functions host in every phase of a run, restart, and the tenant converges to the oracle."""

from __future__ import annotations

import io
from collections import Counter
from contextlib import suppress
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from rich.console import Console

from tenant_sim.control.calls import Call
from tests.support.full import FULL
from upa_cli.demo.engine import EngineError, HostEngine
from upa_cli.demo.narration import Narrator
from upa_cli.demo.oracle import differences
from upa_cli.demo.stage import Stage
from upa_core.domain.health.events import Event

PHASES = {
    "pulling": "graph users.delta",
    "between seal and wake-up": "upa.round.sealed",
    "planned": "upa.plan.made",
    "uploading": "sharepoint files.add",
    "queueing, the answer unseen": "admin QueueImportProfileProperties",
    "queued": "upa.file.queued",
    "polling": "admin GetImportProfilePropertyJob",
    "archiving": "sharepoint file.download",
    "settling": "upa.file.archived",
    "settled": "upa.file.settled",
    "cleaning": "sharepoint file.delete",
}

TRIED = PHASES if FULL else ("pulling", "planned", "queueing, the answer unseen", "polling", "settling")
"""A phase takes seconds: the others, whose every call is a death in tests/crash too, are tried by `make campaigns`."""


class _Killer(Narrator):
    """Kills the host once, the first time a call of the tenant or an event of the pipeline has the given name."""

    def __init__(self, moment: str) -> None:
        super().__init__(Console(file=io.StringIO()))
        self._moment = moment
        self.engine: HostEngine | None = None
        self.killed = False

    def emit(self, event: Event) -> None:
        self._see(event.name.value)

    def called(self, call: Call) -> None:
        self._see(f"{call.surface} {call.operation}")

    def _see(self, moment: str) -> None:
        if moment == self._moment and self.engine is not None and not self.killed:
            self.killed = True
            self.engine.kill()


@pytest.mark.full
@pytest.mark.parametrize("phase", TRIED)
def test_a_host_killed_in_any_phase_loses_and_doubles_nothing(phase: str, quick_stage: Any, until: Any) -> None:
    """After the restart every profile is right, one import job was queued, and housekeeping empties the library."""
    killer = _Killer(PHASES[phase])
    with quick_stage(killer) as on:
        engine = _arm(on, killer)
        with suppress(EngineError, URLError, ConnectionError, HTTPException):  # cleaning comes after the run's end
            engine.run(full=True)
        until(lambda: killer.killed)
        engine.start()
        engine.wait_until_settled(1)
        keep_house = Request(f"{engine.base_url}/admin/functions/housekeeping", b'{"input": ""}', method="POST")
        urlopen(keep_house).close()  # cleaning that the kill cut short is a debt, paid here at the latest
        until(lambda: on.ports.library.items() == [])
        engine.kill()

        queued = Counter(job.source_uri for job in on.sim.jobs)
        assert differences(on.sim, on.connector_file, [on.clock.now()]) == []
        assert list(queued.values()) == [1]


def _arm(on: Stage, killer: _Killer) -> HostEngine:
    """Let the killer see each call of the tenant as it is recorded."""
    engine = on.engine
    assert isinstance(engine, HostEngine)
    killer.engine = engine
    record = on.sim.calls.record

    def seen(call: Call) -> None:
        record(call)
        killer.called(call)

    on.sim.calls.record = seen
    return engine
