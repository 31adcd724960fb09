"""One run as a whole: its document, its counts, its causes, and when it got how far."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.services.deliver.bulk.test_landing import in_lane
from tests.support.ended import delivery_of, planned
from tests.support.world import World
from upa_core.domain.documents.connector_state import Debt
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.rounds import SealedRound
from upa_core.domain.documents.runs import Counts, Decision, FileState, Hold, Report, Run
from upa_core.domain.documents.storage_layout import decision_key, report_key
from upa_core.domain.plan.run_people import BatchRow, Cause, RunPeople, run_people_key
from upa_core.services.admin.requests import RunStatus
from upa_core.services.insight.run_view import Moment, RunView, by_property, causes, run_json, view_run
from upa_core.state.document import lane_of, put_document, state_of, watcher_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RUN, ROUND = "20261122T101500Z-aaaa", "20261122T091500Z-bbbb"
FILE = FileState(f"upa-hr-{RUN}-1.json", 1, 2, 3, 4, "sha")
TABLE = RunPeople(
    1,
    "hr",
    RUN,
    NOW,
    shards=1,
    people=9,
    hash="abc",
    counts={"changed:UpaB": 2, "set:UpaA": 3, "cleared:UpaC": 1, "escrowed:*": 4, "declined:UpaB": 5},
    causes=(
        Cause({"UpaA": ("not_kept", "code"), "*": ("profile_not_created",)}, people=2),
        Cause({"UpaA": ("not_kept", "code"), "UpaB": ("refused_by_sharepoint", "X", "more")}, people=3),
    ),
)
REPORT = Report(
    1, "hr", RUN, NOW - timedelta(hours=2), NOW - timedelta(hours=1), "success", (ROUND,), Counts(), (FILE,)
)


def test_counts_are_by_property_and_kind_clears_first() -> None:
    """The whole person stands after the properties; a kind that nobody has is 0."""
    found = by_property(TABLE)
    none = {"cleared": 0, "changed": 0, "set": 0, "escrowed": 0, "declined": 0}

    assert list(found) == ["UpaC", "UpaA", "UpaB", "*"]
    assert found == {
        "UpaC": {**none, "cleared": 1},
        "UpaA": {**none, "set": 3},
        "UpaB": {**none, "changed": 2, "declined": 5},
        "*": {**none, "escrowed": 4},
    }


def test_causes_are_by_property_reason_and_detail_most_people_first() -> None:
    """Those of several batches add up; equal numbers stand in the order of their properties."""
    assert causes(TABLE) == [
        {"property": "UpaA", "result": "refused", "reason": "not_kept", "detail": "code", "people": 5},
        {"property": "UpaB", "result": "refused", "reason": "refused_by_sharepoint", "detail": "X", "people": 3},
        {"property": "*", "result": "escrowed", "reason": "profile_not_created", "detail": "", "people": 2},
    ]
    equal = (Cause({"b": ("not_kept",), "a": ("not_kept",)}, people=1),)
    assert [one["property"] for one in causes(replace(TABLE, causes=equal))] == ["a", "b"]


def test_the_document_of_an_ended_run_has_each_part_under_its_own_name() -> None:
    """Counts, files, report, and the moments with their age in hours; one that isn't known has none."""
    status = RunStatus(ROUND, "hr", "complete", replace(REPORT, why="because", full=True))
    timeline = (Moment("planned", NOW - timedelta(hours=30), "file", "by Ann"), Moment("cleaned", None))
    counts = Counts(people=9, unchanged=4)
    document = run_json(RunView(status, RUN, counts, (FILE,), timeline, TABLE, config="c0ffee"), NOW)

    assert (document["run"], document["connector"], document["status"]) == (RUN, "hr", "complete")
    assert (document["why"], document["kind"], document["config"], document["plan"]) == (
        "because",
        "full",
        "c0ffee",
        "abc",
    )
    assert (document["people"], document["unchanged"], document["counts"]["people"]) == (9, 4, 9)
    assert (document["properties"], document["causes"]) == (by_property(TABLE), causes(TABLE))
    assert [one["name"] for one in document["files"]] == [FILE.name]
    assert (document["report"]["run"], document["report"]["status"]) == (RUN, "complete")
    assert document["timeline"] == [
        {"what": "planned", "at": "2026-11-21T06:00:00Z", "age_h": 30.0, "file": "file", "detail": "by Ann"},
        {"what": "cleaned", "at": None, "age_h": None, "file": "", "detail": ""},
    ]
    delta = run_json(RunView(replace(status, report=REPORT), RUN, counts, (), ()), NOW)
    assert (delta["kind"], delta["why"]) == ("delta", "")


