"""Standard output that may go away: `... | head` closes the pipe, and the host has to go on, and to stop, as ever."""

from __future__ import annotations

import os
import sys
from typing import TextIO


class Output:
    """Writes to standard output until its reader is gone, and to nobody from then on."""

    def __init__(self) -> None:
        self._stream: TextIO = sys.stdout

    def write(self, text: str) -> int:
        """Write, if anybody reads."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            self._let_go()
            return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self._let_go()

    def line(self, text: str) -> None:
        """Write a line at once."""
        self.write(text + "\n")
        self.flush()

    def _let_go(self) -> None:
        """Take the null device instead, for the interpreter as well, which flushes standard output at its end."""
        self._stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - open until the process ends
        try:
            os.dup2(self._stream.fileno(), sys.stdout.fileno())
        except (OSError, ValueError):
            sys.stdout = self._stream
