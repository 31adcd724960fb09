"""What a check of the doctor found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["ok", "info", "warning", "error"]
PROBE = b"upa doctor: may be deleted"
"""What checks write to see whether they may."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    severity: Severity
    evidence: str
    """What was seen."""
    fix: str = ""
    """What to do; empty where nothing is."""
