"""From text to lines: a line break ends a line, and a last line without one is told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from upa_core.domain.sources.cells import is_suspicious

Record = tuple[int, list[str]]
"""Line on which a record begins, from 1, and its cells."""


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
        self.too_long = False
        self.suspect_line = 0
        """The last of the lines, among those read so far, that may hold damaged cells: the ones behind it are fine."""

    def __iter__(self) -> Iterator[str]:
        """Yield each line that has a break.

        CR LF and LF end a line; where the first lines hold no LF at all, CR does.
        """
        ending, rest = "", ""
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
            lines = text.split(ending)
            rest = lines.pop()
            self.count += len(lines)
            if is_suspicious(text):
                self.suspect_line = self.count + 1
            for line in lines:
                yield line + ending
            if len(rest) > MAX_LINE:
                self.too_long = True
                return
        if is_suspicious(rest):
            self.suspect_line = self.count + 1
        if not ending and rest.endswith("\r"):
            self.count += 1
            yield rest
            rest = ""
        self.tail = rest
