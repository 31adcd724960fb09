"""The stored documents of secondary sources: current rows, the key index, and the state of each source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from upa_core.domain.documents.codec import added
from upa_core.domain.documents.rounds import Segment


@dataclass(frozen=True, slots=True)
class KeyRows:
    """The key attributes of everybody in the directory: a cache, with a stamp of the rounds that it was built from."""

    header: tuple[str, ...]
    """The attributes, sorted: the user name, and those that a source matches by."""
    round: str
    """The full round that it began with."""
    segments: tuple[Segment, ...] = ()
    """A person may have several rows in them; the last one counts."""
    base: int = 0
    """How many of the segments hold everybody; the others hold changes."""

    @property
    def stamp(self) -> str:
        """Return the stamp: the newest round that is in it."""
        return self.segments[-1].key if self.segments else self.round


@dataclass(frozen=True, slots=True)
class CurrentRows:
    """One generation of a source's current rows."""

    generation: int
    header: tuple[str, ...]
    segments: tuple[Segment, ...] = ()
    """A person may have several rows in them; the last one counts."""
    waiting: tuple[Segment, ...] = ()
    """Rows that match nobody, by key."""
    base: int = 0
    """How many of the segments hold everybody; the others hold changes."""
    rows: int = 0
    waiting_rows: int = 0
    missing: int = added(0)
    """People among them whom the last snapshots didn't name."""
    overdue: int = added(0)
    """Those among them whose values would be cleared if an administrator allowed it."""
    matched: str = ""
    """Stamp of the key index by which the rows were matched."""
    known: KeyRows | None = added(None)
    """Where `on_missing` is `leave`: the key index as it was when the source was asked; whom it holds and no row names
    has no value, about anybody else nothing is known."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """The state of one secondary source."""

    name: str
    described: str = ""
    """Hash of its columns and key when its rows were accepted; another hash means that everything is read again."""
    cursor: str = ""
    """The last accepted offer, in the source's own words."""
    current: CurrentRows | None = None
    """None until the first accepted snapshot: its attributes are absent, never null."""
    snapshots: int = 0
    """Accepted so far."""
    last_full: datetime | None = None
    """When a whole snapshot was last accepted."""
    last_pull: datetime | None = None
    """When the source was last asked successfully."""
    failures: int = 0
    """In a row."""
    not_before: datetime | None = None
    """The pause after a failure."""
    why: str = ""
    """The error of the last try."""
    held: str = ""
    """The offer that is held, by the source's name for it; "" where none is."""
    holds: tuple[str, ...] = ()
    """Why it is held."""
    approved: str = ""
    """An offer that was held and is approved now."""
    approved_by: str = ""
    label: str = added("")
    """People's name for the last accepted offer, e.g. the file's name."""
    delivered_rows: int = added(0)
    """Its number of rows."""
    delivered: datetime | None = added(None)
    """When it was last delivered, whether with the same bytes or others."""
    days: int = added(0)
    """Days on which a whole snapshot was accepted that differed from the one before."""
    counted: datetime | None = added(None)
    """The last of these days."""
    clears: bool = added(False)
    """An administrator has allowed that values of missing people are cleared."""
