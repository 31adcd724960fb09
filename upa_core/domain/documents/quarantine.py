"""Quarantine: a connector slowed down for health. It probes, leaves by itself, and is switched off after 28 days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from upa_core.domain.errors import AccessDeniedError, FatalError, RefusedError

OFF_AFTER = timedelta(days=28)
"""A probe that fails after this time switches the connector off."""
SLOW_PULL = timedelta(days=1)
"""The rhythm of pulling while nobody decides about an expired hold."""

Probe = Literal["pull", "export", "decision"]
"""The step that must succeed before the quarantine is over."""


class QuarantineReason(StrEnum):
    """Why a connector was slowed down for health."""

    CREDENTIALS = "credentials"
    TOO_MANY_FAILURES = "too_many_failures"
    TARGET_DOWN = "target_down"
    MAPPING = "mapping"
    CONFIGURATION = "configuration"
    HOLD_EXPIRED = "hold_expired"


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A connector slowed down for health."""

    reason: QuarantineReason
    since: datetime
    """When it was entered, or when somebody switched the connector on again; another reason doesn't change it."""
    detail: str
    """The error of the last probe."""
    probe: Probe = "export"
    off_since: datetime | None = None
    """When the connector was switched off: nothing is pulled, planned or sent until somebody resumes it."""

    @property
    def off_after(self) -> datetime:
        """Return the moment after which a failed probe switches the connector off."""
        return self.since + OFF_AFTER


def reason_of(exc: FatalError, *, refused: QuarantineReason = QuarantineReason.CONFIGURATION) -> QuarantineReason:
    """Return the reason for an error that only an administrator can fix; `refused`: the reason for a refusal."""
    if isinstance(exc, AccessDeniedError):
        return QuarantineReason.CREDENTIALS
    return refused if isinstance(exc, RefusedError) else QuarantineReason.CONFIGURATION


def slowed_down(
    before: Quarantine | None, reason: QuarantineReason, detail: str, now: datetime, probe: Probe
) -> Quarantine:
    """Return the quarantine after a failure. Another probe's reason stays until that probe succeeds."""
    if before is None:
        return Quarantine(reason, now, detail, probe)
    if before.probe != probe:
        return before
    off = before.off_since or (now if now >= before.off_after else None)
    return replace(before, reason=reason, detail=detail, off_since=off)


def left_by(before: Quarantine | None, probe: Probe) -> Quarantine | None:
    """Return the quarantine after a probe that succeeded; None: it is over. Another probe may still have to succeed."""
    return None if before is not None and before.probe == probe else before


def switched_on(before: Quarantine | None, now: datetime) -> Quarantine | None:
    """Return the quarantine after somebody resumes the connector; one that was switched off gets another 28 days."""
    if before is None or before.off_since is None:
        return before
    return replace(before, since=now, off_since=None)
