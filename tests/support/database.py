"""A tenant whose connector joins a database that is read in changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from tests.support.joined import HR, JoinedWorld
from upa_core.adapters.sources.sql_place import Answer, SqlPlace
from upa_core.adapters.sources.sql_rows import SqlRows
from upa_core.domain.sources.contract import Contract
from upa_core.domain.sources.joined.since import Cursor


class Table:
    """Rows of people with the time of their last change; who isn't delivered any more is deleted."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[str | None, datetime]] = {}

    @property
    def last(self) -> list[dict[str, str | None]]:
        return [{"number": number, "cost": cost} for number, (cost, _) in self.rows.items()]

    def deliver(self, now: datetime, *rows: dict[str, str | None]) -> None:
        """Hold these rows from now on."""
        before = self.rows
        self.rows = {}
        for row in rows:
            number, cost = str(row["number"]), row["cost"]
            held = before.get(number)
            self.rows[number] = held if held is not None and held[0] == cost else (cost, now)

    @contextmanager
    def __call__(self, _: str, since: Any = None) -> Iterator[Answer]:
        """Answer as the query says: everybody, or who changed since."""
        rows = [(n, cost, at) for n, (cost, at) in self.rows.items() if since is None or at >= since]
        yield ("number", "cost", "at"), iter(rows)


class DatabaseWorld(JoinedWorld):
    """Its secondary source `hr` is a table of which everybody is read every seven days."""

    def __init__(self, people: int = 0, **connector: Any) -> None:
        super().__init__(people, **connector)
        self.table = Table()
        self.hr = self.table
        full, changed = (SqlPlace(self.table, query, self.time, 1000, "at") for query in ("everybody", "changes"))
        contract = Contract(HR.match, self.connector.columns_of(HR), format="jsonl", max_drop=100)
        self.rows["hr"] = SqlRows(full, changed, contract, Cursor("at"), self.time, timedelta(days=7), "")

    def deliver(self, *rows: dict[str, str | None]) -> None:
        """Let the table hold these rows."""
        self.table.deliver(self.now, *rows)
        for one in rows:
            self.delivered.setdefault(str(one["number"]), set()).add(one["cost"] or "")
