"""An ad hoc run: begun in one write, delivered like any other, without a word about the source."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.crash.scenarios import settled
from tests.support.ad_hoc import ad_hoc_reports, canary, import_values
from tests.support.world import World
from upa_core.domain.documents.ad_hoc import AdHoc
from upa_core.domain.documents.quarantine import Quarantine, QuarantineReason
from upa_core.domain.errors import RefusedError, UnavailableError
from upa_core.domain.health.events import EventName
from upa_core.domain.http import Request
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.plan.entry import Entry
from upa_core.http_api.serve import serve
from upa_core.services.drive.tick import tick
from upa_core.services.plan.ad_hoc import begin_ad_hoc
from upa_core.state.document import lane_of, state_of
from upa_core.state.reports import reports_of


def test_the_function_apps_tick_finishes_what_the_laptop_began() -> None:
    """In staging mode, never pulled: the tick wakes the export, which sends, watches and settles the canary."""
    world = World(3, staging=True)
    person = world.people[0]
    canary(world, world.ports(), person)
    world.waker.sent.clear()  # the laptop's own wake-up reached nobody

    tick(world.ports(), world.connector)
    woken = world.waker.sent[-1][:2]
    world.drain(hours=6)

    assert woken == ("export", "hr")
    assert world.shadow(person) is not None
    assert world.profile(person)["UpaDepartment"] == "D0"
    assert (world.state.run, world.lane.in_flight, world.library()) == (None, None, [])
    assert [(one.status, one.ad_hoc) for one in ad_hoc_reports(world)] == [("success", AdHoc("canary", "anna"))]


def test_the_run_and_its_event_count_updates_and_clears_apart() -> None:
    """Who watches sees how much an import takes away."""
    world = settled(3)
    one, other = world.people[:2]
    entries = [
        Entry(one, {"UpaTitle": "x", "UpaType": ""}, {"UpaType": "none"}),
        Entry(other, {"UpaTitle": ""}, {"UpaTitle": "T1"}),
    ]
    run = begin_ad_hoc(world.ports(), world.connector, entries, AdHoc("import", "anna", "people.csv"))
    told = world.events.named(EventName.PLAN_MADE)[-1]

    assert (run.counts.people, run.counts.updated, run.counts.cleared, run.counts.pairs) == (2, 1, 2, 3)
    assert told.fields == {"updated": 1, "cleared": 2, "files": 1}


def test_a_first_round_after_a_canary_sends_the_others_only() -> None:
    """What SharePoint confirmed for the canary is known: there is no second import job for it."""
    world = World(3)
    canary(world, world.ports(), world.people[0])
    world.drain(hours=6)
    world.sync()

    reports = list(reports_of(world.store, "hr"))
    assert [[file.people for file in report.files] for report in reports] == [[2], [1]]
    assert world.differences() == []


def test_an_import_of_an_owned_property_leaves_it_unknown_and_due() -> None:
    """The connector's own value is sent again, and nothing of the import is taken for it."""
    world = settled(3)
    world.sim.profiles.define("UpaExtra")
    person = world.people[0]
    import_values(world, world.ports(), {person: {"UpaDepartment": "imported", "UpaExtra": "x"}})
    world.end_run()

    imported = world.profile(person)["UpaDepartment"]
    known, waits = world.shadow(person), world.escrow()[person]
    world.drain(hours=12)

    assert imported == "imported"
    assert known is not None
    assert (known["UpaDepartment"], known["UpaTitle"]) == (None, "T0")
    assert (waits.reason, waits.due) == (EscrowReason.OVERRIDDEN, waits.since)
    assert (world.profile(person)["UpaDepartment"], world.escrow()) == ("D0", {})
    assert world.sim.profiles.get(person)["UpaExtra"] == "x"


def test_an_import_of_what_nobody_owns_touches_no_shadow() -> None:
    """No shard is written, and people whom the log names are in the report alone."""
    world = settled(3)
    world.sim.profiles.define("UpaExtra")
    absent = world.join(profile=False)
    before = {key: blob for key, blob in world.store.blobs.items() if "/people/" in key}
    import_values(world, world.ports(), {world.people[0]: {"UpaExtra": "x"}, absent: {"UpaExtra": "y"}})
    world.end_run()

    after = {key: blob for key, blob in world.store.blobs.items() if "/people/" in key}
    report = ad_hoc_reports(world)[0]
    assert after == before
    assert (report.outcome, report.counts.exported, report.counts.escrowed) == ("partly", 1, 1)


