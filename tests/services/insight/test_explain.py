"""Why a person's profile holds what it holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.crash.scenarios import settled
from tests.support.ended import DELIVERED, NAMED, delivery_of, ended, planned, unresolved
from tests.support.world import World
from upa_core.domain.documents.connector_state import RefusedProperty
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.runs import Hold, Report, Retry
from upa_core.domain.documents.storage_layout import report_key
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.domain.plan.refused import hash_of
from upa_core.services.deliver.archive import write_outcome
from upa_core.services.insight.explain import explain
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.document import lane_of, put_document, state_of


def test_why_tells_a_persons_way_through_the_pipeline() -> None:
    """Plans old → new with their results, what is confirmed, why somebody waits."""
    world = settled()
    world.edit(world.people[0], department="B")
    absent = world.join(profile=False, department="x")
    world.sync(hours=0.8)
    told = explain(world.ports(), world.connector, world.people[0].upper())
    assert [one.changes["UpaDepartment"] for one in told.timeline] == [(None, "D0"), ("D0", "B")]
    assert "accepted (import job" in told.timeline[-1].result
    assert told.known["UpaDepartment"] == "B"
    waiting = explain(world.ports(), world.connector, absent)
    assert waiting.escrow is not None
    assert waiting.timeline[-1].result.startswith("IdentityNotResolvable")
    assert waiting.known["UpaDepartment"] is None


def test_a_folder_that_no_run_made_leaves_the_timeline_whole() -> None:
    """What an administrator puts among the runs, under a name that tells no moment, is passed over."""
    world = settled()
    world.store.put("runs/2026/11/notes/report.json", b"{}")

    assert len(explain(world.ports(), world.connector, world.people[0]).timeline) == 1


def test_the_last_runs_are_looked_at_and_told_oldest_first() -> None:
    """Of three runs, with room for two, the first is left out."""
    world = settled()
    for value in ("B", "C"):
        world.sim.advance(timedelta(hours=1).total_seconds())
        world.edit(world.people[0], department=value)
        world.settle_down()
    told = explain(world.ports(), world.connector, world.people[0], runs=2)

    assert [one.changes["UpaDepartment"][1] for one in told.timeline] == ["B", "C"]


def answered(*lines: str, **fields: Any) -> str:
    """Return what an archive of a run tells of the first person, whose log these lines are."""
    world = planned(2)
    archive = ended(world, NAMED if lines else DELIVERED, lines=lines, **fields)
    write_outcome(world.ports(), archive)
    (one,) = explain(world.ports(), world.connector, world.people[0]).timeline
    return one.result


def test_the_result_of_a_plan_is_what_its_archive_says_of_the_person() -> None:
    """The line that names them, whatever the letter case; else that it was accepted, by import job; or why it ended."""
    world = planned(2)
    first, second = world.people

    assert answered() == "accepted (import job job: Succeeded)"
    assert answered(unresolved(second), unresolved(first.upper())) == "IdentityNotResolvable: x"
    assert answered(unresolved(second)) == "accepted (import job job: Error)"
    assert answered(given_up="given up after 24 h") == "given up after 24 h"


def test_a_plan_without_an_archive_is_on_its_way_held_or_as_its_run_ended() -> None:
    """A hold by its reason, an ended run by its outcome and reason."""
    world = planned(1)
    person, run = world.people[0], delivery_of(world).run

    def results() -> list[str]:
        return [one.result for one in explain(world.ports(), world.connector, person).timeline]

    open_one = results()
    hold = Hold(run, world.now, "clears of 9 people")
    state_of(world.store, "hr").update(lambda state: replace(state, run=None, hold=hold))
    held = results()
    state_of(world.store, "hr").update(lambda state: replace(state, hold=None))
    told = []
    for why in ("no answer", ""):
        report = Report(1, "hr", run.id, world.now, world.now, "failed", (), run.counts, run.files, why)
        world.store.delete(report_key(run.id))
        put_document(world.store, report_key(run.id), report)
        told += results()

    assert (open_one, held) == (["on its way"], ["held: clears of 9 people"])
    assert told == ["failed: no answer", "failed"]


def test_what_a_new_change_would_wait_for_is_the_first_thing_in_its_way() -> None:
    """A gate, with when it opens; then the import job that has the lane, whose it is; then a refused property."""
    world = World(1)
    mapping = world.connector.active[0]

    def waiting(**fields: Any) -> str:
        state_of(world.store, "hr").update(lambda state: replace(state, **fields))
        return explain(world.ports(), world.connector, world.people[0]).waiting

    refused = RefusedProperty(mapping.target, hash_of(mapping), world.now, "run", 12, "no such type")
    retry = Retry(1, world.now + timedelta(hours=1), "down", world.connector.fingerprint)
    assert waiting() == ""
    assert waiting(refused=(refused,)).startswith(f"property refused: SharePoint refuses {mapping.target}")
    flight = InFlight("it", "run", "file", 1, "queued", world.now)
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, in_flight=flight))
    assert waiting() == "an import job of it is in flight"
    until = f"{world.now + timedelta(hours=1):%Y-%m-%d %H:%M} UTC"
    assert waiting(retry=retry) == f"retry after a failed run (down), next try at {until}"
    assert waiting(paused=True) == "paused"


def test_everything_that_is_known_of_a_person_is_told_by_their_id_in_any_case() -> None:
    """Values confirmed and unknown, why they wait, what was declined, and the first full round that missed them."""
    world = settled(2)
    person = world.people[0]

    def change(shard: Shard, one: str) -> None:
        shard.settle(one, {"UpaTitle": None}, 99)
        shard.put_in_escrow(one, EscrowReason.NOT_KEPT, "UpaTitle", now=world.now)
        shard.declined[one] = {"UpaCode": "C9"}
        shard.missed[one] = "20261122T101500Z-full"

    change_people_between_runs(world.ports(), world.connector, [person], change)
    told = explain(world.ports(), world.connector, person.upper())
    other = explain(world.ports(), world.connector, "00000000-0000-0000-0000-00000000beef")

    assert (told.person, told.known["UpaDepartment"], told.known["UpaTitle"]) == (person, "D0", None)
    assert [(target, one.reason) for target, one in told.escrow.items()] == [("UpaTitle", EscrowReason.NOT_KEPT)]
    assert (told.declined, told.missed) == ({"UpaCode": "C9"}, "20261122T101500Z-full")
    assert (set(other.known.values()), other.escrow, other.declined, other.missed) == ({None}, {}, {}, "")
    assert (other.timeline, list(other.known) == list(told.known)) == ((), True)
