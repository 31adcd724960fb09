"""The stored documents of a round: its position in the source, its segments, its seal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from upa_core.domain.documents.codec import added
from upa_core.domain.people.changes import RoundKind


@dataclass(frozen=True, slots=True)
class Link:
    """A position in the source: an address to follow verbatim, and its kind.

    Following it as another kind is an error [GR-2].
    """

    url: str
    kind: Literal["initial", "next", "delta"]


@dataclass(frozen=True, slots=True)
class Watermark:
    """Where the next delta round begins."""

    url: str
    issued: datetime
    fingerprint: str
    """The connector's fingerprint when the token was issued: `$select` is baked into it."""
    decided: str = added("")
    """The connector's `decided` then, with secondary sources: equal, where a change was about matching alone."""


@dataclass(frozen=True, slots=True)
class Segment:
    """An immutable blob of pulled rows."""

    key: str
    rows: int
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class OpenRound:
    """A round being pulled. A segment that it doesn't name doesn't exist."""

    id: str
    kind: RoundKind
    reason: str
    """Why this round is full or delta, for people to read."""
    started: datetime
    position: Link
    inputs: tuple[str, ...]
    fingerprint: str
    segments: tuple[Segment, ...] = ()
    pages: int = 0
    restarts: int = 0
    """Resyncs that the source asked for; the first is followed at once, each later one after a longer pause."""
    announced: bool = False
    """A full round that was expected to change many values: its updates don't count against the change threshold."""
    requested: bool = False
    """Somebody asked for this round: it gets a report even if it finds no change."""
    not_before: datetime | None = None
    """The pause that the source asked for."""
    keys: tuple[Segment, ...] = added(())
    """The round's key attributes of people, where a secondary source matches by them."""


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
    announced: bool = False
    requested: bool = False
    """Somebody asked for this round and may look up its result by its id."""
    source: str = added("")
    """The secondary source whose rows changed; "" = the directory. Its segments name the people to be planned."""

    @property
    def rows(self) -> int:
        """Records in the round, duplicates included."""
        return sum(segment.rows for segment in self.segments)
