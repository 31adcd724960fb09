"""The findings in a file: the place, the effect on the file, the remedy; and the verdict over the file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Literal

from upa_core.domain.errors import UpaError
from upa_core.domain.sources.contract import Accepted, HoldReason

Effect = Literal["refused", "held", "set_aside", "note"]
EFFECTS: tuple[Effect, ...] = ("refused", "held", "set_aside", "note")
"""Effects, the gravest first: the file is refused, it waits for a decision, one row is set aside, none."""

MAX_EXAMPLES = 10
"""Findings of one kind that are listed; the others are only counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; never holds a person's value."""

    effect: Effect
    kind: str
    """Its kind, for programs: lower-case words joined by `_`."""
    message: str
    remedy: str = ""
    """What to write, or whom to ask for what."""
    line: int = 0
    """Line of the file, from 1; the first line of a record that has several. 0: the file as a whole."""
    cell: str = ""
    """The column's name."""
    hold: HoldReason | None = None
    more: int = 0
    """Further findings of the same kind that aren't listed."""


class FileRefusedError(UpaError):
    """The file isn't what the contract declares; nothing in it counts."""

    def __init__(self, kind: str, message: str, remedy: str = "", *, line: int = 0, cell: str = "") -> None:
        super().__init__(message)
        self.finding = Finding("refused", kind, message, remedy, line, cell)


class Findings:
    """Collects findings; of each kind it lists the first ones and counts the others."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self._count: Counter[tuple[Effect, str, str]] = Counter()

    def add(self, finding: Finding) -> None:
        """Add a finding to the list, or only count it."""
        kind = self._kind(finding)
        self._count[kind] += 1
        if self._count[kind] <= MAX_EXAMPLES:
            self._kept.append(finding)

    @property
    def all(self) -> tuple[Finding, ...]:
        """The findings, the gravest first, then by line; the last one of each kind holds the number of further ones."""
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
        # rows that are set aside are counted together, whatever the cell
        return finding.effect, finding.kind, "" if finding.effect == "set_aside" else finding.cell


Status = Literal["accepted", "held", "refused"]


SourceRow = tuple[int, str, tuple[str, ...]]
"""Line, the key in its comparable form, and one value for each column of `Verdict.columns`; "" is no value."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of a file. Rows are numbers of rows."""

    status: Status
    findings: tuple[Finding, ...]
    encoding: str = ""
    delimiter: str = ""
    header: tuple[str, ...] = ()
    """Every column of the file."""
    columns: tuple[str, ...] = ()
    """The columns that are read besides the key."""
    rows: int = 0
    """Delivered rows, without blank ones and the trailer."""
    people: int = 0
    """Different keys whose rows count."""
    blank: int = 0
    repeated: int = 0
    """Rows that repeat an earlier row."""
    set_aside: int = 0
    void: frozenset[str] = frozenset()
    """Keys that don't count although one of their rows was yielded: contradicting rows, or the trailer."""
    contradictory: frozenset[str] = frozenset()
    """The keys in `void` whose rows contradict each other."""
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
        """Return whether every row counts: only then is a person who isn't named missing."""
        return self.set_aside == 0 and not self.void

    def accepted(self) -> Accepted:
        """Return what is remembered when the file is accepted."""
        return Accepted(self.rows, self.shares, self.delimiter)
