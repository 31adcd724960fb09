"""People with the same properties, who had no known values, as columns: the usual rows of a first run.

A name stands once for all, and values of one property stand together, which are fewer bytes to write and to compress.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import methodcaller
from typing import Any

import orjson

from upa_core.domain.plan.planner import Entry
from upa_core.domain.plan.run_rows import Row

Parts = Sequence[tuple[Sequence[Entry], Sequence[tuple[int, int, int]]]]
"""For each route its entries, and where they are: batch, index of the first person, number of people."""


def encode_columns(people: Sequence[str], new: Sequence[Mapping[str, str]]) -> bytes:
    """Encode people and their new values: the same bytes for the same changes.

    All have the properties of the first, in its order.
    """
    values = dict(zip(new[0], zip(*map(methodcaller("values"), new), strict=True), strict=True))
    return orjson.dumps({"people": people, "new": values}, option=orjson.OPT_SORT_KEYS)


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

    def beside(self, columns: bytes, numbers: Sequence[int]) -> bytes:
        """Return columns with the places of their people, given by the numbers of their entries."""
        if self._batch < 0:
            told: dict[str, Any] = {"places": [self._found[n] for n in numbers]}
        else:
            told = {"batch": self._batch, "at": [self._first + n for n in numbers]}
        return b"".join((memoryview(columns)[:-1], b",", memoryview(orjson.dumps(told))[1:]))


def rows_of(columns: Mapping[str, Any]) -> Iterator[Row]:
    """Yield the rows; raises `ValueError` or `KeyError` for what isn't columns."""
    people, new = columns["people"], columns["new"]
    places = columns["places"] if "places" in columns else [[[columns["batch"], at]] for at in columns["at"]]
    values = zip(*new.values(), strict=True)
    for person, place, of in zip(people, places, values, strict=True):
        yield [person, dict(zip(new, of, strict=True)), {}, place, {}]
