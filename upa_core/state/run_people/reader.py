"""Read the people of a run in a few pieces: one person, or people who are stored together."""

from __future__ import annotations

import zlib
from base64 import b64decode
from collections.abc import Iterator, Sequence

from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.shadow import shard_of
from upa_core.domain.plan.run_people import INLINE, Extent, RunPeople, rows_key, run_people_key
from upa_core.domain.plan.run_rows import Row, unpack_codes
from upa_core.ports.store import Store
from upa_core.state.document import get_document
from upa_core.state.run_people.listings import decode_block

AT_ONCE = 8 * 1024 * 1024
"""Bytes that are read at a time by a caller who reads everything."""
_GAP = 64 * 1024
"""A gap of up to this many bytes between two blocks is read rather than skipped."""


class RunReader:
    """One run's people: the table, and blocks on demand."""

    def __init__(self, store: Store, table: RunPeople) -> None:
        self._store = store
        self.table = table
        self._inline = b64decode(table.inline)
        self.codes = {at: unpack_codes(one.codes) for at, one in enumerate(table.batches) if one.codes}
        """By batch, the number of a cause for each person."""

    def person(self, person: str) -> list[Row]:
        """Return the row of a person; none where the run has nothing about them.

        Raises `CorruptStateError` where it can't be read.
        """
        shard = shard_of(person, self.table.shards)
        extents = [one for one in self.table.blocks if shard in one.shards]
        return [row for _, rows in self.blocks(extents) for row in rows if row[0] == person]

    def blocks(self, extents: Sequence[Extent], *, at_once: int = AT_ONCE) -> Iterator[tuple[int, list[Row]]]:
        """Yield blocks with their number in `extents`; neighbours are read together, at most `at_once` bytes.

        Raises `CorruptStateError` where one is missing or can't be read.
        """
        for first, last in runs(extents, at_once):
            start = extents[first].at
            data = self._bytes(extents[first].piece, start, extents[last].at + extents[last].size - start)
            for number in range(first, last + 1):
                one = extents[number]
                yield number, self._decoded(one, data[one.at - start : one.at - start + one.size])

    def _bytes(self, piece: int, at: int, size: int) -> bytes:
        if piece == INLINE:
            return self._inline[at : at + size]
        key = rows_key(self.table.connector, self.table.run, piece)
        data = self._store.read_range(key, at, size)
        if data is None or len(data) != size:
            raise CorruptStateError(f"{key} is missing, or too short")
        return data

    def _decoded(self, one: Extent, data: bytes) -> list[Row]:
        try:
            rows = decode_block(data)
        except (ValueError, LookupError, TypeError, AttributeError, zlib.error) as exc:
            raise CorruptStateError(f"people of run {self.table.run} can't be read: {type(exc).__name__}") from exc
        if len(rows) != one.rows:
            raise CorruptStateError(f"people of run {self.table.run} can't be read: a block holds too few")
        return rows


def runs(extents: Sequence[Extent], most: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last block of each read: blocks near each other, at most `most` bytes."""
    first = 0
    for at in range(1, len(extents) + 1):
        if at < len(extents) and _near(extents[at - 1], extents[at]):
            end = extents[at].at + extents[at].size
            if end - extents[first].at <= most:
                continue
        if first < at:
            yield first, at - 1
        first = at


def _near(one: Extent, other: Extent) -> bool:
    return other.piece == one.piece and 0 <= other.at - one.at - one.size <= _GAP


def open_run(store: Store, run: str) -> RunReader | None:
    """Read the table of a run; None where there is none: nothing was planned, or an earlier release planned it.

    Raises `CorruptStateError` where it can't be read.
    """
    stored = get_document(store, run_people_key(run), RunPeople)
    return RunReader(store, stored.value) if stored is not None else None
