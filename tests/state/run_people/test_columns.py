"""People with the same new properties as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

import orjson
import pytest

from tests.support.run_people import RUN, CountingStore, connector, entry, write_run
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.plan.entry import Entry
from upa_core.domain.plan.run_people import rows_key
from upa_core.services.insight.run_people import RunPeopleView, Wanted
from upa_core.state.run_people.columns import Places, encode_columns, rows_of
from upa_core.state.run_people.listings import Chunk, Pieces, encode_rows
from upa_core.state.run_people.reader import RunReader, open_run

GUIDS = ["00000000-aaaa-4bbb-8ccc-0123456789ab", "ffffffff-0000-4000-8000-fedcba987654"]
NEW = [{"UpaTitle": "Ä\\", "UpaCity": ""}, {"UpaTitle": "b", "UpaCity": "c"}]
ONE_BATCH = [[(3, 7)], [(3, 8)]]
SEVERAL = [[(3, 7), (4, 0)], [(4, 1)]]


def placed(places: list[list[tuple[int, int]]], people: Sequence[str] = "pq") -> Chunk:
    """Return columns of two people who have these places."""
    entries = [Entry(person, new, {}) for person, new in zip(people, NEW, strict=True)]
    one = [(batch, first, 1) for of in places for batch, first in of]
    parts: list[tuple[list[Entry], list[tuple[int, int, int]]]] = [(entries, one)] if len(one) == 2 else []
    if len(one) == 3:
        parts = [(entries, [(3, 7, 1), (4, 1, 1)]), (entries[:1], [(4, 0, 1)])]
    columns = encode_columns(people, NEW)
    return Chunk(Places(entries, parts).beside(columns.data, [0, 1]), 2, columns.ids)


@pytest.mark.parametrize("people", ["pq", GUIDS], ids=["other ids", "object ids"])
@pytest.mark.parametrize("places", [ONE_BATCH, SEVERAL, [[], []], [[(3, 7)], [(4, 0)]]], ids=str)
def test_columns_are_read_as_the_rows_that_they_were(
    places: list[list[tuple[int, int]]], people: Sequence[str]
) -> None:
    """Each person has their own values and places, in one batch, in several and in none."""
    columns = placed(places, people)
    told = [[list(one) for one in of] for of in places]

    found = list(rows_of(orjson.loads(columns.data), BytesIO(columns.ids)))

    assert found == [[people[0], NEW[0], {}, told[0], {}], [people[1], NEW[1], {}, told[1], {}]]


def test_rows_of_before_and_columns_are_read_from_one_block() -> None:
    """A run that an earlier release planned stays readable; people with known values are rows beside columns."""
    store = CountingStore()
    table, _ = write_run(store, 3)
    pieces = Pieces(store, "hr", RUN, first=7)
    columns = placed(ONE_BATCH)
    row = ["r", {"UpaTitle": "x"}, {"UpaTitle": "y"}, [[0, 1]], {}]
    objects, others = placed(ONE_BATCH, GUIDS), placed(SEVERAL, GUIDS[::-1])
    extent = pieces.append([encode_rows([row]), objects, columns, others, encode_rows([row])])
    pieces.flush()

    [(_, rows)] = RunReader(store, table).blocks([extent])
    assert [one[0] for one in rows] == ["r", *GUIDS, "p", "q", *GUIDS[::-1], "r"]
    assert rows[0] == rows[7] == row


def test_an_id_that_stands_apart_is_never_taken_for_another() -> None:
    """A changed byte behind the compressed rows is an error, and so is a missing one."""
    store = CountingStore()
    table, _ = write_run(store, 3)
    pieces = Pieces(store, "hr", RUN, first=7)
    extent = pieces.append([placed(ONE_BATCH, GUIDS)])
    pieces.flush()
    key = rows_key("hr", RUN, 7)
    whole = store.blobs[key]
    changed, swapped = whole[:-1] + b"\0", whole[:-32] + whole[-16:] + whole[-32:-16]

    for size, damaged in ((len(whole), changed), (len(whole), swapped), (len(whole) - 1, whole[:-1])):
        store.put(key, damaged)
        with pytest.raises(CorruptStateError):
            list(RunReader(store, table).blocks([replace(extent, size=size)]))


@pytest.mark.parametrize("damaged", [b"{}", b'{"people":["p"],"new":{"A":[]},"batch":0,"at":[0]}', b"3", b"["])
def test_a_block_that_is_no_block_is_an_error(damaged: bytes) -> None:
    """A column that is too short never gives a person another's value."""
    store = CountingStore()
    table, _ = write_run(store, 3)
    pieces = Pieces(store, "hr", RUN, first=7)
    extent = pieces.append([Chunk(damaged, 1)])
    pieces.flush()
    assert store.blobs[rows_key("hr", RUN, 7)]

    with pytest.raises(CorruptStateError):
        list(RunReader(store, table).blocks([extent]))


def test_a_block_that_is_cut_is_an_error_though_its_rows_are_whole() -> None:
    """Its last bytes are the checksum."""
    store = CountingStore()
    table, _ = write_run(store, 3)
    pieces = Pieces(store, "hr", RUN, first=7)
    extent = pieces.append([encode_rows([["r", {"UpaTitle": "x"}, {}, [[0, 1]], {}]])])
    pieces.flush()

    with pytest.raises(CorruptStateError):
        list(RunReader(store, table).blocks([replace(extent, size=extent.size - 1)]))


def test_everybody_of_a_run_is_shown_with_what_was_planned() -> None:
    """Some for the first time, with two kinds of property sets, some with known values, some cleared."""
    store = CountingStore()
    write_run(store, 700, of={"rare": 3, "clears": 5})
    reader = open_run(store, RUN)
    assert reader is not None
    found = {one.person: one.values for one in RunPeopleView(reader, connector()).everybody(Wanted())}

    for number in range(700):
        planned = entry(number, rare=3, clears=5)
        shown = {value.property: (value.old, value.new) for value in found[planned.person]}
        assert shown == {target: (planned.old.get(target), value) for target, value in planned.new.items()}
