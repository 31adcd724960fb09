"""A source of rows: a file, a query, a group. A snapshot names everybody in the other system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Offer:
    """Content of a source that isn't accepted yet."""

    cursor: str
    """Its name for this source; where it is the `same`, the state stores this cursor from now on."""
    complete: bool = True
    """True: a snapshot. False: only the changes since the cursor of the request."""
    same: bool = False
    """It is the last accepted content, byte for byte: its rows needn't be read."""
    delivered: datetime | None = None
    """When the other system delivered it, where the source knows."""


@dataclass(frozen=True, slots=True)
class Closing:
    """What is known of an offer after its rows were read to the end."""

    cursor: str
    """The state stores this when the offer is accepted; its form is the source's own: a hash, a high-water mark."""
    name: str = ""
    """The name in an approval, e.g. the file's hash; "" where the offer is never held for the people it matches."""
    label: str = ""
    """People's name for it, e.g. the file's name."""
    rows: int = 0
    """Rows delivered, those set aside included."""
    whole: bool = True
    """Every row counts: only then is a person who isn't named missing."""
    contradictory: frozenset[str] = frozenset()
    """Keys with a row that was yielded although another row of the file contradicts it."""
    dropped: frozenset[str] = frozenset()
    """Keys with a row that was yielded although it belongs to nobody, such as a trailer."""
    touched: frozenset[str] = frozenset()
    """For a source with `AskedRows`: the changed people to whom rows refer, by the column `id`; the rows that refer to
    them are asked for again."""


class AskedRows(Protocol):
    """The second protocol of a source that can be asked for the rows of single people."""

    def ask(self, keys: Sequence[str], columns: Sequence[str]) -> Iterator[tuple[str, Sequence[object]]]:
        """Yield the row of each key as it is now; without any value where there is none. Raises as `RowSource.look`."""


@runtime_checkable
class ExaminedRows(Protocol):
    """What a source offers beside `RowSource` that can be examined before anything of it is read."""

    def header(self) -> Sequence[str] | None:
        """Return the names of its columns, None where nothing is there to look at, () where it can't be read.

        Nothing is kept, and no row is read. Raises `ConfigError` where a driver isn't installed, and as
        `RowSource.look`.
        """


class RowSource(Protocol):
    """Rows of another system."""

    def look(self, cursor: str, approved: str = "") -> Offer | None:
        """Return the next thing that isn't accepted yet, None where there is nothing; "" asks for a whole snapshot.

        `approved` is the name of an offer that was held and that somebody approved since.
        Raises `RetryLaterError` where the source can't be reached, and `FatalError` where it refuses us.
        """

    def rows(self, offer: Offer, columns: Sequence[str]) -> Iterator[tuple[str, Sequence[object]]]:
        """Yield each row: its key in comparable form, and its cells in the order of `columns`; None: no value.

        The end is reached only if the offer is complete and may count. Nothing is kept of an
        offer whose rows ended in an error. Raises `OfferHeldError` where somebody must decide first, `FatalError` where
        what lies there must not be accepted, and as `look`.
        """

    def closing(self, offer: Offer) -> Closing:
        """Return what is known of an offer whose rows were just read to the end."""
