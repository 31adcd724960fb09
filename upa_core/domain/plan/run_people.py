"""The stored table of a run's people: where each lies, how many of which kind, and what became of them.

The rows themselves lie in pieces beside it, in blocks; a small run's rows lie in the table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from upa_core.domain.documents.codec import added
from upa_core.domain.documents.ids import file_name
from upa_core.domain.documents.storage_layout import run_folder
from upa_core.domain.documents.watcher import Seen

BatchState = Literal["planned", "settled", "unknown"]
"""`settled`: everybody is confirmed but those that a code names; `unknown`: nobody is."""
INLINE = 0
"""The piece that lies in the table itself."""


def run_people_key(run: str) -> str:
    """Return where the table of a run's people lies."""
    return f"{run_folder(run)}people.json"


def rows_key(connector: str, run: str, piece: int) -> str:
    """Return where a piece of the rows of a run's people lies; it bears the connector's name, as import files do."""
    return f"{run_folder(run)}rows/{file_name(connector, run, piece)}"


def shards_key(run: str) -> str:
    """Return where the shards of a run's plan lie."""
    return f"{run_folder(run)}shards"


@dataclass(frozen=True, slots=True)
class Extent:
    """A block of rows: compressed, and readable by itself."""

    piece: int
    at: int
    """Bytes before it."""
    size: int
    """Bytes."""
    rows: int
    shards: tuple[int, ...] = added(())
    """Whose people these are, by number of the people shard."""


@dataclass(frozen=True, slots=True)
class Listing:
    """People of one label, such as `cleared:UpaTitle`, lying together."""

    label: str
    people: int
    extents: tuple[Extent, ...] = ()
    """None where they are so many that the blocks are read instead."""


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One batch of the run: what became of its people, and when."""

    name: str
    sequence: int
    route: str
    people: int
    state: BatchState = "planned"
    why: str = ""
    codes: str = ""
    """Per person of the batch the number of a cause, 0: confirmed; packed. "" where everybody has 0."""
    uploaded: datetime | None = None
    queued: datetime | None = None
    states: tuple[Seen, ...] = ()
    """SharePoint's states, each when it was first seen."""
    settled: datetime | None = None
    cleaned: datetime | None = None
    """None where it wasn't deleted at once: later, or not yet."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What the answer to a batch left of a person: several people share one."""

    refused: dict[str, tuple[str, ...]]
    """Property (`*`: the whole person) → reason and detail."""
    confirmed: tuple[str, ...] = ()
    people: int = 0


@dataclass(frozen=True, slots=True)
class RunPeople:
    """The offset table of a run's people."""

    VERSION: ClassVar[int] = 1

    version: int
    connector: str
    run: str
    made: datetime
    shards: int
    people: int
    """Rows: people with something planned, or left out of the plan."""
    hash: str = ""
    """The same for two plans with the same changes of the same people, where their salt is the same."""
    salt: str = ""
    digests: dict[str, str] = field(default_factory=dict)
    """By number of the people shard, what its part of the plan amounts to."""
    counts: dict[str, int] = field(default_factory=dict)
    """People by label: `set:…`, `changed:…`, `cleared:…`, `escrowed:…`, `declined:…`, each with a property."""
    blocks: tuple[Extent, ...] = ()
    listings: tuple[Listing, ...] = ()
    batches: tuple[BatchRow, ...] = ()
    routes: dict[str, str] = field(default_factory=dict)
    """Property → route, of those that aren't bulk."""
    causes: tuple[Cause, ...] = ()
    refused: tuple[Listing, ...] = ()
    """People whom answers named, by label: `refused:…` and `escrowed:…`."""
    pieces: int = 0
    inline: str = ""
    """The piece 0, in base64."""
    status: str = ""
    """What the run came to where that decides about people: rejected or failed."""
    why: str = ""
