"""The stored state of a connector."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar

from upa_core.domain.documents.codec import added
from upa_core.domain.documents.quarantine import Quarantine
from upa_core.domain.documents.rounds import (
    OpenRound,
    SealedRound,
    Segment,
    Watermark,
)
from upa_core.domain.documents.runs import (
    Exported,
    Hold,
    Retry,
    Run,
    Urgent,
)
from upa_core.domain.documents.sources import KeyRows, SourceState


@dataclass(frozen=True, slots=True)
class Debt:
    """Something in the library that is ours to delete and isn't deleted yet."""

    url: str
    is_folder: bool
    since: datetime
    tries: int = 0
    not_before: datetime | None = None
    """A file that is retained for days isn't tried at every turn."""


@dataclass(frozen=True, slots=True)
class PeopleIndex:
    """The people shards of a connector: their generation and number."""

    generation: int = 0
    shards: int = 1
    known: int = 0
    """People counted by the last full round."""
    token: str = ""
    """Makes the names of two copies of one generation different."""

    @property
    def folder(self) -> str:
        """The folder of this generation."""
        return f"{self.generation}-{self.token}" if self.token else str(self.generation)


@dataclass(frozen=True, slots=True)
class RefusedProperty:
    """A property that SharePoint refused for everybody: it isn't sent, except in a few tries."""

    target: str
    mapping: str
    """Hash of the mapping whose values were refused; another mapping of the property is tried again."""
    since: datetime
    run: str
    """The run whose log first said so."""
    people: int
    """People in the file that was refused."""
    detail: str = ""
    """The kind of answer, with SharePoint's own words; never a value."""


@dataclass(frozen=True, slots=True)
class WaitingPeople:
    """People of one shard in escrow."""

    people: int
    new: int
    """Of them, people of whom SharePoint holds nothing."""


@dataclass(frozen=True, slots=True)
class ShardList:
    """The people shards that exist: a shard of this list that is missing was lost; it isn't an empty one.

    A document of its own, so that earlier releases still read the state. Losing it only takes the notice away: it is
    made again from the shards that are there.
    """

    VERSION: ClassVar[int] = 1

    version: int = 1
    folder: str = ""
    """The generation that the list is about."""
    shards: dict[str, int] = field(default_factory=dict)
    """By number, how many people each held when it was last written; 0 where that isn't known."""
    waiting: dict[str, WaitingPeople] = field(default_factory=dict)
    """By number, who waited in each when it was last written; a shard in which nobody does isn't named."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A run that somebody asked for; several requests before it begins become one. Its round has its id."""

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
    pull_retry: Retry | None = None
    """Pulls in a row that failed and need an administrator."""
    quarantine: Quarantine | None = None
    requested: RunRequest | None = None
    paused: bool = False
    paused_since: datetime | None = None
    paused_by: str = ""
    released: bool = False
    """An administrator ended staging mode at some time."""
    released_to: str = ""
    """The connector's `export_hash` when `go` was last run; "" where a release ran it that didn't store the hash."""
    sequence: int = 0
    """Number of the last import file that was planned into a run."""
    people: PeopleIndex = field(default_factory=PeopleIndex)
    target: str = ""
    """The tenant that the shadow describes; another target needs a new shadow."""
    debts: tuple[Debt, ...] = ()
    exported: tuple[Exported, ...] = ()
    last_full: datetime | None = None
    last_pull: datetime | None = None
    last_success: datetime | None = None
    last_run: str = ""
    last_outcome: str = added("")
    """`failed` where the last run that sent something ended so, as in `runs.Outcome`."""
    runs: int = 0
    import_jobs: int = 0
    keys: KeyRows | None = added(None)
    """The key index; None without secondary sources, and until a full round made it."""
    urgent: Urgent | None = added(None)
    """The key index; None without secondary sources, and until a full round has built it."""
    sources: tuple[SourceState, ...] = added(())
    """The secondary sources that were asked, by name; the fields above are about the directory."""

    refused: tuple[RefusedProperty, ...] = added(())
    """Properties that SharePoint refused for everybody, by name."""

    @property
    def people_of_a_file(self) -> int:
        """Return how many people an import file may name after a failure that named nobody; 0: as many as fit."""
        return max(1, self.retry.people // 2) if self.retry is not None and self.retry.people else 0

    def source(self, name: str) -> SourceState:
        """Return the state of a secondary source."""
        return next((one for one in self.sources if one.name == name), SourceState(name))

    def with_source(self, changed: SourceState) -> ConnectorState:
        """Return this state with the state of one secondary source replaced."""
        others = [one for one in self.sources if one.name != changed.name]
        return replace(self, sources=tuple(sorted((*others, changed), key=lambda one: one.name)))


def switched_off(state: ConnectorState) -> bool:
    """Return whether the connector was switched off: nothing is pulled, planned or sent until somebody resumes it."""
    return state.quarantine is not None and state.quarantine.off_since is not None


def source_segments(state: ConnectorState) -> list[Segment]:
    """Return the segments of the key index and of all secondary sources that the state names."""
    kept = [segment for sealed in state.sealed if sealed.source for segment in sealed.segments]
    kept += state.keys.segments if state.keys is not None else ()
    kept += state.open_round.keys if state.open_round is not None else ()
    for current in (one.current for one in state.sources if one.current is not None):
        kept += (*current.segments, *current.waiting, *(current.known.segments if current.known is not None else ()))
    return kept


def age_of(since: datetime, now: datetime) -> timedelta:
    """Return the time since `since`; never negative, whatever the clocks say."""
    return max(now - since, timedelta(0))
