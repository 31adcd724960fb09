"""A secondary source: rows of a file or a query. A snapshot names everybody that the system has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Offer:
    """Something new that a source has."""

    cursor: str
    """What the state remembers once the offer is accepted, in the source's own words: a hash, a high-water mark."""
    complete: bool = True
    """A snapshot; False: only what changed since the cursor that was asked with."""
    name: str = ""
    """What an approval names, e.g. the file's hash; "" where the offer is never held for the people it matches."""


class RowSource(Protocol):
    """Rows of another system."""

    def look(self, cursor: str, approved: str = "") -> Offer | None:
        """Return what is there that wasn't accepted yet, None where nothing is; "" asks for a whole snapshot.

        `approved` is the name of an offer that was held and that somebody approved since.
        Raises `OfferHeldError` where somebody must decide first: its `offer` is that name.
        Raises `RetryLaterError` where the source can't be reached, and `FatalError` where what lies there must not be
        accepted: the last accepted rows stay in force.
        """

    def rows(self, offer: Offer, columns: Sequence[str]) -> Iterator[Sequence[str | None]]:
        """Yield the cells of every row, in the order of `columns`; None: no value.

        The end tells that the offer is complete: it is never reached otherwise. Nothing is kept of an offer whose rows
        ended in an error. The same offer yields the same rows again, or raises.

        Raises as `look`.
        """
