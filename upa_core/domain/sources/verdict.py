"""The verdict over a file: what counts, what was set aside, what is remembered for the next one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from upa_core.domain.sources.contract import Accepted, HoldReason
from upa_core.domain.sources.findings import Finding

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
