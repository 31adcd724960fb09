"""A secondary source in a dictionary: what an HR system would deliver, without a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.fakes.hooks import Hooks
from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.joined.secondary import compile_key_of
from upa_core.ports.row_source import Closing, Offer

Record = dict[str, str | None]


class FakeRowSource:
    """Implements `RowSource`: every `deliver` is a new snapshot, every `change` names only some rows.

    Operations: look (subject: the cursor), rows (the offer's). `broken` is raised after so many rows.
    """

    def __init__(self, match: Sequence[KeyPart] = (KeyPart("number"),)) -> None:
        self.match = match
        self.hooks = Hooks()
        self._offers: list[tuple[Offer, list[Record]]] = []
        self.broken: tuple[int, Exception] | None = None
        self.can_be_held = False
        self.whole = True
        """No row was set aside."""

    def deliver(self, *rows: Record) -> None:
        """Offer a snapshot: everybody that the system has."""
        self._offers.append((Offer(f"snapshot {len(self._offers) + 1}"), [dict(row) for row in rows]))

    def change(self, *rows: Record) -> None:
        """Offer only what changed."""
        self._offers.append((Offer(f"changes {len(self._offers) + 1}", complete=False), [dict(row) for row in rows]))

    @property
    def last(self) -> list[Record]:
        """The rows of the newest offer, as they were delivered."""
        return [dict(row) for row in self._offers[-1][1]] if self._offers else []

    def look(self, cursor: str, approved: str = "") -> Offer | None:
        """Return the newest offer that isn't accepted; without a cursor, the newest snapshot."""
        with self.hooks.around("look", cursor):
            newest = [offer for offer, _ in self._offers if cursor or offer.complete][-1:]
            return newest[0] if newest and newest[0].cursor != cursor else None

    def rows(self, offer: Offer, columns: Sequence[str]) -> Iterator[tuple[str, Sequence[str | None]]]:
        """Yield the rows of an offer."""
        with self.hooks.around("rows", offer.cursor):
            rows = next(rows for one, rows in self._offers if one == offer)
        key = compile_key_of(self.match, range(len(self.match)))
        for at, row in enumerate(rows):
            if self.broken is not None and at >= self.broken[0]:
                raise self.broken[1]
            yield key([row.get(part.column) for part in self.match]), [row.get(column) for column in columns]
        if self.broken is not None:
            raise self.broken[1]

    def closing(self, offer: Offer) -> Closing:
        """Return what is known of an offer; it is held only where `can_be_held` says so."""
        rows = next(rows for one, rows in self._offers if one == offer)
        name = offer.cursor if self.can_be_held else ""
        return Closing(offer.cursor, name=name, label=offer.cursor, rows=len(rows), whole=self.whole)
