"""Segments: immutable blobs of pulled rows, grouped into partitions behind an offset table.

A segment is a head line `UPA1`, 65 offsets of ten digits, then one JSON list of rows for each of the 64 partitions;
a plan reads one partition's range without the rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

import orjson

from upa_core.domain.documents.rounds import Segment
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.changes import PARTITIONS, Row, spread
from upa_core.ports.store import Store

_MAGIC = b"UPA1\n"
_DIGITS = 10
_HEAD = len(_MAGIC) + (PARTITIONS + 1) * _DIGITS
_SMALL = 256 * 1024


def encode_segment(rows: Sequence[Row]) -> bytes:
    """Write rows as a segment; rows of one person keep their order."""
    partitions = spread((row[0] for row in rows), rows, PARTITIONS)
    bodies = [_dump(part) if part else b"" for part in partitions]
    offsets, at = [_HEAD], _HEAD
    for body in bodies:
        at += len(body)
        offsets.append(at)
    table = b"".join(b"%0*d" % (_DIGITS, offset) for offset in offsets)
    return b"".join((_MAGIC, table, *bodies))


def write_segment(store: Store, key: str, rows: Sequence[Row]) -> Segment:
    """Write rows as a segment; nobody knows it before the state names it."""
    data = encode_segment(rows)
    store.put(key, data, if_absent=True)
    return Segment(key, rows=len(rows), size=len(data))


class SegmentReader:
    """Reads a segment's partitions; a small segment is read whole, once."""

    def __init__(self, store: Store, segment: Segment) -> None:
        self._store = store
        self._segment = segment
        self._whole: bytes | None = None
        self._offsets: list[int] | None = None

    def rows(self, partitions: Sequence[int]) -> Iterator[Row]:
        """Yield the rows of these partitions.

        Raises `CorruptStateError` where the segment is missing or isn't one.
        """
        if self._segment.size <= _SMALL or len(partitions) == PARTITIONS:
            if self._whole is None:
                self._whole = self._read(0, self._segment.size)
            whole = self._whole
            offsets = self._table(whole[:_HEAD])
            bodies: Iterable[bytes] = (whole[offsets[p] : offsets[p + 1]] for p in partitions)
            if len(partitions) == PARTITIONS:
                self._whole = None
        else:
            offsets = self._offsets or self._table(self._read(0, _HEAD))
            self._offsets = offsets
            bodies = (self._read(offsets[p], offsets[p + 1] - offsets[p]) for p in partitions)
        for body in bodies:
            if body:
                try:
                    yield from _load(body)
                except ValueError as exc:
                    raise self._corrupt("holds a partition that isn't JSON") from exc

    def _read(self, start: int, length: int) -> bytes:
        data = self._store.read_range(self._segment.key, start, length) if length else b""
        if data is None or len(data) < length:
            raise self._corrupt("is missing or cut short")
        return data

    def _table(self, head: bytes) -> list[int]:
        if not head.startswith(_MAGIC) or len(head) < _HEAD:
            raise self._corrupt("isn't a segment")
        digits = head[len(_MAGIC) : _HEAD]
        return [int(digits[at : at + _DIGITS]) for at in range(0, len(digits), _DIGITS)]

    def _corrupt(self, what: str) -> CorruptStateError:
        return CorruptStateError(f"segment {self._segment.key} {what}")


def _dump(rows: list[Row]) -> bytes:
    """Write rows; lone surrogates and huge numbers, which orjson refuses, are the mapping's to judge, not ours.

    The mask of what is absent is such a number from 64 inputs on. A leading space tells who must read it again: orjson
    would make floats of huge integers.
    """
    try:
        return orjson.dumps(rows)
    except TypeError:
        return b" " + json.dumps(rows, separators=(",", ":")).encode("ascii")


def _load(body: bytes) -> list[Row]:
    rows: list[Row] = (json if body.startswith(b" ") else orjson).loads(body)
    return rows
