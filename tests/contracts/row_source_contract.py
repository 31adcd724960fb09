"""What the port `RowSource` promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pytest

from upa_core.domain.errors import RetryLaterError
from upa_core.ports.row_source import Offer, RowSource

COLUMNS = ("number", "cost")


class RowsWorld(Protocol):
    """A row source and the system behind it."""

    source: RowSource
    columns: Sequence[str]
    """Two of them."""

    def expected(self, columns: Sequence[str]) -> list[tuple[str, list[object]]]:
        """Return what the rows of the newest offer are."""

    def deliver(self, *rows: dict[str, str | None]) -> None:
        """Let the system offer a snapshot."""

    def break_off(self) -> None:
        """Let reading fail after the first row until further notice."""


class Keyed:
    """What a world of files is: rows come as they were delivered."""

    columns: Sequence[str] = COLUMNS
    delivered: tuple[dict[str, str | None], ...] = ()

    def expected(self, columns: Sequence[str]) -> list[tuple[str, list[object]]]:
        """Return the rows delivered last."""
        return [(str(row["number"]), [row[name] for name in columns]) for row in self.delivered]


def _read(world: RowsWorld, offer: Offer, columns: Sequence[str] = ()) -> list[tuple[str, list[object]]]:
    return sorted((key, list(cells)) for key, cells in world.source.rows(offer, columns or world.columns))


class RowSourceContract:
    """Subclass it with a fixture `rows_world` that offers nothing yet."""

    def test_nothing_is_offered_where_nothing_lies(self, rows_world: RowsWorld) -> None:
        """No file yet is no error."""
        assert rows_world.source.look("") is None

    def test_an_offer_yields_the_cells_in_the_order_asked_for(self, rows_world: RowsWorld) -> None:
        """Its key beside them, as keys are compared; None for no value; again as often as it is asked."""
        rows_world.deliver({"number": "007", "cost": None}, {"number": "8", "cost": "1E5"})
        offer = rows_world.source.look("")
        assert offer is not None

        for _ in range(2):
            assert _read(rows_world, offer) == rows_world.expected(rows_world.columns)
        assert _read(rows_world, offer, rows_world.columns[1:]) == rows_world.expected(rows_world.columns[1:])
        assert (rows_world.source.closing(offer).rows, rows_world.source.closing(offer).whole) == (2, True)

    def test_what_was_accepted_isnt_offered_again(self, rows_world: RowsWorld) -> None:
        """The newer one is."""
        rows_world.deliver({"number": "1", "cost": "a"})
        first = rows_world.source.look("")
        assert first is not None
        assert first.complete
        _read(rows_world, first)
        cursor = rows_world.source.closing(first).cursor
        again = rows_world.source.look(cursor)
        assert again is None or again.same
        rows_world.deliver({"number": "1", "cost": "b"})
        second = rows_world.source.look(cursor)

        assert second is not None
        assert _read(rows_world, second) == rows_world.expected(rows_world.columns)
        assert rows_world.source.closing(second).cursor != cursor

    def test_rows_that_break_off_never_look_complete(self, rows_world: RowsWorld) -> None:
        """Their end is an error."""
        rows_world.deliver({"number": "1", "cost": "a"}, {"number": "2", "cost": "b"})
        offer = rows_world.source.look("")
        assert offer is not None
        rows_world.break_off()

        with pytest.raises(RetryLaterError):
            list(rows_world.source.rows(offer, rows_world.columns))
