"""The result of a pull."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from upa_core.domain.people.changes import RoundKind

PullStatus = Literal["sealed", "handed_over", "paused", "superseded"]
RowsStatus = Literal["sealed", "nothing new", "waiting", "paused", "superseded", "failed"]


@dataclass(frozen=True, slots=True)
class RowsResult:
    """The result of pulling a secondary source."""

    source: str
    status: RowsStatus
    round: str = ""
    """The sealed round; "" where no row changed."""
    named: int = 0
    """People whose row is new or changed."""
    waiting: int = 0
    """Rows that match nobody."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class PullResult:
    """The result of pulling the directory."""

    status: PullStatus
    round: str
    kind: RoundKind
    pages: int
    rows: int
    resume: datetime | None = None
    """When a paused pull may continue."""
    why: str = ""
    sources: tuple[RowsResult, ...] = ()
    """The results of the secondary sources."""
