"""The stored documents of a run: its files, its counts, why it was held or failed, its report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Literal

from upa_core.domain.documents.ad_hoc import AdHoc
from upa_core.domain.documents.codec import added
from upa_core.domain.documents.ids import moment_of
from upa_core.domain.documents.quarantine import QuarantineReason

RunResult = Literal["success", "failed", "no_change", "rejected"]
"""How a run ended; `success`: each of its people is confirmed, or in escrow by name."""
Outcome = Literal["complete", "partly", "failed", "no_change", "rejected"]
"""What arrived in profiles."""
BULK = "bulk"
"""The default route: SharePoint's bulk import."""
INDIVIDUAL = "individual"
"""The route of single profiles."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of a plan or a run."""

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
    absent: int = added(0)
    """Of the people who ended, those whom two full rounds in a row didn't name."""
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
    waiting: int = added(0)
    """Of those in escrow, people who have no profile yet."""
    pairs: int = 0
    held_back: int = added(0)
    """Values that aren't sent because the person, or the property, was refused."""
    over_budget: int = added(0)
    """People whose single writes wait for the budget of calls."""
    again: int = added(0)
    """Of the people updated, those whose values were all allowed before and never confirmed; not stored."""

    def plus(self, other: Counts) -> Counts:
        """Add two counts."""
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})


@dataclass(frozen=True, slots=True)
class FileState:
    """One batch of a run; on the bulk route it is an import file."""

    name: str
    """`upa-<connector>-<run id>-<sequence>.json`; the orchestration's instance id too."""
    sequence: int
    people: int
    pairs: int
    size: int
    sha256: str
    updated: int = 0
    """People with at least one value to set, without those whose values were all allowed before."""
    cleared: int = 0
    """People with at least one confirmed value to clear."""
    settled: bool = False
    confirmed: bool = False
    """False although settled: the import job confirmed nobody."""
    import_jobs: tuple[str, ...] = ()
    """Ids of its import jobs, known once it is settled."""
    route: str = added(BULK)
    """The name of its route."""


@dataclass(frozen=True, slots=True)
class ClosedRoute:
    """A route of a run that failed or was denied: its other batches aren't begun."""

    route: str
    why: str
    opaque: bool = True
    """Nothing says why it failed: the target may be down."""
    people: int = 0
    """People in the batch whose failure names nobody."""
    quarantine: QuarantineReason | None = None
    """Set where one such failure is enough to slow the connector down."""


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
    fingerprint: str = ""
    """The connector's fingerprint when the plan was frozen."""
    exempt: bool = False
    """Updates don't count against the change threshold: an announced full round."""
    approved: bool = False
    """Held and approved: nothing of it counts against the change threshold."""
    tried: tuple[str, ...] = added(())
    """Properties that are set aside, since the plan was made or later: events report what the answers say of them."""
    closed: tuple[ClosedRoute, ...] = added(())
    """Routes that are finished in this run while another still has work."""
    ad_hoc: AdHoc | None = added(None)
    """Set where the plan came from an administrator: the run has no rounds and says nothing of the source."""

    def file(self, name: str) -> FileState | None:
        """Return the file of that name."""
        return next((file for file in self.files if file.name == name), None)

    def waiting(self, route: str | None = None) -> list[FileState]:
        """Return the batches still to be delivered: of one route, or of all routes that aren't closed."""
        over = {one.route for one in self.closed}
        files = (file for file in self.files if not file.settled and file.route not in over)
        return [file for file in files if route in (None, file.route)]

    @property
    def routes(self) -> tuple[str, ...]:
        """Return the routes with work left, in the order of their batches."""
        return tuple(dict.fromkeys(file.route for file in self.waiting()))

    def closing(self, route: ClosedRoute) -> Run:
        """Return the run with one more route closed; the first failure of a route counts."""
        known = any(one.route == route.route for one in self.closed)
        return self if known else replace(self, closed=(*self.closed, route))

    @property
    def import_jobs(self) -> tuple[str, ...]:
        """Return the ids of the import jobs of all settled files."""
        return tuple(job for file in self.files for job in file.import_jobs)

    def with_file(self, changed: FileState) -> Run:
        """Return the run with one file replaced."""
        return replace(self, files=tuple(changed if f.name == changed.name else f for f in self.files))


@dataclass(frozen=True, slots=True)
class Urgent:
    """One person who is written at once, beside all other work: nothing is planned until it is over."""

    run: Run
    """The run; it has one batch, of one person."""
    person: str
    until: datetime
    """Nothing is sent for it after this; anybody who finds it later settles it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A run whose plan passed the change threshold and waits for a decision."""

    run: Run
    since: datetime
    why: str
    alerted: datetime | None = None
    """When administrators were last notified that nobody decides."""
    kind: Literal["", "source_shrank"] = added("")
    """The meaning of the decision: "" is about the plan's values, `source_shrank` about the round itself."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Failures in a row, of runs (their rounds stay in the outbox) or of pulls."""

    failures: int
    not_before: datetime
    why: str
    fingerprint: str = ""
    """The connector's fingerprint at the failure: after a change of configuration nobody has to wait."""
    people: int = 0
    """People in a file whose failure named nobody: the next files are half as long, to find the person."""
    since: datetime | None = None
    """When the first of them failed."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What one run changed, for the rolling change threshold."""

    at: datetime
    updated: int
    cleared: int


@dataclass(frozen=True, slots=True)
class Intent:
    """What a run is going to send, written before the first effect at SharePoint."""

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
    """The result of a run, for people to read."""

    VERSION: ClassVar[int] = 1

    version: int
    connector: str
    run: str
    started: datetime
    ended: datetime
    status: RunResult
    rounds: tuple[str, ...]
    counts: Counts
    files: tuple[FileState, ...]
    why: str = ""
    full: bool = False
    ad_hoc: AdHoc | None = added(None)
    """What kind of ad hoc run it was, None for a run of the source's changes."""

    @property
    def outcome(self) -> Outcome:
        """Return what arrived in profiles."""
        return outcome_of(self.status, self.counts)

    @property
    def latency_hours(self) -> float | None:
        """Return the time from reading the directory (the first round began) to the values being confirmed."""
        began = min((moment for round_id in self.rounds if (moment := moment_of(round_id))), default=None)
        if began is None or not self.files or self.status != "success":
            return None
        return round(max(0.0, (self.ended - began).total_seconds()) / 3600, 2)


def outcome_of(status: RunResult, counts: Counts) -> Outcome:
    """Return what arrived in profiles. A run that confirmed nobody failed, unless everybody waits for their profile."""
    if status != "success":
        return status
    if not counts.escrowed:
        return "complete"
    return "failed" if not counts.exported and counts.escrowed > counts.waiting else "partly"


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided about a held run, kept in the run's folder."""

    VERSION: ClassVar[int] = 1

    version: int
    run: str
    decision: Literal["approved", "rejected"]
    by: str
    at: datetime
    why_held: str


@dataclass(frozen=True, slots=True)
class RoundEnd:
    """The run that a round was last planned into."""

    VERSION: ClassVar[int] = 1

    version: int
    connector: str
    run: str
