"""CSV that a spreadsheet shows and doesn't execute."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

UNKNOWN = "(unknown)"
"""A value that SharePoint never confirmed; an empty cell is an empty value."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: object) -> str:
    """Return a CSV cell that a spreadsheet shows and doesn't execute (OWASP: CSV injection)."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


class SafeCsv:
    """A CSV writer: every cell is quoted and safe."""

    def __init__(self, stream: TextIO, headings: Sequence[str] = ()) -> None:
        """Write the headings, if there are any."""
        self._writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
        if headings:
            self._writer.writerow(headings)

    def row(self, cells: Iterable[object]) -> None:
        """Write a row."""
        self._writer.writerow([safe_cell(cell) for cell in cells])
