"""Standard output that may be closed: `... | head` closes the pipe, and the host has to run and stop as usual."""

from __future__ import annotations

import os
import sys
from typing import TextIO


class Output:
    """Writes to standard output until its reader is gone, and then nowhere."""

    def __init__(self) -> None:
        self._stream: TextIO = sys.stdout

    def write(self, text: str) -> int:
        """Write, if there is a reader."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            self._let_go()
            return len(text)

    def flush(self) -> None:
        """Flush the output."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self._let_go()

    def line(self, text: str) -> None:
        """Write a line and flush it."""
        self.write(text + "\n")
        self.flush()

    def _let_go(self) -> None:
        """Use the null device instead, also for the interpreter, which flushes standard output at its end."""
        self._stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - open until the process ends
        try:
            os.dup2(self._stream.fileno(), sys.stdout.fileno())
        except (OSError, ValueError):
            sys.stdout = self._stream
