"""The scripted courses of an import job: the failures that people reported, by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tenant_sim.upa.importer import JobError


@dataclass(frozen=True)
class Fate:
    """The course of one import job, where it isn't the ordinary one."""

    hang: str | None = None
    """State in which it stays: Submitted, Processing or Queued."""
    wake_after: float | None = None
    """Seconds after which a hanging job goes on after all."""
    error: JobError | None = None
    """End with this error, whatever the file says."""
    applied: float | None = None
    """Share of the values that get into the profiles (default: all)."""
    fails_in: str = "Queued"
    """State in which `error` strikes: Queued, when values are being written, or Processing, before any is."""
    processing: float | None = None
    """Seconds in Processing, where it isn't the tenant's setting."""
    unknown: float = 0.0
    """Seconds that the state reads Unknown before it reads Submitted."""
    log: str = "normal"
    """`normal`, `none` or `late`."""
    log_delay: float = 3600
    empty_job_id: bool = False
    slow: float = 1.0
    """Everything takes this many times as long."""
    extra_delay: float = 0.0


PRESETS: dict[str, Fate] = {
    "stuck": Fate(hang="Processing"),  # [SP-54]
    "stuck_submitted": Fate(hang="Submitted"),
    "stuck_queued": Fate(hang="Queued"),
    "internal_error": Fate(error=JobError.INTERNAL_ERROR, applied=0.0, log="none"),  # [SP-51]
    "internal_error_partial": Fate(error=JobError.INTERNAL_ERROR, applied=0.5, log="none"),
    "internal_error_processing": Fate(  # two and a half hours in Processing, then this [SP-55]
        error=JobError.INTERNAL_ERROR, applied=0.0, log="none", fails_in="Processing", processing=9000
    ),
    "unknown": Fate(unknown=600),
    "no_log": Fate(log="none"),
    "late_log": Fate(log="late"),
    "zombie": Fate(hang="Processing", wake_after=86_400),
    "empty_job_id": Fate(empty_job_id=True),  # PnP NewUPABulkImportJob.cs; pnp/PnP#1824
    "slow": Fate(slow=3.0),
}


_WORDS: dict[str, tuple[str | None, ...]] = {
    "hang": (None, "Submitted", "Processing", "Queued"),
    "fails_in": ("Queued", "Processing"),
    "log": ("normal", "none", "late"),
}


def fate(name: str | None = None, **fields: Any) -> Fate:
    """Build a fate from a preset's name, fields, or both."""
    if name is not None and name not in PRESETS:
        raise ValueError(f"no such outcome: {name!r}; one of {', '.join(PRESETS)}")
    if isinstance(fields.get("error"), int):
        fields["error"] = JobError(fields["error"])
    made = replace(PRESETS[name] if name else Fate(), **fields)
    for field, allowed in _WORDS.items():
        if getattr(made, field) not in allowed:
            raise ValueError(f"{field} is one of {', '.join(map(str, allowed))}, not {getattr(made, field)!r}")
    return made
