"""Segments: rows come back as they were written, and damage is found out."""

from __future__ import annotations

from itertools import pairwise

import orjson
import pytest

from tests.fakes import MemoryStore
from upa_core.domain.documents.rounds import Segment
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.changes import PARTITIONS, Row, compile_projection
from upa_core.state.rows import current_rows
from upa_core.state.rows.current_rows import RowSet
from upa_core.state.rows.segments import SegmentReader, encode_segment, write_segment

ROWS: list[Row] = [[f"person-{n}", 0, f"D{n}"] for n in range(200)]
FIRST_RELEASE = 5 + 65 * 10
"""Bytes of a head without checksums."""


def read(data: bytes, partitions: range = range(PARTITIONS), *, size: int = 0) -> list[Row]:
    store = MemoryStore()
    store.put("segment", data)
    return list(SegmentReader(store, Segment("segment", 200, size or len(data))).rows(partitions))


def as_the_first_release_reads(data: bytes) -> list[Row]:
    """Read by the offsets alone."""
    offsets = [int(data[at : at + 10]) for at in range(5, FIRST_RELEASE, 10)]
    bodies = [data[start:end] for start, end in pairwise(offsets)]
    return [row for body in bodies if body for row in orjson.loads(body)]


def as_the_first_release_wrote(rows: list[Row]) -> bytes:
    """Write without checksums."""
    data = encode_segment(rows)
    offsets = [int(data[at : at + 10]) for at in range(5, FIRST_RELEASE, 10)]
    moved = b"".join(b"%010d" % (offset - offsets[0] + FIRST_RELEASE) for offset in offsets)
    return data[:5] + moved + data[offsets[0] :]


def test_absence_survives_a_segment_whatever_the_number_of_inputs() -> None:
    """A person who lacks the last of 100 attributes is read from a segment as they were written."""
    inputs = [f"a{at:03d}" for at in range(100)]
    row = compile_projection(inputs)({"id": "p", **dict.fromkeys(inputs[:-1], "x")})

    assert read(encode_segment([row])) == [row]
    assert row[1] == 1 << 99


@pytest.mark.parametrize("large", [False, True])
def test_a_partition_is_read_without_the_others(large: bool) -> None:
    """Of a large segment by ranges, of a small one from the whole."""
    rows: list[Row] = [[*row, "x" * 2000] for row in ROWS] if large else ROWS
    data = encode_segment(rows)
    found = [row for number in range(PARTITIONS) for row in read(data, range(number, number + 1))]

    assert (len(data) > 256 * 1024, sorted(found)) == (large, sorted(rows))


@pytest.mark.parametrize("step", [1, 3])
def test_partitions_in_their_order_are_read_many_at_once(step: int) -> None:
    """A set of three large segments takes a few calls instead of one for each part, and gives the same rows."""
    store, segments = MemoryStore(), []
    for number in range(3):
        rows: list[Row] = [[f"{row[0]}-{number}", 0, "x" * 2000] for row in ROWS]
        segments.append(write_segment(store, f"segment-{number}", rows))
    wanted = range(0, PARTITIONS, step)
    one_by_one = [(number, RowSet(store, segments).partition(number)) for number in wanted]
    before = len(store.hooks.calls)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(current_rows, "AHEAD", 3 * 150_000)
        assert list(RowSet(store, segments).partitions(wanted)) == one_by_one
    assert len(store.hooks.calls) - before <= 3 * (1 + 4)


def test_every_damaged_byte_is_found_out() -> None:
    """A bit that flips in storage never becomes a value, nor a row that is missing."""
    data = encode_segment(ROWS)
    for at in range(0, len(data), 7):
        with pytest.raises(CorruptStateError, match="segment segment"):
            read(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


@pytest.mark.parametrize("end", [0, 3, 100, 1500, -1])
def test_a_segment_cut_short_is_found_out(end: int) -> None:
    """Whatever is missing of it."""
    data = encode_segment(ROWS)
    with pytest.raises(CorruptStateError):
        read(data[:end], size=len(data))


def test_a_segment_of_the_first_release_is_read() -> None:
    """It has no checksums."""
    assert read(as_the_first_release_wrote(ROWS)) == read(encode_segment(ROWS))


def test_the_first_release_reads_a_segment() -> None:
    """The checksums lie where its offsets don't point."""
    assert as_the_first_release_reads(encode_segment(ROWS)) == read(encode_segment(ROWS))
