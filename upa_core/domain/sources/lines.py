"""From text to lines: a line break ends a line, and a last line without one is told apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Protocol

from upa_core.domain.sources.cells import is_suspicious

Record = tuple[int, list[str]]
"""Line on which a record begins, from 1, and its cells."""


Block = tuple[Sequence[int], list[list[str]]]
"""Lines on which records begin, and their cells."""
BLOCK = 200
"""Records of a block: enough that a look at all costs little for each, few enough for the processor's cache."""


def in_blocks(records: Iterator[Record]) -> Iterator[Block]:
    """Yield records many at a time."""
    while block := list(islice(records, BLOCK)):
        yield [line for line, _ in block], [cells for _, cells in block]


class Records(Protocol):
    """The records of a file, its header first."""

    delimiter: str
    """"" where there is none, or as long as it isn't known."""

    @property
    def suspect_line(self) -> int:
        """Records that begin behind this line hold no damaged cell."""

    @property
    def total(self) -> int | None:
        """How many people the file says it holds; known once it was read."""

    def __iter__(self) -> Iterator[Record]:
        """Yield the records; raises `FileRefusedError`."""

    def blocks(self, records: Iterator[Record]) -> Iterator[Block]:
        """Yield what is left of the records, many at a time; raises `FileRefusedError`."""


_LF, _CR = re.compile(r"[^\n]*\n"), re.compile(r"[^\r]*\r")
MAX_LINE = 10_000_000
"""Characters without a line break; more is no file of rows."""


class Lines:
    """The lines of a text, each with its break; what follows the last break is `tail`."""

    def __init__(self, pieces: Iterable[str]) -> None:
        """Take the text in pieces."""
        self._pieces = iter(pieces)
        self.tail = ""
        """The last line, where it has no line break; known once the lines were read."""
        self.count = 0
        """Lines with a break that were read."""
        self.ending = ""
        """LF or CR, once it is known; CR LF ends with LF."""
        self.too_long = False
        self.suspect_line = 0
        """The last of the lines, among those read so far, that may hold damaged cells: the ones behind it are fine."""

    def __iter__(self) -> Iterator[str]:
        """Yield each line that has a break.

        CR LF and LF end a line; where the first lines hold no LF at all, CR does.
        """
        return chain.from_iterable(self._blocks())

    def _blocks(self) -> Iterator[Iterable[str]]:
        """Yield the lines of each piece; no line costs a step of Python."""
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
