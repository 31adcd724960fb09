"""The stored documents of a tenant's lane: the file in flight, abandoned import jobs, the outcome of each file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Literal

from upa_core.domain.documents.codec import added
from upa_core.domain.pauses import FOREIGN_LANE_PATIENCE

FilePhase = Literal["reserved", "uploaded", "queueing", "queued"]


@dataclass(frozen=True, slots=True)
class InFlight:
    """The import file in the lane and its progress; written before each step that has an effect at SharePoint."""

    connector: str
    run: str
    file: str
    sequence: int
    phase: FilePhase
    since: datetime
    """When the file entered the lane."""
    attempt: int = 1
    """Number of uploads begun, each under a new name."""
    upload: str = ""
    """Name in the library."""
    source_uri: str = ""
    asked: datetime | None = None
    """When the (last) queue call was made."""
    lookups: int = 0
    """How often the import job wasn't listed since `asked`."""
    not_before: datetime | None = None
    jobs: tuple[str, ...] = ()
    """Every import job id ever learnt for this file."""
    queued: datetime | None = None
    ended: datetime | None = None
    """When the import jobs were first seen to have ended, while we wait for a late log."""
    stalled: bool = False
    tries: int = 0
    """Failed calls in a row since the last progress."""
    queues: int = 0
    """Queue calls that may have made an import job; more than one: several may be running."""
    log_seen: str = ""
    """The contents of the log folders at the last look: a log is read once it has stopped growing."""
    beside: bool = added(default=False)
    """The run has batches of other routes too; a watcher of this file advances them as well."""

    def overdue(self, now: datetime) -> bool:
        """Return whether another connector may take over the lane: no import job is given more than 24 h."""
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
    """Queue calls that may have made an import job; more than one: several may be running, some unknown to us."""


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
        """Return the lane with one more import job counted against the day's budget."""
        day = now.date().isoformat()
        today = self.jobs_today if day == self.day else 0
        return replace(self, day=day, jobs_today=today + 1, jobs_total=self.jobs_total + 1)

    def uncount_job(self, now: datetime) -> Lane:
        """Take a call back that surely queued nothing."""
        if self.day != now.date().isoformat():
            return replace(self, jobs_total=max(0, self.jobs_total - 1))
        return replace(self, jobs_today=max(0, self.jobs_today - 1), jobs_total=max(0, self.jobs_total - 1))

    def budget_left(self, now: datetime, per_day: int) -> bool:
        """Return whether another import job may be queued today."""
        return self.day != now.date().isoformat() or self.jobs_today < per_day


@dataclass(frozen=True, slots=True)
class LogFile:
    """One archived log of an import job."""

    job: str
    name: str
    key: str
    sha256: str
    readable: bool = True
    """False: it was listed and couldn't be read; nobody knows whom it names."""


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How one import job ended."""

    id: str
    state: int
    error: int
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The archive's manifest of one batch: settling reads this manifest and the blobs that it names, nothing else."""

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
    """False: when it was archived, the file in the library wasn't the one that we wrote."""
    given_up: str = ""
    source_uri: str = ""
    log_folders: tuple[str, ...] = ()
    abandoned: bool = False
    """Given up while its import job may still run."""
    import_jobs: tuple[str, ...] = ()
    """Ids of all import jobs known for the file, those that were given up included."""
    route: str = added("bulk")
    """The batch's route: it judges the answer."""
