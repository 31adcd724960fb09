"""Segments: immutable blobs of pulled rows, grouped into partitions, with an offset table.

A segment is a head line `UPA1`, 65 offsets of ten digits, for each of the 64 partitions its CRC-32 in hex and its
number of rows, eight characters each, and then one JSON list of rows for each; a plan reads one partition's range
without the rest. The first release wrote no checksums: its first offset tells.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter

import orjson

from upa_core.domain.documents.rounds import Segment
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.changes import PARTITIONS, Row, spread
from upa_core.ports.store import Store

_MAGIC = b"UPA1\n"
_DIGITS = 10
_HEAD = len(_MAGIC) + (PARTITIONS + 1) * _DIGITS
_CHECK = 8
_LONG_HEAD = _HEAD + PARTITIONS * 2 * _CHECK
FEW_ROWS = 1000
"""Rows that are encoded at a time."""
SMALL = 256 * 1024
"""Bytes of a segment that is read whole, by one call."""

Check = tuple[int, int]
"""CRC-32 and number of rows of a partition."""


class SegmentEncoder:
    """Encodes the rows of a segment while they come: encoded, a row takes a sixth of the memory of its cells."""

    def __init__(self) -> None:
        """Begin without rows."""
        self._lists: list[list[bytes]] = [[] for _ in range(PARTITIONS)]
        self._rows = [0] * PARTITIONS
        self._waiting: list[Row] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows; rows of one person keep their order."""
        self._waiting += rows
        if len(self._waiting) >= FEW_ROWS:
            self._encode()

    def __len__(self) -> int:
        """Return how many rows were added."""
        return sum(self._rows) + len(self._waiting)

    def _encode(self) -> None:
        rows, self._waiting = self._waiting, []
        for number, part in enumerate(spread(map(itemgetter(0), rows), rows, PARTITIONS)):
            if part:
                self._lists[number].append(_dump(part))
                self._rows[number] += len(part)

    def encoded(self) -> bytes:
        """Return the segment."""
        self._encode()
        bodies = list(map(_joined, self._lists))
        offsets, at = [_LONG_HEAD], _LONG_HEAD
        for body in bodies:
            at += len(body)
            offsets.append(at)
        table = b"".join(b"%0*d" % (_DIGITS, offset) for offset in offsets)
        checks = b"".join(b"%08x%08d" % (zlib.crc32(body), rows) for body, rows in zip(bodies, self._rows, strict=True))
        return b"".join((_MAGIC, table, checks, *bodies))


def encode_segment(rows: Sequence[Row]) -> bytes:
    """Encode rows as a segment; rows of one person keep their order."""
    encoder = SegmentEncoder()
    encoder.add(rows)
    return encoder.encoded()


def write_segment(store: Store, key: str, rows: Sequence[Row]) -> Segment:
    """Write rows as a segment; nobody finds it before the state names it."""
    encoder = SegmentEncoder()
    encoder.add(rows)
    return write_encoded(store, key, encoder)


def write_encoded(store: Store, key: str, rows: SegmentEncoder) -> Segment:
    """Write encoded rows as a segment, as `write_segment` does."""
    data = rows.encoded()
    store.put(key, data, if_absent=True)
    return Segment(key, rows=len(rows), size=len(data))


