"""Segments: rows come back as they were written, and damage is found out."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from itertools import pairwise

import orjson
import pytest

from tests.fakes import MemoryStore
from upa_core.domain.documents.rounds import Segment
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.changes import PARTITIONS, Row, bucket, compile_projection
from upa_core.state.rows import current_rows
from upa_core.state.rows.current_rows import RowSet, RowWriter
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


def written(rows: list[Row], most: int) -> tuple[MemoryStore, tuple[Segment, ...]]:
    store = MemoryStore()
    writer = RowWriter(store, lambda number: f"segment-{number}", most)
    writer.add(rows)
    return store, writer.close()


@pytest.mark.parametrize("most", [70, 999, 1_000, 1_001, 2_000, 3_500])
def test_a_writer_closes_each_segment_at_its_most_rows(most: int) -> None:
    """Rows are encoded a thousand at a time; a segment holds the most rows, the last one those that are left."""
    rows: list[Row] = [[f"person-{n}", 0, str(n)] for n in range(3_001)]
    store, segments = written(rows, most)
    read = [list(SegmentReader(store, one).rows(range(PARTITIONS))) for one in segments]

    assert [len(some) for some in read] == [one.rows for one in segments]
    assert [one.rows for one in segments] == [most] * (3_001 // most) + [3_001 % most] * (3_001 % most > 0)
    assert [sorted(some) for some in read] == [sorted(rows[at : at + most]) for at in range(0, 3_001, most)]


def test_rows_of_one_person_keep_their_order_in_a_writer() -> None:
    """Also where they are encoded apart."""
    rows: list[Row] = [["anna" if n % 700 == 0 else f"person-{n}", 0, str(n)] for n in range(3_000)]
    store, segments = written(rows, 5_000)

    assert [row[2] for row in RowSet(store, segments).every(bucket("anna") % PARTITIONS) if row[0] == "anna"] == [
        "0",
        "700",
        "1400",
        "2100",
        "2800",
    ]


@pytest.mark.parametrize("odd", ["\ud800", 12345678901234567890123])
@pytest.mark.parametrize("at", [0, 1_500, 2_999])
def test_a_value_that_needs_another_encoder_changes_no_other_row(odd: object, at: int) -> None:
    """Half of a character, or a huge number, in one of three thousand rows: each comes back as it was."""
    rows: list[Row] = [["anna", 0, "Zoë \u2028 1.5", 1.5, None] for _ in range(3_000)]
    rows[at] = ["anna", 0, odd, 1.5, None]
    store, segments = written(rows, 5_000)

    assert list(SegmentReader(store, segments[0]).rows(range(PARTITIONS))) == rows


def test_rows_that_wait_to_be_written_take_few_bytes() -> None:
    """All but the last thousand are encoded: they take a third of what their cells take."""

    def wide() -> Iterator[Row]:
        for n in range(8_000):
            yield [f"person-{n}", 0, *(f"value {n} of {column}" for column in range(6))]

    writer = RowWriter(MemoryStore(), str, 20_000)
    tracemalloc.start()
    writer.add(wide())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 8_000 * 6 * 70 * 0.85
