"""The stored documents of a tenant's lane: the file in flight, abandoned import jobs, how files ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Literal

from upa_core.domain.documents.codec import added
from upa_core.domain.timetable import FOREIGN_LANE_PATIENCE

FilePhase = Literal["reserved", "uploaded", "queueing", "queued"]


@dataclass(frozen=True, slots=True)
class InFlight:
    """The import file in the lane and how far it got; written before each step that has an effect at SharePoint."""

    connector: str
    run: str
    file: str
    sequence: int
    phase: FilePhase
    since: datetime
    """When the file entered the lane."""
    attempt: int = 1
    """Uploads begun, each under a fresh name."""
    upload: str = ""
    """Name in the library."""
    source_uri: str = ""
    asked: datetime | None = None
    """When the (last) queue call was made."""
    lookups: int = 0
    """Times the import job wasn't listed since `asked`."""
    not_before: datetime | None = None
    jobs: tuple[str, ...] = ()
    """Every import job id ever learnt for this file."""
    queued: datetime | None = None
    ended: datetime | None = None
    """When the import jobs were first seen ended, while a late log is waited for."""
    stalled: bool = False
    tries: int = 0
    """Calls in a row that failed since the file last got on."""
    queues: int = 0
    """Queue calls whose import job may exist: more than one means that siblings may be running."""
    log_seen: str = ""
    """What the log folders held when last looked at: a log is read once it has stopped growing."""
    beside: bool = added(default=False)
    """The run has batches of other routes too: whoever looks at this file goes on with them."""

    def overdue(self, now: datetime) -> bool:
        """Tell whether another connector may take the lane over: nobody gives an import job more than 24 h."""
        return now - self.since >= FOREIGN_LANE_PATIENCE


@dataclass(frozen=True, slots=True)
class Abandoned:
    """An import job that was given up but may still run."""

    connector: str
    run: str
    file: str
    sequence: int
    upload: str
    source_uri: str
    jobs: tuple[str, ...]
    since: datetime
    next_poll: datetime
    queues: int = 0
    """Queue calls whose import job may exist: more than one means that siblings may be running, not all learnt."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The target tenant's one lane: at most one import job of ours is in flight [SP-56]."""

    VERSION: ClassVar[int] = 1

    version: int = 1
    in_flight: InFlight | None = None
    day: str = ""
    jobs_today: int = 0
    jobs_total: int = 0
    abandoned: tuple[Abandoned, ...] = ()

    def count_job(self, now: datetime) -> Lane:
        """Count one more import job against the day's budget."""
        day = now.date().isoformat()
        today = self.jobs_today if day == self.day else 0
        return replace(self, day=day, jobs_today=today + 1, jobs_total=self.jobs_total + 1)

    def uncount_job(self, now: datetime) -> Lane:
        """Take a call back that surely queued nothing."""
        if self.day != now.date().isoformat():
            return replace(self, jobs_total=max(0, self.jobs_total - 1))
        return replace(self, jobs_today=max(0, self.jobs_today - 1), jobs_total=max(0, self.jobs_total - 1))

    def budget_left(self, now: datetime, per_day: int) -> bool:
        """Tell whether another import job may be queued today."""
        return self.day != now.date().isoformat() or self.jobs_today < per_day


@dataclass(frozen=True, slots=True)
class LogFile:
    """One archived log of an import job."""

    job: str
    name: str
    key: str
    sha256: str
    readable: bool = True
    """False: it was listed and couldn't be read; whom it names isn't known."""


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How one import job ended."""

    id: str
    state: int
    error: int
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The archive's manifest of one batch: settling reads this and what it names, nothing else."""

    VERSION: ClassVar[int] = 1

    version: int
    connector: str
    run: str
    file: str
    sequence: int
    ended: datetime
    jobs: tuple[JobOutcome, ...]
    """Empty where the import job was cancelled or given up."""
    logs: tuple[LogFile, ...]
    """What the target answered: the logs of the import jobs, or the archived answers of another route."""
    intact: bool
    """False: the file in the library wasn't the one we wrote when it was archived."""
    given_up: str = ""
    source_uri: str = ""
    log_folders: tuple[str, ...] = ()
    abandoned: bool = False
    """Given up while its import job may still run."""
    import_jobs: tuple[str, ...] = ()
    """Ids of every import job learnt for the file, of one given up too."""
    route: str = added("bulk")
    """How the batch travelled: who judges the answer."""
