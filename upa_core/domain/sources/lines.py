"""From text to lines: a line ends with a line break; a last line without one is kept apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Protocol

from upa_core.domain.sources.cells import is_suspicious

Record = tuple[int, list[str]]
"""The line on which a record begins, from 1, and its cells."""


Block = tuple[Sequence[int], list[list[str]]]
"""The lines on which records begin, and their cells."""
BLOCK = 200
"""Records of a block: many enough to make a check cheap, few enough for the processor's cache."""


def in_blocks(records: Iterator[Record]) -> Iterator[Block]:
    """Yield records in blocks."""
    while block := list(islice(records, BLOCK)):
        yield [line for line, _ in block], [cells for _, cells in block]


class Records(Protocol):
    """The records of a file, its header first."""

    delimiter: str
    """"" where there is none, or where it isn't known yet."""

    @property
    def suspect_line(self) -> int:
        """Records after this line hold no damaged cell."""

    @property
    def total(self) -> int | None:
        """How many people the file says it holds; known after it was read."""

    def __iter__(self) -> Iterator[Record]:
        """Yield the records; raises `FileRefusedError`."""

    def blocks(self, records: Iterator[Record]) -> Iterator[Block]:
        """Yield the remaining records in blocks; raises `FileRefusedError`."""


_LF, _CR = re.compile(r"[^\n]*\n"), re.compile(r"[^\r]*\r")
MAX_LINE = 10_000_000
"""Characters without a line break; a text with more isn't a file of rows."""


class Lines:
    """The lines of a text, each with its line break; `tail` is the text after the last one."""

    def __init__(self, pieces: Iterable[str]) -> None:
        """Take the text in pieces."""
        self._pieces = iter(pieces)
        self.tail = ""
        """The last line, where it has no line break; known after the lines were read."""
        self.count = 0
        """The number of lines with a line break that were read."""
        self.ending = ""
        """LF or CR, once it is known; CR LF ends with LF."""
        self.too_long = False
        self.suspect_line = 0
        """The last line, among those read so far, that may hold damaged cells; the lines after it don't."""

    def __iter__(self) -> Iterator[str]:
        """Yield each line that has a break.

        CR LF and LF end a line; where the first lines hold no LF at all, CR does.
        """
        return chain.from_iterable(self._blocks())

    def _blocks(self) -> Iterator[Iterable[str]]:
        """Yield the lines of each piece without a Python step for each line."""
        ending, rest = self.ending, ""
        for piece in self._pieces:
            text = rest + piece if rest else piece
            if not ending:
                if "\n" in text:
                    ending = "\n"
                elif "\r" in text[:-1]:
                    ending = "\r"
                else:
                    rest = text
                    if len(rest) > MAX_LINE:
                        self.too_long = True
                        return
                    continue
                self.ending = ending
            end = text.rfind(ending) + 1
            rest = text[end:]
            self.count += text.count(ending)
            if is_suspicious(text):
                self.suspect_line = self.count + 1
            yield (_LF if ending == "\n" else _CR).findall(text, 0, end)
            if len(rest) > MAX_LINE:
                self.too_long = True
                return
        if is_suspicious(rest):
            self.suspect_line = self.count + 1
        if not ending and rest.endswith("\r"):
            self.count += 1
            yield [rest]
            rest = ""
        self.tail = rest
