"""The stored documents that say where a connector, a run and a tenant's lane stand (DESIGN §2)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Literal

from upa_core.domain.changes import RoundKind

FilePhase = Literal["reserved", "uploaded", "queueing", "queued"]


@dataclass(frozen=True, slots=True)
class Position:
    """A link into the source, stored with its kind: sending a link as the wrong kind is an error (graph.md A1)."""

    url: str
    kind: Literal["initial", "next", "delta"]


@dataclass(frozen=True, slots=True)
class Watermark:
    """Where the next delta round begins."""

    url: str
    issued: datetime
    fingerprint: str
    """The connector's fingerprint when the token was issued: `$select` is baked into it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """An immutable blob of pulled rows."""

    key: str
    rows: int
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class OpenRound:
    """A round being pulled; what it doesn't name doesn't exist."""

    id: str
    kind: RoundKind
    reason: str
    """Why this round is of its kind, for people."""
    started: datetime
    position: Position
    inputs: tuple[str, ...]
    fingerprint: str
    segments: tuple[Segment, ...] = ()
    pages: int = 0
    restarts: int = 0
    requested: bool = False
    """Somebody asked for this round: it gets a report even where it finds no change."""
    not_before: datetime | None = None
    """The pause that the source asked for."""


@dataclass(frozen=True, slots=True)
class SealedRound:
    """A complete round in the outbox, waiting to be settled."""

    id: str
    kind: RoundKind
    reason: str
    started: datetime
    sealed: datetime
    inputs: tuple[str, ...]
    fingerprint: str
    segments: tuple[Segment, ...]

    @property
    def rows(self) -> int:
        """Records in the round, duplicates included."""
        return sum(segment.rows for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a plan or a run comes to."""

    people: int = 0
    """People seen in the rounds (or due from escrow), once each."""
    unchanged: int = 0
    updated: int = 0
    """People with at least one value to set."""
    cleared: int = 0
    """People with at least one confirmed value to clear."""
    out_of_scope: int = 0
    ended: int = 0
    """Known people who left the directory."""
    invalid: int = 0
    """People put into escrow because a value doesn't fit its mapping."""
    clear_unsupported: int = 0
    """Values that should be cleared and can't be, by type."""
    re_read: int = 0
    declined: int = 0
    exported: int = 0
    """People an import job confirmed."""
    escrowed: int = 0
    """People an import job's log named."""
    pairs: int = 0

    def plus(self, other: Counts) -> Counts:
        """Add two counts."""
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})


@dataclass(frozen=True, slots=True)
class FileState:
    """One import file of a run."""

    name: str
    """`upa-<connector>-<run id>-<sequence>.json`; the orchestration's instance id too."""
    sequence: int
    people: int
    pairs: int
    size: int
    sha256: str
    settled: bool = False
    confirmed: bool = False
    """False although settled: the import job confirmed nobody."""


@dataclass(frozen=True, slots=True)
class Run:
    """The export in flight, or held: its plan is frozen."""

    id: str
    started: datetime
    rounds: tuple[str, ...]
    files: tuple[FileState, ...]
    counts: Counts
    targets: tuple[str, ...] = ()
    """The properties of the frozen plan: the property map of each of its files."""
    full: bool = False

    def file(self, name: str) -> FileState | None:
        """Return the file of that name."""
        return next((file for file in self.files if file.name == name), None)

    def next_file(self) -> FileState | None:
        """Return the first file that isn't settled."""
        return next((file for file in self.files if not file.settled), None)

    def with_file(self, changed: FileState) -> Run:
        """Return the run with one file replaced."""
        return replace(self, files=tuple(changed if f.name == changed.name else f for f in self.files))


@dataclass(frozen=True, slots=True)
class Hold:
    """A run whose plan passed the change threshold and waits for a decision."""

    run: Run
    since: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Retry:
    """Failed runs in a row; their rounds stay in the outbox."""

    failures: int
    not_before: datetime
    why: str


class QuarantineReason(StrEnum):
    """Why a connector was slowed down for health."""

    CREDENTIALS = "credentials"
    TOO_MANY_FAILURES = "too_many_failures"
    TARGET_DOWN = "target_down"
    MAPPING = "mapping"
    HOLD_EXPIRED = "hold_expired"


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A connector slowed down for health; it probes and leaves by itself."""

    reason: QuarantineReason
    since: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class Debt:
    """Something in the library that is ours to delete and isn't deleted yet."""

    url: str
    is_folder: bool
    since: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True)
class PeopleIndex:
    """Where the people of a connector lie."""

    generation: int = 0
    shards: int = 1
    known: int = 0
    """People counted by the last full round."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What one run changed, for the rolling change threshold."""

    at: datetime
    updated: int
    cleared: int


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A run that somebody asked for; several before it begins are one. The round it opens bears its id."""

    id: str
    full: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ConnectorState:
    """Everything that decides what is due for a connector; changed only with If-Match."""

    VERSION: ClassVar[int] = 1

    version: int = 1
    watermark: Watermark | None = None
    open_round: OpenRound | None = None
    sealed: tuple[SealedRound, ...] = ()
    run: Run | None = None
    hold: Hold | None = None
    retry: Retry | None = None
    quarantine: Quarantine | None = None
    requested: RunRequest | None = None
    paused: bool = False
    released: bool = False
    """True once an administrator ended staging mode."""
    sequence: int = 0
    """Number of the last import file that was planned into a run."""
    people: PeopleIndex = field(default_factory=PeopleIndex)
    debts: tuple[Debt, ...] = ()
    exported: tuple[Exported, ...] = ()
    last_full: datetime | None = None
    last_pull: datetime | None = None
    last_success: datetime | None = None
    last_run: str = ""
    runs: int = 0
    import_jobs: int = 0


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


@dataclass(frozen=True, slots=True)
class Lane:
    """The target tenant's one lane: at most one import job of ours is in flight (DESIGN §2)."""

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


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How one import job ended."""

    id: str
    state: int
    error: int
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The archive's manifest of one import file: settling reads this and what it names, nothing else."""

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
    intact: bool
    """False: the file in the library wasn't the one we wrote when it was archived."""
    given_up: str = ""
    source_uri: str = ""
    log_folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Intent:
    """What a run is about to do, written before anything is done at SharePoint."""

    VERSION: ClassVar[int] = 1

    version: int
    connector: str
    run: str
    fingerprint: str
    property_map: dict[str, str]
    folder: str
    rounds: tuple[str, ...]
    files: tuple[FileState, ...]
    counts: Counts
    made: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """What a run came to, for people."""

    VERSION: ClassVar[int] = 1

    version: int
    connector: str
    run: str
    started: datetime
    ended: datetime
    status: Literal["success", "failed", "no_change"]
    rounds: tuple[str, ...]
    counts: Counts
    files: tuple[FileState, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class RoundEnd:
    """Which run a round was last planned into."""

    VERSION: ClassVar[int] = 1

    version: int
    connector: str
    run: str


def age_of(since: datetime, now: datetime) -> timedelta:
    """Return how long ago `since` was; never negative, whatever the clocks say."""
    return max(now - since, timedelta(0))