def test_the_document_of_a_run_that_hasnt_ended_claims_nothing() -> None:
    """A held one says why."""
    document = run_json(RunView(RunStatus(RUN, "hr", "held"), RUN, Counts(), (), (), held="clears of 9"), NOW)

    assert (document["why"], document["kind"], document["report"], document["people"]) == (
        "clears of 9",
        None,
        None,
        None,
    )
    assert (document["plan"], document["properties"], document["causes"], document["timeline"]) == ("", {}, [], [])


def moments(view: RunView | None) -> list[tuple[str, datetime | None, str, str]]:
    assert view is not None
    return [(one.what, one.at, one.file, one.detail) for one in view.timeline]


def test_an_open_run_shows_how_far_its_file_in_the_lane_is() -> None:
    """When it was handed over, SharePoint's states as they were seen; what hasn't happened yet comes last."""
    world = planned(2)
    start = world.now
    queued, asked = start + timedelta(minutes=9), start + timedelta(minutes=8)
    here = in_lane(world, phase="queued", asked=asked, queued=queued, jobs=("job",))
    seen = start + timedelta(minutes=12)
    watcher_of(world.store, world.connector).update(lambda one: one.of(here.file.name).saw("Processing", seen))
    run, name = here.run, here.file.name
    view = view_run(world.ports(), world.connector, run.id)

    assert view is not None
    assert (view.status.status, view.run, view.held, view.files) == ("exporting", run.id, "", run.files)
    assert view.counts == run.counts
    (sealed,) = world.state.sealed
    assert moments(view) == [
        ("pulled", sealed.sealed, "", f"round {sealed.id}"),
        ("planned", run.started, "", ""),
        ("uploaded", asked, name, ""),
        ("handed over", queued, name, ""),
        ("SharePoint: Processing", seen, name, ""),
        ("settled", None, name, ""),
        ("cleaned", None, name, ""),
    ]
    assert moments(view_run(world.ports(), world.connector, sealed.id)) == moments(view)


def test_a_file_of_another_run_in_the_lane_says_nothing_of_this_one() -> None:
    """Its file has no moment yet."""
    world = planned(2)
    run = delivery_of(world).run
    place = InFlight("hr", "another", run.files[0].name, 1, "queued", world.now, asked=world.now, queued=world.now)
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, in_flight=place))

    assert {at for what, at, *_ in moments(view_run(world.ports(), world.connector, run.id)) if what == "uploaded"} == {
        None
    }


def test_a_held_run_says_since_when_and_who_decided() -> None:
    """The reason of the hold stands in the view while it is held."""
    world = planned(2)
    run = delivery_of(world).run
    hold = Hold(run, world.now + timedelta(minutes=1), "clears of 9 people")
    state_of(world.store, "hr").update(lambda state: replace(state, run=None, hold=hold))
    held = view_run(world.ports(), world.connector, run.id)
    decision = Decision(1, run.id, "approved", "Ann", world.now + timedelta(minutes=2), "clears")
    put_document(world.store, decision_key(run.id), decision)
    decided = view_run(world.ports(), world.connector, run.id)

    assert held is not None
    assert (held.status.status, held.held) == ("held", "clears of 9 people")
    assert [one[0] for one in moments(held)][:3] == ["pulled", "planned", "held"]
    assert moments(held)[2][1] == hold.since
    assert moments(decided)[3] == ("approved", decision.at, "", "by Ann")


