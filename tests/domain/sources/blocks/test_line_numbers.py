"""The line of each row is kept, whatever stands between rows."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from upa_core.domain.sources.blocks.line_numbers import LineNumbers

LINES = st.lists(st.integers(1, 3), min_size=1, max_size=8)


@given(st.lists(LINES | st.integers(1, 8), max_size=12))
def test_each_row_has_its_line(blocks: list[list[int] | int]) -> None:
    """Rows one by one, lines with gaps, and stretches without any."""
    kept, expected, line = LineNumbers(), list[int](), 1
    for block in blocks:
        if isinstance(block, int):
            kept.extend(range(line, line + block))
            expected.extend(range(line, line + block))
            line += block
            continue
        lines = []
        for step in block:
            line += step
            lines.append(line)
        if len(lines) == 1:
            kept.append(lines[0])
        else:
            kept.extend(lines)
        expected.extend(lines)
        line += 1

    assert [kept[row] for row in range(len(expected))] == expected


def test_lines_that_follow_each_other_take_no_memory() -> None:
    """However many rows: only what interrupts them is kept."""
    kept = LineNumbers()
    tracemalloc.start()
    for begin in range(2, 100_002, 100):
        kept.extend(range(begin, begin + 100))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept[99_999] == 100_001
    assert most < 2_000
