"""The stored documents of a round: where it stands in the source, its segments, its seal."""

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
    """The connector's `decided` then, where it has secondary sources: tells apart what was added only for matching."""


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
    position: Link
    inputs: tuple[str, ...]
    fingerprint: str
    segments: tuple[Segment, ...] = ()
    pages: int = 0
    restarts: int = 0
    """Times the source asked for a resync; one is followed at once, each further one after a longer pause."""
    announced: bool = False
    """A full round that was expected to change much: its updates are exempt from the change threshold."""
    requested: bool = False
    """Somebody asked for this round: it gets a report even where it finds no change."""
    not_before: datetime | None = None
    """The pause that the source asked for."""
    keys: tuple[Segment, ...] = added(())
    """What the round says of people's keys, where a secondary source matches by them."""


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
    """Somebody asked for it and may ask what became of it by its id."""
    source: str = added("")
    """The secondary source whose rows changed; "" = the directory. Its segments name who is to be planned."""

    @property
    def rows(self) -> int:
        """Records in the round, duplicates included."""
        return sum(segment.rows for segment in self.segments)
