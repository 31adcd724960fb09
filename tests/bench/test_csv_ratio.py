"""The regression gate on reading a file: rows are judged many at a time (bench), whatever the processor does."""

from __future__ import annotations

import sys
from collections import deque
from pathlib import Path

import pytest

from bench.csv_ratio import ORDERS, TURN, in_turns, judged
from bench.joined_file import write

ROWS = 5_000


@pytest.mark.parametrize("order", ORDERS)
def test_less_than_two_calls_a_row(order: str, tmp_path: Path) -> None:
    """Calls come from blocks of rows; with rows taken one by one there are a dozen for each."""
    path, calls, before = tmp_path / "file.csv", [0], sys.getprofile()
    write(path, ROWS, step=ORDERS[order])

    def count(_: object, event: str, __: object) -> None:
        calls[0] += event in ("call", "c_call")

    rows = iter(judged(path))
    sys.setprofile(count)
    try:
        read = deque(rows, maxlen=1)
    finally:
        sys.setprofile(before)

    assert len(read) == 1
    assert calls[0] < 2 * ROWS


def test_both_read_the_whole_file(tmp_path: Path) -> None:
    """In turns, until neither has a row left; what isn't accepted whole measures nothing."""
    path = tmp_path / "file.csv"
    write(path, TURN + 1)
    assert min(in_turns(path)) > 0

    path.write_text(path.read_text(encoding="utf-8") + "cut", encoding="utf-8")
    with pytest.raises(AssertionError):
        in_turns(path)
