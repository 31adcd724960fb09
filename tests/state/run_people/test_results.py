"""What became of the people of a run, written with each batch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.clock import START
from tests.support.run_people import RUN, CountingStore, connector, person, write_run
from upa_core.domain.people.escrow_entry import WHOLE, EscrowReason
from upa_core.domain.people.mapping import direct
from upa_core.domain.people.verdict import PersonVerdict, Refusal, Verdict
from upa_core.domain.plan.run_people import run_people_key
from upa_core.domain.plan.tally import LeftOut
from upa_core.services.insight.run_people import RunPeopleView, Wanted
from upa_core.state.run_people.forget import forget_in_run
from upa_core.state.run_people.reader import open_run
from upa_core.state.run_people.results import note_batch, note_end, note_results

ABSENT = PersonVerdict({WHOLE: Refusal(EscrowReason.PROFILE_NOT_CREATED, "IdentityNotResolvable")})


def results(store: CountingStore, one: str) -> dict[str, tuple[str, str]]:
    """Return a person's results by property: word and why."""
    reader = open_run(store, RUN)
    assert reader is not None
    found = RunPeopleView(reader, connector()).page(Wanted(person=one)).people
    return {value.property: (value.result.word, value.result.why) for told in found for value in told.values}


def test_each_property_has_a_result_of_its_own() -> None:
    """Refused, accepted beside it, and neither: what wasn't confirmed is sent again."""
    store = CountingStore()
    table, [people] = write_run(store, 20, of={"rare": 1})
    refusal = {"UpaTitle": Refusal(EscrowReason.REFUSED_BY_SHAREPOINT, "InvalidProperty")}
    verdict = Verdict(True, {people[0]: PersonVerdict(refusal, ("UpaCode",)), people[1]: ABSENT})
    before = results(store, people[0])
    note_results(store, RUN, table.batches[0].name, people, verdict)

    assert set(before.values()) == {("planned", "")}
    assert results(store, people[0]) == {
        "UpaTitle": ("refused", "refused_by_sharepoint"),
        "UpaCode": ("accepted", ""),
        "UpaDepartment": ("unknown", "sent again without what was refused"),
    }
    assert set(results(store, people[1]).values()) == {("escrowed", "profile_not_created")}
    assert set(results(store, people[2]).values()) == {("accepted", "")}


def test_a_batch_that_confirmed_nobody_leaves_everybody_unknown() -> None:
    """The reason stands beside each value; the other batch isn't touched."""
    store = CountingStore()
    table, [first, second] = write_run(store, 20, per_batch=10)
    note_results(store, RUN, table.batches[0].name, first, Verdict(confirmed=False, why="InternalError"))
    note_end(store, RUN, "failed", "InternalError")

    assert set(results(store, first[0]).values()) == {("unknown", "InternalError")}
    assert set(results(store, second[0]).values()) == {("not_sent", "InternalError")}


def test_a_rejected_plan_is_declined() -> None:
    """Nothing of it was sent."""
    store = CountingStore()
    _, [people] = write_run(store, 5)
    note_end(store, RUN, "rejected", "rejected by Ann")

    assert set(results(store, people[0]).values()) == {("declined", "rejected by Ann")}


def test_settling_again_changes_nothing() -> None:
    """The same batch, noted twice, counts its people once."""
    store = CountingStore()
    table, [people] = write_run(store, 5)
    for _ in range(2):
        note_results(store, RUN, table.batches[0].name, people, Verdict(True, {people[0]: ABSENT}))
    reader = open_run(store, RUN)

    assert reader is not None
    assert [one.people for one in reader.table.causes] == [1]
    assert [(one.label, one.people) for one in reader.table.refused] == [("escrowed:*", 1)]


def test_a_table_that_is_lost_or_damaged_stops_nothing() -> None:
    """It is for whoever asks: a batch is settled without it."""
    store = CountingStore()
    table, [people] = write_run(store, 5)
    store.put(run_people_key(RUN), b"{")
    note_results(store, RUN, table.batches[0].name, people, Verdict(True, {people[0]: ABSENT}))
    store.delete(run_people_key(RUN))
    note_end(store, RUN, "failed", "x")

    assert run_people_key(RUN) not in store.blobs


