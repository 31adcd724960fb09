"""Write the people of a run while its plan is made: rows in blocks, and the table with the position of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import PeopleIndex
from upa_core.domain.documents.runs import BULK, FileState
from upa_core.domain.people.shadow import shard_of
from upa_core.domain.plan.planner import Entry
from upa_core.domain.plan.run_people import BatchRow, Extent, RunPeople, run_people_key
from upa_core.domain.plan.run_rows import labels_of
from upa_core.domain.plan.tally import LeftOut
from upa_core.domain.redaction import Redactor
from upa_core.ports.store import Store
from upa_core.state.document import put_document
from upa_core.state.run_people.inline import laid_inline
from upa_core.state.run_people.listings import BLOCK_ROWS, LISTED, Listings, Pieces, most_listed

_MASK = (1 << 64) - 1
Places = Sequence[tuple[Sequence[Entry], Sequence[tuple[int, int, int]]]]
"""For each route its entries, and where they are: batch, index of the first person, number of people."""


class PeopleWriter:
    """Takes a plan shard by shard; values of redacted properties are hidden before they are written."""

    def __init__(self, store: Store, connector: Connector, run: str, index: PeopleIndex, *, salt: str = "") -> None:
        """Begin; nothing is stored before the rows are some megabytes large.

        Plans with the same `salt` have the same hash where they say the same.
        """
        self._store, self._connector, self._run = store, connector, run
        self._index = index
        self._pieces = Pieces(store, connector.name, run)
        self._listings = Listings()
        self._blocks: list[Extent] = []
        self._rows: list[bytes] = []
        self._shards: list[int] = []
        self._digests: dict[str, str] = {}
        self._people = 0
        self._shapes: Counter[tuple[str, ...]] = Counter()
        self._redactor = Redactor(connector) if any(one.redact for one in connector.mappings) else None
        self._salt = salt or index.folder

    def add(self, entries: Sequence[Entry], left_out: Sequence[LeftOut] = (), places: Places = ()) -> None:
        """Add the planned values of a shard's people, and those left out."""
        if not entries and not left_out:
            return
        first = entries[0].person if entries else left_out[0].person
        shard = shard_of(first, self._index.shards)
        if entries:
            self._digests[str(shard)] = self._digest(entries)
        rows = list(self._made(entries, {one.person: one for one in left_out}, places))
        self._people += len(rows)
        for at in range(0, len(rows), BLOCK_ROWS):
            part = rows[at : at + BLOCK_ROWS]
            if self._rows and len(self._rows) + len(part) > BLOCK_ROWS:
                self._close_block()
            self._shards.append(shard)
            self._rows += part
        if self._pieces.full:
            self._close_block()
            self._pieces.flush()

    def close(self, files: Sequence[FileState], now: datetime) -> RunPeople:
        """Return the table; the rows are stored, or in it.

        Args:
            files: the batches in the order in which they were begun.
            now: this moment.

        """
        self._close_block()
        for shape, people in self._shapes.items():
            self._listings.count([f"set:{target}" for target in shape], people)
        listings = self._listings.close(self._pieces, most_listed(self._people))
        table = RunPeople(
            version=RunPeople.VERSION,
            connector=self._connector.name,
            run=self._run,
            made=now,
            shards=self._index.shards,
            people=self._people,
            hash=plan_hash(self._digests),
            salt=self._salt,
            digests=self._digests,
            counts={one.label: one.people for one in listings},
            blocks=tuple(self._blocks),
            listings=listings,
            batches=tuple(BatchRow(one.name, one.sequence, one.route, one.people) for one in files),
            routes={one.target: one.route for one in self._connector.active if one.route != BULK},
        )
        return laid_inline(table, self._pieces)

    def _made(self, entries: Sequence[Entry], left_out: dict[str, LeftOut], places: Places) -> Iterator[bytes]:
        for entry, place in zip(entries, _places(entries, places), strict=True):
            new, old = entry.new, entry.old
            if self._redactor is not None:
                new, old = self._redactor.values(new), self._redactor.values(old)  # type: ignore[assignment]
            left = left_out.pop(entry.person, None)
            if left is not None:
                yield self._slowly([entry.person, new, {**old, **self._hidden(left)[0]}, place, self._hidden(left)[1]])
            elif old or "" in new.values():
                yield self._slowly([entry.person, new, old, place, {}])
            else:  # the usual case in a first run
                row = orjson.dumps([entry.person, new, old, place, {}])
                shape = tuple(new)
                self._shapes[shape] += 1
                if self._shapes[shape] <= LISTED:
                    self._listings.add([f"set:{target}" for target in shape], row)
                yield row
        for left in left_out.values():
            old, told = self._hidden(left)
            yield self._slowly([left.person, {}, old, [], told])

    def _slowly(self, row: list[Any]) -> bytes:
        encoded, labels = orjson.dumps(row), labels_of(row)
        self._listings.count(labels)
        self._listings.add(labels, encoded)
        return encoded

    def _hidden(self, left: LeftOut) -> tuple[Mapping[str, str | None], dict[str, Any]]:
        """Return old values and left-out values as they may be shown."""
        if self._redactor is None:
            return left.old, dict(left.left)
        told = {
            target: (why, detail, self._redactor.value(target, value))
            for target, (why, detail, value) in left.left.items()
        }
        return self._redactor.values(left.old), told

    def _close_block(self) -> None:
        if self._rows:
            self._blocks.append(self._pieces.append(self._rows, dict.fromkeys(self._shards)))
        self._rows, self._shards = [], []

    def _digest(self, entries: Sequence[Entry]) -> str:
        """Return the digest of a shard's part of the plan, in any order; it is salted, so that it reveals no value."""
        total, key = 0, self._salt.encode()[:64]
        for entry in entries:
            told = orjson.dumps([entry.person, entry.new, entry.old], option=orjson.OPT_SORT_KEYS)
            total += int.from_bytes(blake2b(told, digest_size=8, key=key).digest())
        return f"{total & _MASK:016x}"


def plan_hash(digests: Mapping[str, str]) -> str:
    """Return the hash of a whole plan from its shards' digests; the number of shards doesn't matter."""
    total = sum(int(digest, 16) for digest in digests.values())
    return f"{total & _MASK:016x}" if digests else ""


def store_people(store: Store, table: RunPeople) -> None:
    """Store the table; before this, nobody finds the rows."""
    put_document(store, run_people_key(table.run), table)


def _places(entries: Sequence[Entry], places: Places) -> Iterator[list[list[int]]]:
    """Yield for each entry its batches, and its index in each."""
    if len(places) == 1 and places[0][0] is entries:
        for batch, first, count in places[0][1]:
            for index in range(first, first + count):
                yield [[batch, index]]
        return
    found: dict[str, list[list[int]]] = {}
    for part, runs in places:
        numbers = ([batch, index] for batch, first, count in runs for index in range(first, first + count))
        for entry, number in zip(part, numbers, strict=True):
            found.setdefault(entry.person, []).append(number)
    for entry in entries:
        yield found.get(entry.person, [])