@pytest.mark.slow
def test_a_failed_import_slows_nothing_down() -> None:
    """Neither retry nor quarantine: the connector's own runs have nothing to do with it."""
    world = settled(3)
    world.sim.timer_job.plan("next", "internal_error_partial")
    run = import_values(world, world.ports(), {person: {"UpaTitle": "x"} for person in world.people})
    world.end_run()

    state = world.state
    assert (state.retry, state.quarantine, state.last_run) == (None, None, run.id)
    assert ad_hoc_reports(world)[0].status == "failed"
    world.drain(hours=12)
    assert world.differences() == []


def test_nothing_begins_beside_an_open_run_a_pause_or_a_switch() -> None:
    """Each names what blocks it, and begins nothing."""
    world = settled(3)
    ports, document = world.ports(), state_of(world.store, "hr")
    run = import_values(world, ports, {world.people[0]: {"UpaTitle": "x"}})
    with pytest.raises(UnavailableError, match=f"run {run.id} of hr is open"):
        canary(world, ports, world.people[1])
    world.drain(hours=12)
    document.update(lambda state: replace(state, paused=True))
    with pytest.raises(RefusedError, match="hr is paused"):
        canary(world, ports, world.people[1])
    off = Quarantine(QuarantineReason.CREDENTIALS, world.now, "denied", off_since=world.now)
    document.update(lambda state: replace(state, paused=False, quarantine=off))
    with pytest.raises(RefusedError, match="hr is switched off"):
        canary(world, ports, world.people[1])

    assert world.state.run is None


def test_a_state_that_moved_in_between_begins_nothing() -> None:
    """Somebody planned while the file was read: the plan's numbers would be older than theirs."""
    world = settled(3)
    ports = world.ports()
    put = world.store.put

    def meddle(key: str, *args: Any, **kwargs: Any) -> object:
        if key.endswith("intent.json"):
            state_of(world.store, "hr").update(lambda state: replace(state, sequence=state.sequence + 1))
        return put(key, *args, **kwargs)

    world.store.put = meddle
    with pytest.raises(UnavailableError, match="at work in between"):
        canary(world, ports, world.people[0])

    assert world.state.run is None


def test_what_a_given_up_import_job_may_still_write_waits() -> None:
    """The same property of the same person, older, may arrive after the import: refused with the file's name."""
    world = settled(3)
    world.sim.profiles.define("UpaExtra")
    world.sim.timer_job.plan("next", hang="Processing", wake_after=30 * 3600)
    first, second, _ = world.people
    import_values(world, world.ports(), {first: {"UpaExtra": "old"}})
    world.drain(hours=26)
    given_up = lane_of(world.store, world.connector).load().value.abandoned
    assert len(given_up) == 1

    with pytest.raises(UnavailableError, match=f"{given_up[0].file} was given up"):
        import_values(world, world.ports(), {first: {"UpaExtra": "new"}})
    run = import_values(world, world.ports(), {second: {"UpaExtra": "new"}})
    assert run.files[0].people == 1


def test_an_entry_is_needed() -> None:
    """A plan without people is no run."""
    world = settled(1)
    with pytest.raises(ValueError, match="nobody"):
        begin_ad_hoc(world.ports(), world.connector, list[Entry](), AdHoc("import", "anna"))


def test_the_list_of_runs_names_its_kind() -> None:
    """API and page tell a canary and an import from runs of the source's changes."""
    world = settled(2)
    canary(world, world.ports(), world.people[0])
    world.drain(hours=6)
    import_values(world, world.ports(), {world.people[0]: {"UpaTitle": "x"}})
    world.end_run()

    answer = serve({"hr": (world.connector, world.ports())}, "list_runs", Request(), entra=False)
    assert [row["kind"] for row in answer.body["runs"]] == ["import", "canary", "full"]
