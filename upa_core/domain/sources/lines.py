"""From text to lines: a line ends with a line break; a last line without one is kept apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol

from upa_core.domain.sources.cells import is_suspicious

Record = tuple[int, list[str]]
"""The line on which a record begins, from 1, and its cells."""


class Block:
    """Records that follow each other."""

    __slots__ = ("_columns", "_rows", "lines")

    def __init__(
        self,
        lines: Sequence[int],
        rows: list[list[str]] | None = None,
        columns: Sequence[Sequence[str]] | None = None,
    ) -> None:
        """Take the lines on which the records begin, and their cells: by record, or by column."""
        self.lines = lines
        self._rows, self._columns = rows, columns

    @property
    def rows(self) -> list[list[str]]:
        """The cells of each record."""
        if self._rows is None:
            self._rows = list(map(list, zip(*self._columns or (), strict=True)))
        return self._rows

    def columns(self, width: int) -> Sequence[Sequence[str]] | None:
        """Return the cells of each column, None where a record has another number of cells."""
        if self._columns is None and set(map(len, self.rows)) == {width}:
            self._columns = list(zip(*self.rows, strict=True))
        return self._columns if self._columns is not None and len(self._columns) == width else None


ROWS = 200
"""Records of a block: many enough to make a check cheap, few enough for the processor's cache."""
TEXT = 32_768
"""Characters of a text that is divided at once, for the same reason."""


def in_blocks(records: Iterator[Record]) -> Iterator[Block]:
    """Yield records in blocks."""
    while block := list(islice(records, ROWS)):
        yield Block([line for line, _ in block], [cells for _, cells in block])


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

    def blocks(self, records: Iterator[Record], width: int) -> Iterator[Block]:
        """Yield the remaining records in blocks; raises `FileRefusedError`.

        Args:
            records: the records, of which the first ones were read.
            width: how many cells an ordinary record has.

        """


_LF, _CR = re.compile(r"[^\n]*\n"), re.compile(r"[^\r]*\r")
MAX_LINE = 10_000_000
"""Characters without a line break; a text with more isn't a file of rows."""


class Lines:
    """The lines of a text, each with its line break; `tail` is the text after the last one."""

    def __init__(self, pieces: Iterable[str]) -> None:
        """Take the text in pieces."""
        self._pieces = iter(pieces)
        self._texts = self._whole_lines()
        self._begun: Iterator[str] = iter(())
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
        """Yield each line that has a break, from the first one that wasn't given out.

        CR LF and LF end a line; where the first lines hold no LF at all, CR does.
        """
        while True:
            yield from self._begun
            text, _ = next(self._texts, ("", 0))
            if not text:
                return
            self._begun = iter(self.divided(text))

    def text(self) -> tuple[str, int]:
        """Return the next lines as one text, and how many they are; "" behind the last of them."""
        left = list(self._begun)
        return ("".join(left), len(left)) if left else next(self._texts, ("", 0))

    def divided(self, text: str) -> list[str]:
        """Return the lines of a text that `text` returned."""
        return (_LF if self.ending == "\n" else _CR).findall(text)

    def _whole_lines(self) -> Iterator[tuple[str, int]]:
        """Yield texts of whole lines, of `TEXT` characters or of one longer line, and the number of the lines."""
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
            begin = 0
            while begin < end:
                part = text[begin : _line_end(text, ending, begin, end)]
                begin += len(part)
                lines = part.count(ending)
                self.count += lines
                if is_suspicious(part):
                    self.suspect_line = self.count
                yield part, lines
            if len(rest) > MAX_LINE:
                self.too_long = True
                return
        if is_suspicious(rest):
            self.suspect_line = self.count + 1
        if not ending and rest.endswith("\r"):
            self.count += 1
            self.ending = "\r"
            yield rest, 1
            rest = ""
        self.tail = rest


def _line_end(text: str, ending: str, begin: int, end: int) -> int:
    """Return where the last line ends that fits; where none fits, the first."""
    if end - begin <= TEXT:
        return end
    return text.rfind(ending, begin, begin + TEXT) + 1 or text.index(ending, begin + TEXT) + 1
