"""The line of each row: where rows stand on lines that follow each other, only the first one is kept."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence


class LineNumbers:
    """By the number of a row, from 0: the line on which it begins."""

    def __init__(self) -> None:
        """Begin without rows."""
        self._rows = 0
        self._firsts, self._lines = array("I"), array("I")
        """The first rows of stretches without a gap, and their lines."""
        self._next = -1

    def __getitem__(self, row: int) -> int:
        """Return the line of a row."""
        at = bisect_right(self._firsts, row) - 1
        return self._lines[at] + row - self._firsts[at]

    def append(self, line: int) -> None:
        """Add the line of the next row."""
        self.extend(range(line, line + 1))

    def extend(self, lines: Sequence[int]) -> None:
        """Add the lines of the next rows, in their order."""
        if isinstance(lines, range) and lines.step == 1:
            self._add(lines.start, len(lines))
        else:
            for line in lines:
                self._add(line, 1)

    def _add(self, line: int, count: int) -> None:
        if line != self._next:
            self._firsts.append(self._rows)
            self._lines.append(line)
        self._rows += count
        self._next = line + count