def test_values_of_redacted_properties_are_never_written() -> None:
    """Neither the old nor the new value is in what is stored, whatever the connector file says later."""
    secret = replace(direct("jobTitle", "UpaTitle", on_empty="clear"), redact=True)
    made = connector(mappings=(direct("department", "UpaDepartment"), secret))
    store = CountingStore()
    left = LeftOut(person(10**6), {"UpaTitle": "Title old"}, {"UpaTitle": ("declined", "", "Title new")})
    table, [people] = write_run(store, 4_000, made=made, of={"clears": 7}, left_out=[left])
    reader = open_run(store, RUN)
    assert reader is not None
    rows = [row for _, part in reader.blocks(table.blocks) for row in part]

    assert len(rows) == 4_001
    assert not any("Title" in str(row[1:]).replace("UpaTitle", "") for row in rows)
    assert results(store, people[1])["UpaDepartment"] == ("planned", "")
    assert results(store, person(10**6)) == {"UpaTitle": ("declined", "")}


@pytest.mark.slow
def test_forgetting_somebody_leaves_the_others_as_they_were() -> None:
    """Rows, listings and results of everybody else are the same; pieces that named the person are gone."""
    for count in (50, 4_000):
        store = CountingStore()
        table, [people] = write_run(store, count, of={"rare": 3, "clears": 5})
        note_results(store, RUN, table.batches[0].name, people, Verdict(True, dict.fromkeys(people[::9], ABSENT)))
        before = {one: results(store, one) for one in people[:40]}
        old = {key for key in store.blobs if "/rows/" in key}
        for gone in (people[0], people[3]):
            assert forget_in_run(store, RUN, {"hr"}, gone)
            assert not forget_in_run(store, RUN, {"hr"}, gone)
            assert not forget_in_run(store, RUN, {"other"}, people[5])
        after = {one: results(store, one) for one in people[:40]}

        assert {one for one in after if not after[one]} == {people[0], people[3]}
        assert {**before, people[0]: {}, people[3]: {}} == after
        assert old.isdisjoint(store.blobs)


def test_causes_are_numbered_once_for_all_batches() -> None:
    """How many people each has, and whose is which."""
    store = CountingStore()
    table, [first, second] = write_run(store, 20, per_batch=10)
    edited = PersonVerdict({WHOLE: Refusal(EscrowReason.USER_NAME_CHANGED, "")})
    note_results(store, RUN, table.batches[0].name, first, Verdict(True, {first[0]: ABSENT, first[1]: edited}))
    note_results(
        store,
        RUN,
        table.batches[1].name,
        second,
        Verdict(True, {second[0]: edited, second[1]: ABSENT, second[2]: ABSENT}),
    )
    reader = open_run(store, RUN)
    assert reader is not None

    assert [one.people for one in reader.table.causes] == [3, 2]
    assert {one.label: one.people for one in reader.table.refused} == {"escrowed:*": 5}
    told = [set(results(store, one).values()) for one in (first[0], first[1], second[0], second[1], second[3])]
    absent, changed = {("escrowed", "profile_not_created")}, {("escrowed", "user_name_changed")}
    assert told == [absent, changed, changed, absent, {("accepted", "")}]


def test_a_batchs_moments_are_its_own() -> None:
    """The other one isn't touched."""
    store = CountingStore()
    table, _ = write_run(store, 20, per_batch=10)
    note_batch(store, RUN, table.batches[1].name, {"queued": START})
    reader = open_run(store, RUN)

    assert reader is not None
    assert [one.queued for one in reader.table.batches] == [None, START]


def test_nothing_of_a_forgotten_person_is_left_in_any_list() -> None:
    """Nor in what was stored before; somebody of another connector is nobody here."""
    store = CountingStore()
    table, [people] = write_run(store, 3_000, of={"rare": 60})
    one = person(60)
    note_results(store, RUN, table.batches[0].name, people, Verdict(True, {one: ABSENT, people[-1]: ABSENT}))
    before = open_run(store, RUN)
    assert before is not None
    pieces = [key for key in store.blobs if "/rows/" in key]

    assert not forget_in_run(store, RUN, ["sales"], one)
    assert forget_in_run(store, RUN, ["hr"], one)
    after = open_run(store, RUN)
    assert after is not None
    assert after.table.people == before.table.people - 1
    assert not any(key in store.blobs for key in pieces)
    lists = [after.table.blocks, *(one.extents for one in (*after.table.listings, *after.table.refused))]
    rows = [row for extents in lists for _, part in after.blocks(extents) for row in part]
    assert one not in {row[0] for row in rows}
    assert (people[-1] in {row[0] for row in rows}, len(after.table.refused), len(after.table.listings) > 1) == (
        True,
        1,
        True,
    )
    assert not forget_in_run(store, RUN, ["hr"], one)


def test_a_table_that_cant_be_read_goes_with_its_rows_when_somebody_is_forgotten() -> None:
    """Nobody knows whom it names."""
    store = CountingStore()
    write_run(store, 3_000)
    store.put(run_people_key(RUN), b"{")

    assert forget_in_run(store, RUN, ["hr"], person(1))
    assert [key for key in store.blobs if RUN in key] == []
