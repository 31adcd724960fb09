"""The result of a check of the doctor."""

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
    """The observation."""
    fix: str = ""
    """What to do; empty where nothing needs to be done."""
