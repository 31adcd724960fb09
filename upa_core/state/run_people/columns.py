"""People with the same properties, who had no known values, as columns: the usual rows of a first run.

A name stands once for all, and values of one property stand together, which are fewer bytes to write and to compress.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from upa_core.domain.plan.run_rows import Row


def encode_columns(people: Sequence[str], new: Sequence[Mapping[str, str]]) -> bytes:
    """Encode people and their new values: the same bytes for the same changes.

    All have the properties of the first, in its order.
    """
    values = dict(zip(new[0], zip(*(one.values() for one in new), strict=True), strict=True))
    return orjson.dumps({"people": people, "new": values}, option=orjson.OPT_SORT_KEYS)


def with_places(columns: bytes, places: Sequence[Sequence[Sequence[int]]]) -> bytes:
    """Add each person's places: one batch is named once."""
    batches = {place[0][0] if len(place) == 1 else None for place in places}
    told: dict[str, Any] = {"places": places}
    if len(batches) == 1 and None not in batches:
        told = {"batch": batches.pop(), "at": [place[0][1] for place in places]}
    return b"%b,%b" % (columns[:-1], orjson.dumps(told)[1:])


def rows_of(columns: Mapping[str, Any]) -> Iterator[Row]:
    """Yield the rows; raises `ValueError` or `KeyError` for what isn't columns."""
    people, new = columns["people"], columns["new"]
    places = columns["places"] if "places" in columns else [[[columns["batch"], at]] for at in columns["at"]]
    values = zip(*new.values(), strict=True)
    for person, place, of in zip(people, places, values, strict=True):
        yield [person, dict(zip(new, of, strict=True)), {}, place, {}]
