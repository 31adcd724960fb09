"""What is found in a file: where it stands, what it does to the file, and what to write."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal

from upa_core.domain.errors import UpaError
from upa_core.domain.sources.contract import HoldReason

Effect = Literal["refused", "held", "set_aside", "note"]
EFFECTS: tuple[Effect, ...] = ("refused", "held", "set_aside", "note")
"""What a finding does, the gravest first: to the file, to the file until somebody decides, to one row, nothing."""

MAX_EXAMPLES = 10
"""Findings of one kind that are told one by one; the others are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; never holds a person's value."""

    effect: Effect
    kind: str
    """What it is, for programs: lower-case words joined by `_`."""
    message: str
    remedy: str = ""
    """What to write, or whom to ask for what."""
    line: int = 0
    """Line of the file, from 1; where a record takes several, its first. 0: the file as a whole."""
    cell: str = ""
    """The column's name."""
    hold: HoldReason | None = None
    more: int = 0
    """Further findings of the same kind that aren't told."""


class FileRefusedError(UpaError):
    """The file can't be read as what it was declared to be; nothing of it counts."""

    def __init__(self, kind: str, message: str, remedy: str = "", *, line: int = 0, cell: str = "") -> None:
        super().__init__(message)
        self.finding = Finding("refused", kind, message, remedy, line, cell)


class Findings:
    """Collects findings; of each kind the first ones by themselves, the others as a number."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self._count: Counter[tuple[Effect, str, str]] = Counter()

    def add(self, finding: Finding) -> None:
        """Keep a finding, or count it."""
        kind = self._kind(finding)
        self._count[kind] += 1
        if self._count[kind] <= MAX_EXAMPLES:
            self._kept.append(finding)

    @property
    def all(self) -> tuple[Finding, ...]:
        """The findings, the gravest first, then by line; the last of each kind bears how many more there are."""
        last = {self._kind(finding): at for at, finding in enumerate(self._kept)}
        told = [
            replace(finding, more=self._count[kind] - MAX_EXAMPLES)
            if last[kind := self._kind(finding)] == at and self._count[kind] > MAX_EXAMPLES
            else finding
            for at, finding in enumerate(self._kept)
        ]
        return tuple(sorted(told, key=lambda finding: (EFFECTS.index(finding.effect), finding.line)))

    @staticmethod
    def _kind(finding: Finding) -> tuple[Effect, str, str]:
        # rows that are set aside are counted together, whatever their cell
        return finding.effect, finding.kind, "" if finding.effect == "set_aside" else finding.cell
