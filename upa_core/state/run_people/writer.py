"""Write the people of a run while its plan is made: rows in blocks, and the table with the position of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import PeopleIndex
from upa_core.domain.documents.runs import BULK, FileState
from upa_core.domain.people.shadow import shard_of
from upa_core.domain.plan.entry import Entry
from upa_core.domain.plan.run_people import BatchRow, Extent, RunPeople, run_people_key
from upa_core.domain.plan.run_rows import Row, labels_of
from upa_core.domain.plan.tally import LeftOut
from upa_core.domain.redaction import Redactor
from upa_core.ports.store import Store
from upa_core.state.document import put_document
from upa_core.state.run_people.changes import Changes
from upa_core.state.run_people.columns import Parts, Places
from upa_core.state.run_people.inline import laid_inline
from upa_core.state.run_people.listings import BLOCK_ROWS, Chunk, Listings, Pieces, encode_rows, most_listed

_MASK = (1 << 64) - 1


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
        self._open: list[Chunk] = []
        self._open_rows = 0
        self._shards: list[int] = []
        self._digests: dict[str, str] = {}
        self._people = 0
        self._redactor = Redactor(connector) if any(one.redact for one in connector.mappings) else None
        self._salt = salt or index.folder

    def add(self, entries: Sequence[Entry], left_out: Sequence[LeftOut] = (), places: Parts = ()) -> None:
        """Add the planned values of a shard's people, and those left out."""
        if not entries and not left_out:
            return
        first = entries[0].person if entries else left_out[0].person
        shard = shard_of(first, self._index.shards)
        chunks = self._chunks(str(shard), entries, {one.person: one for one in left_out}, places)
        rows = sum(one.rows for one in chunks)
        self._people += rows
        if self._open_rows + rows > BLOCK_ROWS:
            self._close_block()
        for chunk in chunks:
            if self._open_rows + chunk.rows > BLOCK_ROWS:
                self._close_block()
            self._shards.append(shard)
            self._open.append(chunk)
            self._open_rows += chunk.rows
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

    def _chunks(self, shard: str, entries: Sequence[Entry], left_out: dict[str, LeftOut], places: Parts) -> list[Chunk]:
        """Encode people, those with the same labels together, and note the digest of what is planned for them."""
        changes, where = Changes(entries), Places(entries, places)
        if entries:
            self._digests[shard] = changes.digest(self._salt)
        chunks: list[Chunk] = []
        shown = changes if self._redactor is None and not left_out else changes.shown(self._redactor, left_out)
        for targets, numbers, columns in shown.alike:
            chunk = Chunk(where.beside(columns.data, numbers), len(numbers), columns.ids)
            self._list([f"set:{target}" for target in targets], chunk)
            chunks.append(chunk)
        others: dict[tuple[str, ...], list[Row]] = {}
        for n in shown.others:
            person, new, old = changes.people[n], shown.new[n], shown.old[n]
            told: dict[str, Any] = {}
            if person in left_out:
                before, told = self._hidden(left_out.pop(person))
                old = {**old, **before}
            row = (person, new, old, where.of(n), told)
            others.setdefault(tuple(labels_of(row)), []).append(row)
        for left in left_out.values():
            before, told = self._hidden(left)
            row = (left.person, {}, before, (), told)
            others.setdefault(tuple(labels_of(row)), []).append(row)
        for labels, rows in others.items():
            for at in range(0, len(rows), BLOCK_ROWS):
                chunk = encode_rows(rows[at : at + BLOCK_ROWS])
                self._list(labels, chunk)
                chunks.append(chunk)
        return chunks

    def _list(self, labels: Sequence[str], chunk: Chunk) -> None:
        self._listings.count(labels, chunk.rows)
        self._listings.add(labels, chunk)

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
        if self._open:
            self._blocks.append(self._pieces.append(self._open, dict.fromkeys(self._shards)))
        self._open, self._open_rows, self._shards = [], 0, []


def plan_hash(digests: Mapping[str, str]) -> str:
    """Return the hash of a whole plan from its shards' digests."""
    total = sum(int(digest, 16) for digest in digests.values())
    return f"{total & _MASK:016x}" if digests else ""


def store_people(store: Store, table: RunPeople) -> None:
    """Store the table; before this, nobody finds the rows."""
    put_document(store, run_people_key(table.run), table)
