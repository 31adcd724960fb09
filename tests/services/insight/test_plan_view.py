"""A plan is read whole: samples by weight, one hash for one plan, and in whom two plans differ."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from tests.crash.scenarios import settled
from tests.support.run_people import RUN, CountingStore, connector, write_run
from tests.support.run_people import person as id_of
from tests.support.world import NO_THRESHOLD, World
from tests.support.wrapped import Wrapped
from upa_core.domain.documents.runs import Counts, Decision, Report
from upa_core.domain.documents.storage_layout import decision_key, report_key
from upa_core.services.insight.hold_view import view_hold, what_became, what_happens_now
from upa_core.services.insight.plan_view import Difference, compare, sample
from upa_core.services.insight.preview import Preview, preview
from upa_core.services.insight.run_people import RunPeopleView
from upa_core.state.document import put_document
from upa_core.state.run_people.reader import RunReader, open_run


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


def reader_of(people: int, **of: int) -> RunReader:
    """Return a stored plan of so many people."""
    store = CountingStore()
    write_run(store, people, of=of)
    reader = open_run(store, RUN)
    assert reader is not None
    return reader


def shown(reader: RunReader, most: int, counts: dict[str, int] | None = None) -> list[str]:
    """Return the kinds of a sample of a plan, a person after the other."""
    found = sample(RunPeopleView(reader, connector()), reader.table.counts if counts is None else counts, most)
    assert len({one.person for one in found}) == len(found) <= most
    return ["/".join(sorted({value.kind for value in one.values})) for one in found]


def test_a_sample_is_no_larger_than_asked_for_and_has_everybody_where_there_are_few() -> None:
    """Each person once, with all their values, whoever clears first; of nobody it is empty."""
    reader = reader_of(6, clears=3)

    assert shown(reader, 20) == ["cleared/set", "cleared/set", "changed/set", "changed/set", "set", "set"]
    assert [len(shown(reader, most)) for most in (0, 1, 2, 5)] == [0, 1, 2, 5]
    assert shown(reader, 1) == ["cleared/set"]
    assert shown(reader, 20, {}) == []
    assert shown(reader, 20, {"escrowed:UpaTitle": 3, "cleared:UpaTitle": 0}) == []


def test_each_label_has_somebody_while_there_is_room() -> None:
    """A rare one isn't crowded out by those whom most people have."""
    reader = reader_of(200, clears=100, rare=70)
    found = sample(RunPeopleView(reader, connector()), reader.table.counts, 6)
    values = {(value.kind, value.property) for one in found for value in one.values}

    assert {("cleared", "UpaTitle"), ("changed", "UpaDepartment"), ("set", "UpaCode"), ("set", "UpaTitle")} <= values
    assert len(found) == 6


def test_equal_plans_differ_in_nobody_and_nothing_of_them_is_read() -> None:
    """Their hash says so."""
    one, other = reader_of(5), reader_of(5)

    assert compare(one, other) == Difference((), complete=True)


def test_plans_differ_in_whoever_is_in_one_alone_or_has_other_values() -> None:
    """In the order of their ids; no more than asked for, and it says whether these are all."""
    one, fewer, rarer = reader_of(6), reader_of(4), reader_of(6, rare=3)
    alone = tuple(sorted((id_of(4), id_of(5))))
    valued = tuple(sorted((id_of(0), id_of(3))))

    assert compare(one, fewer) == compare(fewer, one) == Difference(alone, complete=True)
    assert compare(one, rarer) == Difference(valued, complete=True)
    assert compare(one, fewer, most=2) == Difference(alone, complete=True)
    assert compare(one, fewer, most=1) == Difference(alone[:1], complete=False)


def test_plans_of_another_number_of_shards_are_compared_person_by_person() -> None:
    """No part of one is known to equal a part of the other."""
    few, many = reader_of(900), reader_of(2_100)
    assert few.table.shards != many.table.shards
    found = compare(few, many, most=5_000)

    assert found == Difference(tuple(sorted(id_of(n) for n in range(900, 2_100))), complete=True)


def test_only_the_shards_in_which_two_plans_differ_are_read() -> None:
    """The others are known to be equal."""
    one, other = reader_of(2_100), reader_of(2_100, rare=2_099)
    assert one.table.shards > 1
    read: list[int] = []
    real = one.blocks
    counted = Wrapped(one, blocks=lambda extents: (read.append(len(extents)), real(extents))[1])

    assert set(compare(counted, other).people) == {id_of(0), id_of(2_099)}
    assert sum(read) < len(one.table.blocks)
