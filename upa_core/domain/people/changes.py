"""Changed people as projected rows, and the merge of several records of one person.

A row is a JSON list: `[id, absent, value, value, …]` with one value per input attribute, in the round's header order.
`absent` is a bit mask of the values that the source didn't name (their place holds null). A person who left is
`[id, -1]`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any, Literal, TypeVar

PARTITIONS = 64
"""Groups of people by id; the rows of a segment are ordered by them."""

RoundKind = Literal["full", "delta"]
T = TypeVar("T")
Row = list[Any]
ROW_HEAD = ("@id", "@absent")
"""The items of a row before its values."""
REMOVED = -1
_absent_of = itemgetter(1)
_LOOKED_AT = 5
"""Records of a page that are searched for the spelling of names."""


def bucket(person: str) -> int:
    """Return the hash of an id; its low bits give the partition and the shard. Every release computes the same."""
    return zlib.crc32(person.encode())


def spread(ids: Iterable[str], items: Iterable[T], parts: int) -> list[list[T]]:
    """Distribute items of people into `parts` lists (a power of two) by hashes of ids; each list keeps the order."""
    found: list[list[T]] = [[] for _ in range(parts)]
    crc32, low = zlib.crc32, parts - 1  # `bucket` written out: a million calls would take a tenth of a pull
    for person, item in zip(ids, items, strict=True):
        found[crc32(person.encode()) & low].append(item)
    return found


def compile_projection(inputs: Sequence[str]) -> Callable[[Mapping[str, Any]], Row]:
    """Return the function that turns a source record into a row for `inputs` (dotted attribute paths).

    A child missing in an attribute that is there counts as null: complex values are sent whole. What stands in place of
    a complex value is kept as it is, for the mapping to refuse. A name in another letter case is found too, slowly: see
    `as_spelled`.
    """
    paths = tuple((name, child) for name, _, child in (path.partition(".") for path in inputs))
    parents = sorted({name for name, child in paths if child})
    lines = [f"p{at} = record[{name!r}]" for at, name in enumerate(parents)]
    values = [
        f"None if p{at} is None else p{at}.get({child!r})" if child else f"record[{name!r}]"
        for name, child, at in ((name, child, parents.index(name) if child else 0) for name, child in paths)
    ]
    # One function without a loop takes a third of the time of one that walks the paths (measured).
    body = [*lines, f"return [record['id'], 0, {', '.join(values)}]"]
    source = "\n".join(
        [
            "def project(record):",
            " if '@removed' in record: return [record['id'], removed]",
            " try:",
            *(f"  {line}" for line in body),
            " except (KeyError, AttributeError): return partial(record, paths)",
        ]
    )
    names: dict[str, Any] = {"removed": REMOVED, "partial": _partial, "paths": paths}
    exec(source, names)  # noqa: S102 - names of attributes enter as literals only
    project: Callable[[Mapping[str, Any]], Row] = names["project"]
    return project


def as_spelled(inputs: Sequence[str], records: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the inputs in the letter case in which the first of the records spell them.

    Graph matches a directory extension in `$select` whatever its case, and answers in the registered spelling.
    """
    spelled = {path.partition(".")[0]: "" for path in inputs}
    looked_at = [*islice((one for one in records if "@removed" not in one), _LOOKED_AT)]
    if looked_at and spelled.keys() <= looked_at[0].keys():
        return tuple(inputs)  # nearly every page
    for record in looked_at:
        for name in [name for name, found in spelled.items() if not found]:
            spelled[name] = name if name in record else _by_lower_case(tuple(record)).get(name.lower(), "")
    return tuple((spelled[name] or name) + dot + child for name, dot, child in (path.partition(".") for path in inputs))


@lru_cache(maxsize=256)
def _by_lower_case(names: tuple[str, ...]) -> Mapping[str, str]:
    """Return a record's names by their lower case, the first of each. Many records have the same names."""
    return {name.lower(): name for name in reversed(names)}


def _partial(record: Mapping[str, Any], paths: Sequence[tuple[str, str]]) -> Row:
    absent, row, spelled = 0, [record["id"], 0], _by_lower_case(tuple(record))
    for at, (path, child) in enumerate(paths):
        name = path if path in record else spelled.get(path.lower())
        if name is None:
            absent |= 1 << at
            row.append(None)
            continue
        value = record[name]
        row.append(value.get(child) if child and isinstance(value, Mapping) else value)
    row[1] = absent
    return row


def overlay(old: Row | None, new: Row) -> Row:
    """Return a newer row laid over an older one of the same person: attributes that the newer doesn't name stay."""
    absent = new[1]
    if old is None or absent <= 0 or old[1] == REMOVED:
        return new
    merged = list(new)
    for at in range(len(new) - 2):
        bit = 1 << at
        if absent & bit and not old[1] & bit:
            merged[at + 2] = old[at + 2]
            absent &= ~bit
    merged[1] = absent
    return merged


def fill(row: Row, known: Row | None) -> Row:
    """Return a row completed from a re-read record; an attribute that even the record doesn't name has no value.

    What the delta named explicitly wins over the re-read, which may come from a replica that lags behind.
    """
    merged = overlay(known, row) if known is not None else list(row)
    merged[1] = 0
    return merged


def remap(row: Row, header: Sequence[str], inputs: Sequence[str]) -> Row:
    """Return a row stored under another header in the order of `inputs`; an input that the header lacks is absent."""
    if row[1] == REMOVED or list(header) == list(inputs):
        return row
    place = {path: at for at, path in enumerate(header)}
    absent = 0
    values: list[Any] = []
    for at, path in enumerate(inputs):
        old = place.get(path)
        if old is None or row[1] >> old & 1:
            absent |= 1 << at
            values.append(None)
        else:
            values.append(row[old + 2])
    return [row[0], absent, *values]


@dataclass(slots=True)
class Merged:
    """The people of sealed rounds, merged in the order in which the rounds were sealed."""

    rows: dict[str, Row] = field(default_factory=dict)
    """Newest row by id; only of people who haven't left."""
    ended: set[str] = field(default_factory=set)
    """People who left at some time; one who also has a row came back later and starts unknown."""
    full_round: str = ""
    """The last full round among them; it missed every person whom neither it nor a later round names."""

    def add(
        self, round_id: str, kind: RoundKind, rows: Iterable[Row], header: Sequence[str], inputs: Sequence[str]
    ) -> None:
        """Merge one round, its rows in the order they were pulled, from its own header into `inputs`."""
        same = list(header) == list(inputs)
        if kind == "delta":
            self._absorb(self.rows, rows if same else (remap(row, header, inputs) for row in rows))
            return
        self.full_round = round_id
        listed = list(rows)
        current = {row[0]: row for row in listed}
        absent = [*map(_absent_of, listed)]
        if len(current) != len(listed) or REMOVED in absent:
            current = {}
            self._absorb(current, listed)
        for row in current.values() if any(absent) else ():
            row[1] = 0  # absent in a full round: no value now
        if not same:
            current = {person: remap(row, header, inputs) for person, row in current.items()}
        self.rows = current

    def _absorb(self, people: dict[str, Row], rows: Iterable[Row]) -> None:
        for row in rows:
            person = row[0]
            if row[1] == REMOVED:
                people.pop(person, None)
                self.ended.add(person)
            else:
                old = people.get(person)
                people[person] = row if old is None else overlay(old, row)

    def incomplete(self, needed: int = -1) -> list[str]:
        """Return the ids of rows that still lack an attribute of the bit mask: no sealed round named it."""
        if not any(map(_absent_of, self.rows.values())):
            return []
        return [person for person, row in self.rows.items() if row[1] & needed]
