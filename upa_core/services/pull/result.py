"""How a pull ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from upa_core.domain.people.changes import RoundKind

PullStatus = Literal["sealed", "handed_over", "paused", "superseded"]


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
