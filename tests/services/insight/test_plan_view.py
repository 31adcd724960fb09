"""A plan is read whole: samples by weight, one hash for one plan, and in whom two plans differ."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from tests.crash.scenarios import settled
from tests.support.run_people import RUN, CountingStore, connector, write_run
from tests.support.world import NO_THRESHOLD, World
from upa_core.domain.documents.runs import Counts, Decision, Report
from upa_core.domain.documents.storage_layout import decision_key, report_key
from upa_core.services.insight.hold_view import view_hold, what_became, what_happens_now
from upa_core.services.insight.plan_view import compare, sample
from upa_core.services.insight.preview import Preview, preview
from upa_core.services.insight.run_people import RunPeopleView
from upa_core.state.document import put_document
from upa_core.state.run_people.reader import open_run


def held_world() -> World:
    """Return a world whose plan of three clears and a change is held."""
    world = settled(9, threshold=replace(NO_THRESHOLD, clears_absolute=2))
    for person in world.people[:3]:
        world.edit(person, jobTitle=None)
    world.edit(world.people[3], department="new")
    world.sync()
    assert world.state.hold is not None
    return world


def planned(world: World) -> Preview:
    """Look at what would be planned now."""
    return preview(world.ports(), world.connector)


def test_upa_plan_and_the_hold_name_the_same_plan_by_the_same_hash() -> None:
    """Nothing happened since: the preview is the plan that is held, however it was stored."""
    world = held_world()
    found = planned(world)

    assert found.held_plan is not None
    assert found.people.table.hash == found.held_plan.table.hash != ""
    assert compare(found.held_plan, found.people).people == ()


def test_a_plan_that_isnt_the_held_one_names_the_people_in_whom_they_differ() -> None:
    """Somebody new, somebody who went back, and another value: each is named, and nobody else."""
    world = held_world()
    world.edit(world.people[0], jobTitle="T0")
    world.edit(world.people[3], department="another")
    world.edit(world.people[5], department="fresh")
    found = planned(world)

    assert found.held_plan is not None
    assert found.people.table.hash != found.held_plan.table.hash
    assert set(compare(found.held_plan, found.people).people) == {world.people[n] for n in (0, 3, 5)}
    assert compare(found.held_plan, found.people, most=1).complete is False


def test_a_held_plan_is_told_by_property_and_kind_clears_first() -> None:
    """Counts, and samples whose clears stand before the change."""
    world = held_world()
    assert world.state.hold is not None
    told = view_hold(world.ports(), world.connector, world.state.hold, 20)

    assert told.properties["UpaTitle"]["cleared"] == 3
    assert told.properties["UpaDepartment"]["changed"] == 1
    assert [{value.kind for value in one.values} for one in told.samples] == [{"cleared"}] * 3 + [{"changed"}]


def test_a_hold_of_an_earlier_release_is_sampled_from_its_files() -> None:
    """Without a table there is no hash, and the people are shown all the same."""
    world = held_world()
    hold = world.state.hold
    assert hold is not None
    run = hold.run.id
    world.store.delete(f"runs/{run[:4]}/{run[4:6]}/{run}/people.json")
    told = view_hold(world.ports(), world.connector, hold, 20)

    assert (told.plan, len(told.samples)) == ("", 4)


def test_samples_have_of_each_kind_what_it_weighs() -> None:
    """Rare clears are there, first; the rest is spread over what most people have."""
    store = CountingStore()
    table, _ = write_run(store, 3_000, of={"clears": 1_000, "rare": 700})
    reader = open_run(store, RUN)
    assert reader is not None
    found = sample(RunPeopleView(reader, connector()), table.counts, 20)
    kinds = [{(value.kind, value.property) for value in one.values} for one in found]

    assert len(found) == 20
    assert ("cleared", "UpaTitle") in kinds[0]
    assert sum(("cleared", "UpaTitle") in one for one in kinds) <= 3
    assert any(("set", "UpaCode") in one for one in kinds)
    assert any(("changed", "UpaDepartment") in one for one in kinds)


def test_what_happens_after_a_decision_is_said_for_each_kind_of_hold() -> None:
    """Whether anything is sent, and what becomes of the values or of the round."""
    said = {
        (decision, kind): what_happens_now(decision, kind)
        for decision in ("approved", "rejected")
        for kind in ("", "source_shrank")
    }

    assert len(set(said.values())) == 4
    assert said["approved", ""].startswith("exactly this plan is sent")
    assert "upa declined lift" in said["rejected", ""]
    assert said["approved", "source_shrank"].startswith("this plan is sent, and its number of people")
    assert said["rejected", "source_shrank"].startswith("nothing is sent and no value is declined")


def test_what_became_of_a_decision_is_who_when_and_how_the_run_ended() -> None:
    """Before it has ended, that; of a rejected one, that nothing was sent; of an unknown id, nothing."""
    world, run = World(), "20261122T101500Z-aaaa"
    at = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)

    def became(decision: Literal["approved", "rejected"], *, ended: bool = False) -> str:
        for key in (decision_key(run), report_key(run)):
            world.store.delete(key)
        put_document(world.store, decision_key(run), Decision(1, run, decision, "Ann", at, "why"))
        if ended:
            counts = Counts(exported=1_200, escrowed=3)
            end = at + timedelta(hours=2)
            put_document(world.store, report_key(run), Report(1, "hr", run, at, end, "success", (), counts, ()))
        return what_became(world.ports(), run)

    assert what_became(world.ports(), run) == what_became(world.ports(), "no run") == ""
    assert became("rejected", ended=True).endswith("2026-11-22 12:30 UTC, and nothing of it was sent")
    assert became("approved") == f"Ann approved run {run} at 2026-11-22 12:30 UTC; it hasn't ended yet"
    assert became("approved", ended=True).endswith(
        "; it ended at 2026-11-22 14:30 UTC as partly: 1,200 people accepted, 3 in escrow"
    )


def test_a_hold_is_told_by_its_plans_hash_and_no_more_people_than_asked_for() -> None:
    """Old and new of each value; a redacted property shows neither, whoever stored the plan."""
    world = held_world()
    hold = world.state.hold
    assert hold is not None
    hidden = replace(
        world.connector,
        mappings=tuple(replace(one, redact=one.target == "UpaTitle") for one in world.connector.mappings),
    )
    run = hold.run.id
    reader = open_run(world.store, run)
    assert reader is not None
    few = view_hold(world.ports(), world.connector, hold, 2)
    first = few.samples[0].values[0]
    world.store.put(f"runs/{run[:4]}/{run[4:6]}/{run}/people.json", b"{")
    early = view_hold(world.ports(), hidden, hold, 20)
    values = {(v.property, v.kind, v.old, v.new, v.result.word) for one in early.samples for v in one.values}

    assert (few.plan, len(few.samples)) == (reader.table.hash, 2)
    assert (first.property, first.kind, first.old, first.new) == ("UpaTitle", "cleared", first.old, "")
    assert str(first.old).startswith("T")
    assert values == {
        ("UpaTitle", "cleared", "***", "", "planned"),
        ("UpaDepartment", "changed", "D3", "new", "planned"),
    }
    assert (early.plan, early.properties) == ("", {})
