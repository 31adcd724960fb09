"""The planned changes of a shard's people: alike ones as columns, and the digest of them all."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

import orjson

from upa_core.domain.plan.batch import columns
from upa_core.domain.plan.entry import Entry
from upa_core.domain.redaction import Redactor
from upa_core.state.run_people.columns import Columns, encode_columns

MOST_ROWS = 512
"""People in one set of columns; a block holds at least as many."""


class Alike(NamedTuple):
    """People who get the same properties for the first time."""

    targets: tuple[str, ...]
    numbers: list[int]
    """Their entries."""
    columns: Columns


class Changes:
    """People and their values before and after, by number of the entry; sorted by person, however they came."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        """Sort people out: `alike` ones, and the numbers of all `others`."""
        self.people: Sequence[str]
        self.new: Sequence[Mapping[str, str]]
        self.old: Sequence[Mapping[str, str | None]]
        self.people, self.new, self.old = columns(entries, "person", "new", "old")
        self._order: Sequence[int] = sorted(range(len(entries)), key=self.people.__getitem__)
        self._sort_out(())

    def shown(self, redactor: Redactor | None, apart: Container[str]) -> Changes:
        """Return the changes as they may be shown, with the people `apart` among the others."""
        shown = object.__new__(Changes)
        shown.people, shown._order = self.people, self._order
        shown.new = self.new if redactor is None else [redactor.values(one) for one in self.new]  # type: ignore[misc]
        shown.old = self.old if redactor is None else [redactor.values(one) for one in self.old]
        shown._sort_out(apart)
        return shown

    def digest(self, salt: str) -> str:
        """Return the digest of who is changed and how; it is salted, so that it reveals no value."""
        told = blake2b(digest_size=8, key=salt.encode()[:64])
        for one in sorted(self.alike, key=lambda one: sorted(one.targets)):
            told.update(one.columns.ids)
            told.update(one.columns.data)
        others = [(self.people[n], self.new[n], self.old[n]) for n in self.others]
        told.update(orjson.dumps(others, option=orjson.OPT_SORT_KEYS))
        return told.hexdigest()

    def _sort_out(self, apart: Container[str]) -> None:
        people, old, properties = self.people, self.old, [*map(tuple, self.new)]
        self.others: list[int] = []
        alike = self._order
        if apart or any(old) or not all(properties):
            self.others = [n for n in alike if old[n] or not properties[n] or people[n] in apart]
            others = {*self.others}
            alike = [n for n in alike if n not in others]
        groups: dict[tuple[str, ...], list[int]] = {}
        targets: tuple[str, ...] = ()
        group: list[int] = []
        for n in alike:
            if targets != (targets := properties[n]):  # comparing is faster than hashing
                group = groups.setdefault(targets, [])
            group.append(n)
        self.alike = list(self._columns(groups))

    def _columns(self, groups: Mapping[tuple[str, ...], list[int]]) -> Iterator[Alike]:
        for targets, found in groups.items():
            for at in range(0, len(found), MOST_ROWS):
                numbers = found[at : at + MOST_ROWS]
                columns = encode_columns([self.people[n] for n in numbers], [self.new[n] for n in numbers])
                yield Alike(targets, numbers, columns)
