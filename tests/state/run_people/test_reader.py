"""Reading the people of a run: few reads and few bytes, however many people there are."""

from __future__ import annotations

import os

import pytest

from tests.support.run_people import RUN, CountingStore, Repeating, connector, entry, person, write_run
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.verdict import PersonVerdict, Refusal, Verdict
from upa_core.domain.plan.run_people import Extent, rows_key, run_people_key
from upa_core.services.insight.run_people import RunPeopleView, Wanted
from upa_core.state.run_people.reader import open_run, runs
from upa_core.state.run_people.results import note_results

MIB = 1024 * 1024
REFUSED = PersonVerdict(
    {"UpaTitle": Refusal(EscrowReason.REFUSED_BY_SHAREPOINT, "InvalidProperty")}, ("UpaDepartment",)
)
QUESTIONS = (
    Wanted(),
    Wanted(result="refused"),
    Wanted(result="refused", property="UpaTitle"),
    Wanted(result="accepted"),
    Wanted(result="accepted", kind="changed"),
    Wanted(kind="cleared"),
    Wanted(property="UpaCode"),
    Wanted(property="UpaDepartment", kind="set"),
)


@pytest.fixture(scope="module")
def million() -> Repeating:
    """A run of more than a million people, some of whom were refused."""
    times = 16 if os.environ.get("UPA_FULL") else 128
    store = Repeating(1_050_000 // times, times, rare=997, clears=499)
    for batch, people in zip(store.table.batches, store.batches, strict=True):
        note_results(store, RUN, batch.name, people, Verdict(True, dict.fromkeys(people[::97], REFUSED)))
    return store


def view(store: CountingStore) -> RunPeopleView:
    """Open the run as whoever asks does."""
    reader = open_run(store, RUN)
    assert reader is not None
    return RunPeopleView(reader, connector())


@pytest.mark.slow
def test_one_person_among_a_million_is_three_reads_and_a_megabyte(million: Repeating) -> None:
    """The table and the blocks of the person's shard are all that is read; a stranger costs no more."""
    numbers = [0, 1, 499, 997, 7_000]
    assert million.table.people > 1_000_000
    for asked in [*map(person, numbers), person(10**7)]:
        million.spent()
        found = view(million).page(Wanted(person=asked)).people
        reads, size = million.spent()

        assert [one.person for one in found] == ([asked] if asked != person(10**7) else [])
        assert reads <= 3
        assert size <= MIB


@pytest.mark.parametrize("wanted", QUESTIONS, ids=str)
def test_a_page_among_a_million_is_four_reads_and_two_megabytes(million: Repeating, wanted: Wanted) -> None:
    """The first page, the second, and one far behind, by whatever filter; the first is full where there are enough."""
    after = ""
    for at in range(3):
        million.spent()
        page = view(million).page(wanted, after=after, limit=50)
        reads, size = million.spent()

        assert reads <= 4
        assert size <= 2 * MIB
        assert len(page.people) == 50 or not page.after or at
        if not (after := page.after):
            break


@pytest.mark.slow
@pytest.mark.parametrize("share", [1, 32], ids=["listed", "read one after the other"])
def test_pages_hold_each_person_once_and_clears_first(monkeypatch: pytest.MonkeyPatch, share: int) -> None:
    """Going on from page to page gives whoever reading everything gives, in the same order."""
    monkeypatch.setattr("upa_core.state.run_people.listings.SHARE", share)
    store = CountingStore()
    table, batches = write_run(store, 2_100, of={"rare": 7, "clears": 5})
    people = batches[0]
    note_results(store, RUN, table.batches[0].name, people, Verdict(True, dict.fromkeys(people[::9], REFUSED)))
    for wanted in (*QUESTIONS, Wanted(result="planned")):
        whole = [one.person for one in view(store).everybody(wanted)]
        paged, after = [], ""
        while True:
            page = view(store).page(wanted, after=after, limit=77)
            paged += [one.person for one in page.people]
            if not (after := page.after):
                break
        assert paged == whole
        assert len(whole) == len(set(whole))
    everybody = list(view(store).everybody(Wanted()))
    clearing = [any(value.kind == "cleared" for value in one.values) for one in everybody]
    assert {one.person for one in everybody} == set(people)
    assert clearing == sorted(clearing, reverse=True)
    assert sum(clearing) == 420
    refused = {one.person for one in view(store).everybody(Wanted(result="refused"))}
    assert refused == {one for one in people[::9] if "UpaTitle" in entry(people.index(one)).new}


def test_a_label_of_too_many_is_found_by_reading_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What isn't listed apart, because it is nearly everybody, is the same people all the same."""
    found = []
    for share in (1, 1_000):
        monkeypatch.setattr("upa_core.state.run_people.listings.SHARE", share)
        monkeypatch.setattr("upa_core.state.run_people.listings.FEW_ROWS", 0)
        store = CountingStore()
        table, batches = write_run(store, 600, of={"rare": 7, "clears": 5})
        verdict = Verdict(True, dict.fromkeys(batches[0][::9], REFUSED))
        note_results(store, RUN, table.batches[0].name, batches[0], verdict)
        found.append([sorted(one.person for one in view(store).everybody(wanted)) for wanted in QUESTIONS])

    assert found[0] == found[1]
    assert all(found[0])


def test_a_damaged_block_is_an_error_and_no_empty_answer() -> None:
    """Half a piece, or another's bytes, never look like a run without people."""
    store = CountingStore()
    write_run(store, 3_000)
    key = rows_key("hr", RUN, 1)
    for damaged in (store.blobs[key][:1000], bytes(len(store.blobs[key]))):
        store.put(key, damaged)
        with pytest.raises(CorruptStateError):
            list(view(store).everybody(Wanted()))
    store.put(run_people_key(RUN), b"{}")
    with pytest.raises(CorruptStateError):
        open_run(store, RUN)


def test_a_run_that_wrote_no_people_has_none() -> None:
    """An earlier release's run is told as such, and not as one that changed nobody."""
    assert open_run(CountingStore(), RUN) is None


def test_blocks_near_each_other_are_read_at_once_up_to_a_bound() -> None:
    """A small gap is read too; a large one, another piece, or a block that lies before begins another read."""

    def block(at: int, piece: int = 1) -> Extent:
        return Extent(piece, at, 100, 1, ())

    near, apart, back = [block(0), block(100), block(5_000)], [block(0), block(10**6)], [block(200), block(0)]

    assert list(runs(near, 10**6)) == [(0, 2)]
    assert list(runs(near, 200)) == [(0, 1), (2, 2)]
    assert [list(runs(one, 10**7)) for one in (apart, back, [block(0), block(100, 2)], [])] == [
        [(0, 0), (1, 1)]
    ] * 3 + [[]]
