"""The stored table of a run's people: where each row is, how many people of each kind, and the results.

The rows themselves are in pieces beside it, in blocks; a small run's rows are in the table.
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
"""`settled`: everybody is confirmed except those with a code; `unknown`: nobody is."""
INLINE = 0
"""The piece that is stored in the table itself."""


def run_people_key(run: str) -> str:
    """Return the key of the table of a run's people."""
    return f"{run_folder(run)}people.json"


def rows_key(connector: str, run: str, piece: int) -> str:
    """Return the key of a piece of the rows of a run's people; it has the connector's name, as import files do."""
    return f"{run_folder(run)}rows/{file_name(connector, run, piece)}"


def shards_key(run: str) -> str:
    """Return the key of the shards of a run's plan."""
    return f"{run_folder(run)}shards"


@dataclass(frozen=True, slots=True)
class Extent:
    """A block of rows: compressed, readable by itself."""

    piece: int
    at: int
    """Its offset in bytes."""
    size: int
    """Bytes."""
    rows: int
    shards: tuple[int, ...] = added(())
    """The people shards whose people it holds, by number."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The people with one label, such as `cleared:UpaTitle`, stored together."""

    label: str
    people: int
    extents: tuple[Extent, ...] = ()
    """None where they are so many that all blocks are read instead."""


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One batch of the run: its result and its moments."""

    name: str
    sequence: int
    route: str
    people: int
    state: BatchState = "planned"
    why: str = ""
    codes: str = ""
    """For each person of the batch the number of a cause, 0: confirmed; packed. "" where everybody has 0."""
    uploaded: datetime | None = None
    queued: datetime | None = None
    states: tuple[Seen, ...] = ()
    """SharePoint's states, each when it was first seen."""
    settled: datetime | None = None
    cleaned: datetime | None = None
    """None where it wasn't deleted at once."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A result that several people of a batch share."""

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
    """Rows: people with a planned value, or with one left out of the plan."""
    hash: str = ""
    """Equal for two plans with the same changes of the same people, if salt and number of shards are equal."""
    salt: str = ""
    digests: dict[str, str] = field(default_factory=dict)
    """By number of the people shard, the digest of its part of the plan."""
    counts: dict[str, int] = field(default_factory=dict)
    """People by label: `set:…`, `changed:…`, `cleared:…`, `escrowed:…`, `declined:…`, each with a property."""
    blocks: tuple[Extent, ...] = ()
    listings: tuple[Listing, ...] = ()
    batches: tuple[BatchRow, ...] = ()
    routes: dict[str, str] = field(default_factory=dict)
    """Property → route, without the properties of the bulk route."""
    causes: tuple[Cause, ...] = ()
    refused: tuple[Listing, ...] = ()
    """People whom answers named, by label: `refused:…` and `escrowed:…`."""
    pieces: int = 0
    inline: str = ""
    """The piece 0, in base64."""
    status: str = ""
    """How the run ended, where that decides about people: rejected or failed."""
    why: str = ""
