"""The stored documents of secondary sources: current rows, the key index, and where each source stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from upa_core.domain.documents.codec import added
from upa_core.domain.documents.rounds import Segment


@dataclass(frozen=True, slots=True)
class KeyRows:
    """The key attributes of everybody in the directory: a cache, stamped with the rounds that it was built from."""

    header: tuple[str, ...]
    """The attributes, sorted: the user name, and whatever a source matches."""
    round: str
    """The full round it began with."""
    segments: tuple[Segment, ...] = ()
    """Of a person's rows in them the last one counts."""
    base: int = 0
    """How many of the segments hold everybody; the others hold changes."""

    @property
    def stamp(self) -> str:
        """Name what was built in last."""
        return self.segments[-1].key if self.segments else self.round


@dataclass(frozen=True, slots=True)
class CurrentRows:
    """One generation of a source's current rows."""

    generation: int
    header: tuple[str, ...]
    segments: tuple[Segment, ...] = ()
    """Of a person's rows in them the last one counts."""
    waiting: tuple[Segment, ...] = ()
    """Rows of nobody, by key."""
    base: int = 0
    """How many of the segments hold everybody; the others hold changes."""
    rows: int = 0
    waiting_rows: int = 0
    missing: int = added(0)
    """People among them whom the last snapshots didn't name."""
    overdue: int = added(0)
    """Those of them whose values would be cleared, had anybody allowed that."""
    matched: str = ""
    """Stamp of the key index that the rows were proposed by."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """Where one secondary source stands."""

    name: str
    described: str = ""
    """Hash of its columns and key when its rows were accepted: under another one everything is read anew."""
    cursor: str = ""
    """What was accepted last, in the source's own words."""
    current: CurrentRows | None = None
    """None until the first accepted snapshot: its attributes are absent, never null."""
    snapshots: int = 0
    """Accepted so far."""
    last_full: datetime | None = None
    """When a whole snapshot was last accepted."""
    last_pull: datetime | None = None
    """When the source was last asked and answered."""
    failures: int = 0
    """In a row."""
    not_before: datetime | None = None
    """The pause after a failure."""
    why: str = ""
    """What the last try failed with."""
    held: str = ""
    """What is held, as the source names it; "" where nothing is."""
    holds: tuple[str, ...] = ()
    """Why it is held."""
    approved: str = ""
    """What was held and is approved since."""
    approved_by: str = ""
    label: str = added("")
    """What people call what was accepted last, e.g. the file's name."""
    delivered_rows: int = added(0)
    """Rows that it held."""
    delivered: datetime | None = added(None)
    """When it was delivered last, with the same bytes or others."""
    days: int = added(0)
    """Days on which a whole snapshot was accepted that differed from the one before."""
    counted: datetime | None = added(None)
    """The last of them."""
    clears: bool = added(False)
    """Somebody has allowed that values of people who are missing are cleared."""
