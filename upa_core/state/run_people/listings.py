"""Blocks of rows, compressed one by one, and lists of the people with a label, where they are few."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

import orjson

from upa_core.domain.plan.run_people import Extent, Listing, rows_key
from upa_core.domain.plan.run_rows import Row
from upa_core.ports.store import Store

BLOCK_ROWS = 512
"""Rows of a block; rows of one people shard are never in two pieces."""
LISTED = 4096
SHARE = 32
FEW_ROWS = 2048
"""Up to this many rows are read faster than any list of them."""
_LISTED_BLOCK = 256
PIECE_BYTES = 16 * 1024 * 1024


def most_listed(rows: int) -> int:
    """Return up to how many people a label gets a list of its own, among this many in all.

    Where there are more, reading the blocks one after the other finds enough of them.
    """
    return min(LISTED, rows // SHARE) if rows > FEW_ROWS else 0


class Pieces:
    """Appends blocks, and stores a piece when it is large."""

    def __init__(self, store: Store, connector: str, run: str, *, first: int = 1) -> None:
        """Begin with the piece number `first` of a run."""
        self._store, self._connector, self._run = store, connector, run
        self._parts: list[bytes] = []
        self._size = 0
        self.first = self.piece = first

    def append(self, rows: Sequence[bytes], shards: Iterable[int] = ()) -> Extent:
        """Append a block of encoded rows."""
        block = zlib.compress(b"[%b]" % b",".join(rows), 1)
        extent = Extent(self.piece, self._size, len(block), len(rows), tuple(shards))
        self._parts.append(block)
        self._size += len(block)
        return extent

    @property
    def full(self) -> bool:
        """Return whether the piece is large enough to be stored."""
        return self._size >= PIECE_BYTES

    def take(self) -> bytes:
        """Return the bytes that aren't stored yet."""
        return b"".join(self._parts)

    def flush(self) -> None:
        """Store the piece, if it holds anything, and begin the next one."""
        if self._size:
            self._store.put(rows_key(self._connector, self._run, self.piece), self.take())
            self.piece += 1
        self._parts, self._size = [], 0


class Listings:
    """Collects people by label until they are too many to be listed."""

    def __init__(self) -> None:
        self._rows: dict[str, list[bytes]] = {}
        self.people: dict[str, int] = {}
        """People by label, listed or not."""

    def count(self, labels: Iterable[str], people: int = 1) -> None:
        """Count people under labels."""
        for label in labels:
            self.people[label] = self.people.get(label, 0) + people

    def add(self, labels: Iterable[str], row: bytes) -> None:
        """Keep an encoded row under labels."""
        for label in labels:
            rows = self._rows.setdefault(label, [])
            if len(rows) < LISTED:
                rows.append(row)

    def close(self, pieces: Pieces, most: int) -> tuple[Listing, ...]:
        """Append the people of labels with at most `most` people to the pieces; return the listings, by label."""
        found = []
        for label, people in sorted(self.people.items()):
            rows = self._rows.get(label, []) if people <= most else []
            extents = [pieces.append(rows[at : at + _LISTED_BLOCK]) for at in range(0, len(rows), _LISTED_BLOCK)]
            found.append(Listing(label, people, tuple(extents)))
        return tuple(found)


def encode_row(row: Sequence[object]) -> bytes:
    """Encode a row."""
    return orjson.dumps(row)


def decode_block(data: bytes) -> list[Row]:
    """Decode a block's rows; raises `ValueError` or `zlib.error` for bytes that aren't a block."""
    rows: list[Row] = orjson.loads(zlib.decompress(data))
    return rows