def ended(**fields: Any) -> World:
    """Return a world in which a run of one file has ended."""
    world = World()
    put_document(world.store, report_key(RUN), replace(REPORT, counts=Counts(people=7)))
    known: dict[str, Any] = {"state": "settled", "uploaded": NOW - timedelta(minutes=50), "cleaned": NOW, **fields}
    batch = BatchRow(FILE.name, 1, "bulk", 2, settled=NOW - timedelta(minutes=5), why="why", **known)
    put_document(world.store, run_people_key(RUN), replace(TABLE, batches=(batch,)))
    return world


def test_an_ended_run_shows_what_its_file_came_to() -> None:
    """Counts and files of the report; a round that is gone by the moment of its id."""
    world = ended()
    view = view_run(world.ports(), world.connector, RUN)

    assert view is not None
    assert (view.counts.people, view.files, view.people is not None) == (7, (FILE,), True)
    assert moments(view) == [
        ("pulled", datetime(2026, 11, 22, 9, 15, tzinfo=UTC), "", f"round {ROUND}"),
        ("planned", REPORT.started, "", ""),
        ("ended", REPORT.ended, "", "complete"),
        ("uploaded", NOW - timedelta(minutes=50), FILE.name, ""),
        ("settled", NOW - timedelta(minutes=5), FILE.name, "why"),
        ("cleaned", NOW, FILE.name, ""),
        ("handed over", None, FILE.name, ""),
    ]


def test_what_is_still_owed_in_the_library_isnt_cleaned() -> None:
    """The file and the folder of its logs: how many are to be deleted; another file's debt says nothing."""
    world = ended()
    stem = FILE.name.removesuffix(".json")
    urls = (f"https://x/{FILE.name}", f"https://x/{stem}-Logs", "https://x/another.json")
    debts = tuple(Debt(url, is_folder=False, since=NOW) for url in urls)
    state_of(world.store, "hr").update(lambda state: replace(state, debts=debts))

    assert ("cleaned", None, FILE.name, "2 to be deleted") in moments(view_run(world.ports(), world.connector, RUN))


def test_a_batch_that_isnt_an_import_file_has_no_library() -> None:
    """It is settled, and that is all."""
    world = ended()
    batch = BatchRow(FILE.name, 1, "individual", 2, settled=NOW)
    put_document(world.store, run_people_key(RUN), replace(TABLE, batches=(batch,)))
    whats = [what for what, *_ in moments(view_run(world.ports(), world.connector, RUN))]

    assert whats == ["pulled", "planned", "ended", "settled"]


def test_a_round_in_the_outbox_is_pulled_and_no_more() -> None:
    """Nothing is planned, counted or claimed of it."""
    world = World()
    sealed = SealedRound(ROUND, "delta", "", NOW, NOW - timedelta(minutes=3), (), "", ())
    state_of(world.store, "hr").update(lambda state: replace(state, sealed=(sealed,)))
    view = view_run(world.ports(), world.connector, ROUND)

    assert view is not None
    assert (view.run, view.counts, view.files, view.people, view.config) == (ROUND, Counts(), (), None, None)
    assert moments(view) == [("pulled", NOW - timedelta(minutes=3), "", f"round {ROUND}")]


@pytest.mark.parametrize("held", [True, False])
def test_a_round_leads_to_the_run_that_it_ended_in(held: bool) -> None:
    """An open one, or a held one; another's is no run of it."""
    world = World()
    run = Run(RUN, NOW, (ROUND,), (), Counts(people=3))
    other = Run("20261122T111500Z-cccc", NOW, (), (), Counts(people=8))
    hold = Hold(run if held else other, NOW, "why")
    state_of(world.store, "hr").update(lambda state: replace(state, run=None if held else run, hold=hold))
    view = view_run(world.ports(), world.connector, ROUND)

    assert view is not None
    assert (view.run, view.counts.people, view.held) == (RUN, 3, "why" if held else "")
