"""What is found in a file: where it stands, what it does to the file, what to write; and the verdict over it all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Literal

from upa_core.domain.errors import UpaError
from upa_core.domain.sources.contract import Accepted, HoldReason

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


Status = Literal["accepted", "held", "refused"]


SourceRow = tuple[int, str, tuple[str, ...]]
"""Line, key as keys are compared, and one value a column in the order of `Verdict.columns`; "" is no value."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a file. Rows are numbers of rows."""

    status: Status
    findings: tuple[Finding, ...]
    encoding: str = ""
    delimiter: str = ""
    header: tuple[str, ...] = ()
    """Every column of the file."""
    columns: tuple[str, ...] = ()
    """Those that are read beside the key."""
    rows: int = 0
    """Delivered, blank ones and trailer left out."""
    people: int = 0
    """Different keys whose rows count."""
    blank: int = 0
    repeated: int = 0
    """Rows that say again what an earlier row said."""
    set_aside: int = 0
    void: frozenset[str] = frozenset()
    """Keys that don't count although a row of them was given out: rows contradict each other, or it is the trailer."""
    contradictory: frozenset[str] = frozenset()
    """Those of `void` whose rows contradict each other."""
    shares: dict[str, float] = field(default_factory=dict)

    @property
    def holds(self) -> tuple[HoldReason, ...]:
        """Why the file is held, each reason once."""
        return tuple(dict.fromkeys(finding.hold for finding in self.findings if finding.hold is not None))

    @property
    def collapsed(self) -> tuple[str, ...]:
        """The columns that lost their values."""
        return tuple(finding.cell for finding in self.findings if finding.hold == "column_collapsed")

    @property
    def whole(self) -> bool:
        """Tell whether every row counts: only then a person who isn't named is missing."""
        return self.set_aside == 0 and not self.void

    def accepted(self) -> Accepted:
        """Return what is remembered when the file is accepted."""
        return Accepted(self.rows, self.shares, self.delimiter)
