"""The result of a pull."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from upa_core.domain.documents.sources import CurrentRows
from upa_core.domain.people.changes import RoundKind
from upa_core.domain.sources.joined.secondary import Secondary

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


def first_clear(after: CurrentRows, secondary: Secondary) -> str:
    """Return why the first clear waits."""
    people = "1 person is" if after.overdue == 1 else f"{after.overdue:,} people are"
    return (
        f"{people} missing in accepted snapshots of {secondary.clear_after} days, and nothing was ever cleared for "
        "that (first_clear). Approve it to clear their values; later ones count against the change threshold alone"
    )
