"""How a pull ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from upa_core.domain.people.changes import RoundKind

PullStatus = Literal["sealed", "handed_over", "paused", "superseded"]
RowsStatus = Literal["sealed", "nothing new", "waiting", "paused", "superseded", "failed"]


@dataclass(frozen=True, slots=True)
class RowsResult:
    """How the pull of a secondary source ended."""

    source: str
    status: RowsStatus
    round: str = ""
    """The sealed round; "" where nobody's row changed."""
    named: int = 0
    """People whose row is new or changed."""
    waiting: int = 0
    """Rows that are nobody's."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class PullResult:
    """How the pull of the directory ended."""

    status: PullStatus
    round: str
    kind: RoundKind
    pages: int
    rows: int
    resume: datetime | None = None
    """When a paused pull may go on."""
    why: str = ""
    sources: tuple[RowsResult, ...] = ()
    """How the pulls of the secondary sources ended."""
