"""Rows with more inputs than a machine word has bits."""

from __future__ import annotations

from tests.fakes import MemoryStore
from upa_core.domain.documents.rounds import Segment
from upa_core.domain.people.changes import PARTITIONS, compile_projection
from upa_core.state.rows.segments import SegmentReader, encode_segment


def test_absence_survives_a_segment_whatever_the_number_of_inputs() -> None:
    """A person who lacks the last of 100 attributes is read from a segment as they were written."""
    inputs = [f"a{at:03d}" for at in range(100)]
    row = compile_projection(inputs)({"id": "p", **dict.fromkeys(inputs[:-1], "x")})
    data = encode_segment([row])
    store = MemoryStore()
    store.put("segment", data)

    assert list(SegmentReader(store, Segment("segment", 1, len(data))).rows(range(PARTITIONS))) == [row]
    assert row[1] == 1 << 99
