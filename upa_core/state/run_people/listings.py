"""Blocks of rows, compressed one by one, and lists of the people with a label, where they are few."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import NamedTuple

import orjson

from upa_core.domain.plan.run_people import Extent, Listing, rows_key
from upa_core.domain.plan.run_rows import Row
from upa_core.ports.store import Store
from upa_core.state.run_people.columns import rows_of

BLOCK_ROWS = 512
"""Rows of a block; rows of one people shard are never in two pieces."""
LISTED = 4096
SHARE = 32
FEW_ROWS = 2048
"""Up to this many rows are read faster than any list of them."""
_LISTED_BLOCK = 256
PIECE_BYTES = 2 * 1024 * 1024
"""Twice as many bytes are in memory while a piece is stored."""


class Chunk(NamedTuple):
    """Rows encoded together: one by one costs four times as much."""

    data: bytes
    """The rows as JSON, separated by commas, or as columns."""
    rows: int
    ids: bytes = b""
    """Ids of columns that stand apart."""


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

    def append(self, chunks: Sequence[Chunk], shards: Iterable[int] = ()) -> Extent:
        """Append a block of encoded rows: compressed, and behind them the ids that stand apart."""
        packed, rows = zlib.compressobj(1), b",".join([one.data for one in chunks if one.rows])
        ids = [one.ids for one in chunks if one.rows]
        block = b"".join((packed.compress(b"["), packed.compress(rows), packed.compress(b"]"), packed.flush(), *ids))
        extent = Extent(self.piece, self._size, len(block), sum(one.rows for one in chunks), tuple(shards))
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
        self._chunks: dict[str, list[Chunk]] = {}
        self._kept: dict[str, int] = {}
        self.people: dict[str, int] = {}
        """People by label, listed or not."""

    def count(self, labels: Iterable[str], people: int = 1) -> None:
        """Count people under labels."""
        for label in labels:
            self.people[label] = self.people.get(label, 0) + people

    def add(self, labels: Iterable[str], chunk: Chunk) -> None:
        """Keep encoded rows under labels, each until it has too many."""
        for label in labels:
            kept = self._kept[label] = self._kept.get(label, 0) + chunk.rows
            if kept <= LISTED:
                self._chunks.setdefault(label, []).append(chunk)
            else:
                self._chunks.pop(label, None)

    def close(self, pieces: Pieces, most: int) -> tuple[Listing, ...]:
        """Append the people of labels with at most `most` people to the pieces; return the listings, by label."""
        found = []
        for label, people in sorted(self.people.items()):
            chunks = self._chunks.get(label, []) if people <= most else []
            found.append(Listing(label, people, tuple(pieces.append(block) for block in _blocks(chunks))))
        return tuple(found)


def _blocks(chunks: Iterable[Chunk]) -> Iterable[list[Chunk]]:
    block: list[Chunk] = []
    for chunk in chunks:
        if block and sum(one.rows for one in block) + chunk.rows > _LISTED_BLOCK:
            yield block
            block = []
        block.append(chunk)
    if block:
        yield block


def encode_rows(rows: Sequence[Sequence[object]]) -> Chunk:
    """Encode rows."""
    return Chunk(orjson.dumps(rows)[1:-1], len(rows))


def decode_block(data: bytes) -> list[Row]:
    """Decode a block's rows; raises several errors, `zlib.error` too, for what isn't one."""
    rows: list[Row] = []
    packed = zlib.decompressobj()
    text = packed.decompress(data)
    if not packed.eof:
        raise ValueError("cut")
    apart = BytesIO(packed.unused_data)
    for part in orjson.loads(text):
        if isinstance(part, dict):
            rows.extend(rows_of(part, apart))
        elif isinstance(part, list):
            rows.append(part)
        else:
            raise ValueError("neither a row nor columns")
    return rows
