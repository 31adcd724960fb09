"""What a check of the doctor found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["ok", "info", "warning", "error"]
PROBE = b"upa doctor: may be deleted"
"""The content of the small files that checks write."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    check: str
    severity: Severity
    evidence: str
    """What was seen."""
    fix: str = ""
    """What to do; empty where nothing needs to be done."""
