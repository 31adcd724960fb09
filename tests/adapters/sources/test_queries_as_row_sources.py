"""The contract of row sources on queries, read whole and in changes: SQLite, PostgreSQL, SQL Server's bytes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.contracts.row_source_contract import COLUMNS, Keyed, RowSourceContract, RowsWorld
from tests.fakes import FakeClock
from tests.support.databases import Run
from upa_core.adapters.sources.file_rows import FileRows
from upa_core.adapters.sources.sql_place import Ask, SqlPlace
from upa_core.adapters.sources.sql_rows import SqlRows
from upa_core.domain.errors import OfferHeldError
from upa_core.domain.sources.contract import Contract, KeyPart
from upa_core.domain.sources.joined.since import Cursor
from upa_core.ports.row_source import RowSource

CONTRACT = Contract((KeyPart("number"),), COLUMNS, format="jsonl")
EVERYBODY = "SELECT no AS number, name AS cost, at FROM people ORDER BY no"
CHANGES = "SELECT no AS number, name AS cost, at FROM people WHERE at >= :since ORDER BY no"


class QueryWorld(Keyed):
    """A table whose rows were written longer ago than the cursor's lag."""

    def __init__(self, database: tuple[Ask, Run], *, whole: bool) -> None:
        ask, self._run = database
        self._clock = FakeClock()
        everybody, changes = (SqlPlace(ask, query, self._clock, 1000, "at") for query in (EVERYBODY, CHANGES))
        self.source: RowSource = (
            FileRows(everybody, CONTRACT, self._clock, timedelta(0))
            if whole
            else SqlRows(everybody, changes, CONTRACT, Cursor("at"), self._clock, timedelta(days=7), "")
        )

    def deliver(self, *rows: dict[str, str | None]) -> None:
        self.delivered = rows
        self._clock.advance(timedelta(hours=2))
        at = f"{self._clock.now() - timedelta(hours=1):%Y-%m-%d %H:%M:%S}"
        self._run("DELETE FROM people")
        for one in rows:
            self._run("INSERT INTO people (no, name, at) VALUES (%s, %s, %s)", one["number"], one["cost"], at)

    def break_off(self) -> None:
        """Somebody asks again meanwhile, and is answered otherwise: what was offered is gone."""
        self._run("UPDATE people SET name = 'other'")
        assert self.source.look("") is not None


class QueryContract(RowSourceContract):
    """A database always answers."""

    def test_nothing_is_offered_where_nothing_lies(self, rows_world: RowsWorld) -> None:
        """An empty table is an answer that nobody accepts unseen: it never says that everybody left."""
        offer = rows_world.source.look("")
        assert offer is not None

        with pytest.raises(OfferHeldError) as held:
            list(rows_world.source.rows(offer, COLUMNS))
        assert held.value.reasons == ("incomplete_file",)


class TestWhole(QueryContract):
    @pytest.fixture
    def rows_world(self, database: tuple[Ask, Run]) -> QueryWorld:
        return QueryWorld(database, whole=True)


class TestInChanges(QueryContract):
    def test_what_was_accepted_isnt_offered_again(self, rows_world: RowsWorld) -> None:
        """But for the newest rows, which are within the lag: once more, as changes of themselves, then no more."""
        rows_world.deliver({"number": "1", "cost": "a"})
        cursor, told = "", []
        for cost in ("a", "a", "a", "b"):
            if cost == "b":
                rows_world.deliver({"number": "1", "cost": "b"})
            offer = rows_world.source.look(cursor)
            assert offer is not None
            rows = [] if offer.same else [(key, *cells) for key, cells in rows_world.source.rows(offer, COLUMNS)]
            cursor = offer.cursor if offer.same else rows_world.source.closing(offer).cursor
            told.append((offer.complete, offer.same, rows))

        assert told == [
            *((True, False, [("1", "1", "a")]), (False, False, [("1", "1", "a")])),
            *((True, True, []), (False, False, [("1", "1", "b")])),
        ]

    @pytest.fixture
    def rows_world(self, database: tuple[Ask, Run]) -> QueryWorld:
        return QueryWorld(database, whole=False)
