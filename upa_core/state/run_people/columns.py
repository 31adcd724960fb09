"""People with the same properties, who had no known values, as columns: the usual rows of a first run.

A name stands once for all, and values of one property stand together, which are fewer bytes to write and to compress.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import methodcaller
from typing import Any, BinaryIO, NamedTuple
from zlib import crc32

import orjson

from upa_core.domain.plan.entry import Entry
from upa_core.domain.plan.run_rows import Row
from upa_core.state.run_people.packed_ids import pack_ids, unpack_ids

Parts = Sequence[tuple[Sequence[Entry], Sequence[tuple[int, int, int]]]]
"""For each route its entries, and where they are: batch, index of the first person, number of people."""


class Columns(NamedTuple):
    """People and their new values, encoded: the same bytes for the same changes."""

    data: bytes
    """An object of JSON: the values by property, and the ids, or size and CRC-32 of the ids that stand apart."""
    ids: bytes
    """The ids as `pack_ids` returns them."""


def encode_columns(people: Sequence[str], new: Sequence[Mapping[str, str]]) -> Columns:
    """Encode people and their new values. All have the properties of the first, in its order."""
    values = dict(zip(new[0], zip(*map(methodcaller("values"), new), strict=True), strict=True))
    ids = pack_ids(people)
    who = {"ids": [len(ids), crc32(ids)]} if ids else {"people": people}
    return Columns(orjson.dumps({**who, "new": values}, option=orjson.OPT_SORT_KEYS), ids)


class Places:
    """The batches of a shard's people, and their index in each; one batch, the usual case, is named once."""

    def __init__(self, entries: Sequence[Entry], parts: Parts) -> None:
        """Look up where each entry went."""
        batches = {batch for _, runs in parts for batch, _, _ in runs}
        self._batch, self._first = -1, 0
        self._found: list[list[tuple[int, int]]] = []
        if len(parts) == len(batches) == 1 and parts[0][0] is entries:
            [(_, runs)] = parts
            self._batch, self._first, _ = runs[0]
            return
        found: dict[str, list[tuple[int, int]]] = {}
        for part, runs in parts:
            numbers = ((batch, index) for batch, first, count in runs for index in range(first, first + count))
            for entry, number in zip(part, numbers, strict=True):
                found.setdefault(entry.person, []).append(number)
        self._found = [found.get(entry.person, []) for entry in entries]

    def of(self, number: int) -> Sequence[tuple[int, int]]:
        """Return the places of an entry, by its number."""
        return self._found[number] if self._batch < 0 else [(self._batch, self._first + number)]

    def beside(self, data: bytes, numbers: Sequence[int]) -> bytes:
        """Return columns with the places of their people, given by the numbers of their entries."""
        if self._batch < 0:
            told: dict[str, Any] = {"places": [self._found[n] for n in numbers]}
        else:
            told = {"batch": self._batch, "at": [self._first + n for n in numbers]}
        return b"".join((memoryview(data)[:-1], b",", memoryview(orjson.dumps(told))[1:]))


def rows_of(columns: Mapping[str, Any], apart: BinaryIO) -> Iterator[Row]:
    """Yield the rows, whose ids may stand `apart`; raises `ValueError` or `KeyError` for what isn't columns."""
    people = columns["people"] if "people" in columns else _ids(columns["ids"], apart)
    new = columns["new"]
    places = columns["places"] if "places" in columns else [[[columns["batch"], at]] for at in columns["at"]]
    values = zip(*new.values(), strict=True)
    for person, place, of in zip(people, places, values, strict=True):
        yield [person, dict(zip(new, of, strict=True)), {}, place, {}]


def _ids(told: Sequence[int], apart: BinaryIO) -> Sequence[str]:
    size, check = told
    packed = apart.read(size)
    if crc32(packed) != check:
        raise ValueError("the ids aren't those that were written")
    return unpack_ids(packed)
