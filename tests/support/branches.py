"""A life that is copied at chosen places, so that what led there is lived once.

Each copy is a forked process: it takes its branch, lives to its end and says what was wrong. The first process waits
for it and goes on without a branch. Not for a process with threads.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Mapping, Sequence

Branch = tuple[int, str]
"""The number of a place, from 1, and the name of what happens there."""


class Branches:
    """The branches of one life; a place is asked for each time life comes by."""

    def __init__(self, wanted: Mapping[int, Sequence[str]]) -> None:
        self._wanted = wanted
        self._report: int | None = None
        self.wrong: dict[Branch, list[str]] = {}

    def at(self, number: int) -> str | None:
        """Return the branch that this process takes at a place, None where it goes straight on."""
        if self._report is not None:
            return None
        for name in self._wanted.get(number, ()):
            reading, writing = os.pipe()
            copy = os.fork()
            if not copy:
                gc.disable()  # it would write to every page that the copy shares
                os.close(reading)
                self._report = writing
                return name
            os.close(writing)
            with os.fdopen(reading, "rb") as answer:
                said = answer.read()
            _, status = os.waitpid(copy, 0)
            self.wrong[number, name] = json.loads(said) if said else [f"its process ended with status {status}"]
        return None

    def end(self, wrong: list[str]) -> None:
        """End a copy with what was wrong; the first process goes on."""
        if self._report is not None:
            with os.fdopen(self._report, "wb") as report:
                report.write(json.dumps(wrong).encode())
            os._exit(0)


def live(wanted: Mapping[int, Sequence[str]], life: Callable[[Branches], list[str]]) -> dict[Branch, list[str]]:
    """Live once and take each wanted branch; returns what was wrong in each, an exception as its text."""
    branches = Branches(wanted)
    try:
        wrong = life(branches)
    except BaseException as exc:  # noqa: BLE001 - a copy must never return into the campaign
        wrong = [f"{type(exc).__name__}: {exc}"]
    branches.end(wrong)
    if wrong:
        raise AssertionError(f"it fails where nothing happens: {wrong}")
    return branches.wrong
