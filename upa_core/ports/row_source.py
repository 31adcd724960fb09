"""A source of rows: a file, a query, a group. A snapshot names everybody that the system has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that a source has and that wasn't accepted yet."""

    cursor: str
    """Names it, for this source alone; where it is the `same`, what the state remembers from now on."""
    complete: bool = True
    """A snapshot; False: only what changed since the cursor that was asked with."""
    same: bool = False
    """It says what was accepted last, to the byte: its rows needn't be read."""
    delivered: datetime | None = None
    """When the system delivered it, where the source knows."""


@dataclass(frozen=True, slots=True)
class Closing:
    """What is known of an offer once its rows were read to their end."""

    cursor: str
    """What the state remembers once the offer is accepted, in the source's own words: a hash, a high-water mark."""
    name: str = ""
    """What an approval names, e.g. the file's hash; "" where the offer is never held for the people it matches."""
    label: str = ""
    """What people call it, e.g. the file's name."""
    rows: int = 0
    """Rows delivered, those set aside included."""
    whole: bool = True
    """Every row counts: only then is somebody who isn't named missing."""
    contradictory: frozenset[str] = frozenset()
    """Keys of which a row was yielded although another row of the file contradicts it."""
    dropped: frozenset[str] = frozenset()
    """Keys of which a row was yielded that turned out to be nobody's, such as a trailer's."""


class RowSource(Protocol):
    """Rows of another system."""

    def look(self, cursor: str, approved: str = "") -> Offer | None:
        """Return what is there that wasn't accepted yet, None where nothing is; "" asks for a whole snapshot.

        `approved` is the name of an offer that was held and that somebody approved since.
        Raises `RetryLaterError` where the source can't be reached, and `FatalError` where it refuses us.
        """

    def rows(self, offer: Offer, columns: Sequence[str]) -> Iterator[tuple[str, Sequence[str | None]]]:
        """Yield each row: its key, as keys are compared, and its cells in the order of `columns`; None: no value.

        The end tells that the offer is complete and may count: it is never reached otherwise. Nothing is kept of an
        offer whose rows ended in an error. Raises `OfferHeldError` where somebody must decide first, `FatalError` where
        what lies there must not be accepted, and as `look`.
        """

    def closing(self, offer: Offer) -> Closing:
        """Return what is known of an offer whose rows were read to their end just now."""