class SegmentReader:
    """Reads a segment's partitions; a small segment is read whole, once."""

    def __init__(self, store: Store, segment: Segment) -> None:
        self._store = store
        self._segment = segment
        self.ahead = 0
        """Bytes that are read at once, where the partitions are asked for in their order; 0: those of one partition."""
        self._begun, self._behind = 0, b""
        """What was read ahead, and where it begins."""
        self._whole: bytes | None = None
        self._head: tuple[list[int], list[Check]] | None = None

    def rows(self, partitions: Sequence[int]) -> Iterator[Row]:
        """Yield the rows of these partitions.

        Raises `CorruptStateError` where the segment is missing or damaged, or isn't one.
        """
        return chain.from_iterable(self._lists(partitions))

    def _lists(self, partitions: Sequence[int]) -> Iterator[list[Row]]:
        if self._segment.size <= SMALL or len(partitions) == PARTITIONS:
            if self._whole is None:
                self._whole = self._read(0, self._segment.size)
            whole = self._whole
            offsets, checks = self._table(whole[:_LONG_HEAD])
            bodies: Iterable[bytes] = (whole[offsets[p] : offsets[p + 1]] for p in partitions)
            if len(partitions) == PARTITIONS:
                self._whole = None
        else:
            self._head = self._head or self._table(self._read(0, _LONG_HEAD))
            offsets, checks = self._head
            bodies = (self._body(offsets[p], offsets[p + 1]) for p in partitions)
        for partition, body in zip(partitions, bodies, strict=True):
            if checks and zlib.crc32(body) != checks[partition][0]:
                raise self._corrupt("is damaged: a checksum doesn't fit")
            if body:
                try:
                    rows = _load(body)
                except ValueError as exc:
                    raise self._corrupt("holds a partition that isn't JSON") from exc
                if checks and len(rows) != checks[partition][1]:
                    raise self._corrupt("is damaged: rows are missing")
                yield rows
            elif checks and checks[partition][1]:
                raise self._corrupt("is damaged: rows are missing")

    def _body(self, start: int, end: int) -> bytes:
        """Return a partition's bytes, if possible from what was read ahead."""
        if not self.ahead or start == end:
            return self._read(start, end - start)
        if start < self._begun or end > self._begun + len(self._behind):
            length = min(max(self.ahead, end - start), self._segment.size - start)
            self._begun, self._behind = start, self._read(start, length)
        body = self._behind[start - self._begun : end - self._begun]
        if end == self._begun + len(self._behind):
            self._behind = b""
        return body

    def _read(self, start: int, length: int) -> bytes:
        data = self._store.read_range(self._segment.key, start, length) if length else b""
        if data is None or len(data) < length:
            raise self._corrupt("is missing or cut short")
        return data

    def _table(self, head: bytes) -> tuple[list[int], list[Check]]:
        """Return the offsets and the checks; a segment of the first release has no checks."""
        if not head.startswith(_MAGIC) or len(head) < _HEAD:
            raise self._corrupt("isn't a segment")
        try:
            offsets = [int(head[at : at + _DIGITS]) for at in range(len(_MAGIC), _HEAD, _DIGITS)]
            if offsets[-1] != self._segment.size:
                raise self._corrupt("isn't as long as it says")
            if offsets[0] == _HEAD:
                return offsets, []
            fields = [head[at : at + _CHECK] for at in range(_HEAD, _LONG_HEAD, _CHECK)]
            return offsets, [(int(code, 16), int(rows)) for code, rows in zip(*[iter(fields)] * 2, strict=True)]
        except ValueError as exc:
            raise self._corrupt("is damaged: its head can't be read") from exc

    def _corrupt(self, what: str) -> CorruptStateError:
        return CorruptStateError(f"segment {self._segment.key} {what}")


def _dump(rows: list[Row]) -> bytes:
    """Encode rows.

    orjson refuses lone surrogates and huge numbers, which the mapping has to judge, so another encoder takes those.

    The mask of what is absent is such a number from 64 inputs on. A leading space marks such a list for the reader:
    orjson would make floats of huge integers.
    """
    try:
        return orjson.dumps(rows)
    except TypeError:
        return b" " + json.dumps(rows, separators=(",", ":")).encode("ascii")


def _joined(lists: Sequence[bytes]) -> bytes:
    """Return encoded lists as one; it is marked for the other reader if any of them is."""
    if len(lists) <= 1:
        return b"".join(lists)
    mark = b" " if any(one.startswith(b" ") for one in lists) else b""
    return mark + b"[" + b",".join(one.strip()[1:-1] for one in lists) + b"]"


def _load(body: bytes) -> list[Row]:
    rows: list[Row] = (json if body.startswith(b" ") else orjson).loads(body)
    return rows


def rows_of(readers: Iterable[SegmentReader], partitions: Sequence[int]) -> Iterator[Row]:
    """Yield the rows of some partitions, segment by segment."""
    return chain.from_iterable(reader.rows(partitions) for reader in readers)
