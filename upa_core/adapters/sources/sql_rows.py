"""A database as a source that is read in changes: everybody every few days, and the changes in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from upa_core.adapters.sources.file_rows import FileRows
from upa_core.adapters.sources.sql_place import SqlPlace
from upa_core.domain.errors import CorruptStateError, RefusedError, UnavailableError
from upa_core.domain.sources.contract import Contract
from upa_core.domain.sources.joined.since import Cursor, Value, read_mark, write_mark
from upa_core.ports.clock import Clock
from upa_core.ports.row_source import Closing, Offer


@dataclass(frozen=True, slots=True)
class _Remembered:
    """The state's cursor, beside the last whole answer."""

    mark: Value | None
    read_whole: datetime
    """When everybody was read last."""
    changes: str
    """The hash of the last answer that held changes; its rows are stored."""
    queries: str
    """The hash of both queries."""


class SqlRows:
    """Implements `RowSource`. Only a whole answer shows who is missing: a deleted row is in no answer of changes.

    The mark moves with the rows: both are in the cursor that is remembered once they are stored.
    """

    def __init__(
        self,
        everybody: SqlPlace,
        changes: SqlPlace,
        contract: Contract,
        cursor: Cursor,
        clock: Clock,
        full_every: timedelta,
        queries: str,
    ) -> None:
        """Take both queries. Seven parameters: their contract, and when each is sent.

        Args:
            everybody: the query that names everybody.
            changes: the query with `:since`.
            contract: of both answers.
            cursor: the column, and how far back each query begins.
            clock: the clock.
            full_every: the time between two whole answers.
            queries: a hash of both; with other queries everybody is read.

        """
        self._places = (everybody, changes)
        self._whole = FileRows(everybody, contract, clock, timedelta(0))
        self._part = FileRows(changes, replace(contract, partial=True), clock, timedelta(0))
        self._cursor, self._clock, self._full_every, self._queries = cursor, clock, full_every, queries
        self._offered: tuple[Offer, Offer, str] | None = None

    def look(self, cursor: str, approved: str = "") -> Offer | None:
        """Ask for what changed, or for everybody where that is due."""
        before = _read(cursor) if cursor else None
        now = self._clock.now()
        if (
            before is None
            or before.mark is None
            or before.queries != self._queries
            or now - before.read_whole >= self._full_every
        ):
            return self._everybody(cursor, approved)
        place = self._places[1]
        place.since = self._cursor.begin(before.mark)
        inner = self._part.look("")
        if place.highest is None or place.tag == before.changes:  # no row, or the rows that are stored already
            return Offer(cursor, same=True, delivered=now)
        if inner is None:
            raise UnavailableError("the query's answer can't be read")
        offer = replace(inner, cursor=f"changes {inner.cursor}", complete=False)
        self._offered = offer, inner, cursor
        return offer

    def _everybody(self, cursor: str, approved: str) -> Offer:
        inner = self._whole.look(cursor, approved)
        if inner is None or inner.same:
            same = inner.cursor if inner is not None else cursor
            return Offer(self._accepted(same), same=True, delivered=self._clock.now())
        self._offered = inner, inner, cursor
        return inner

    def header(self) -> Sequence[str]:
        """Return the names of the columns that both queries answer; `:since` is bound to no value."""
        names, changed = (place.columns() for place in self._places)
        there = {name.casefold() for name in changed}
        if missing := [name for name in names if name.casefold() not in there]:
            raise RefusedError(f"`changes` answers no column {', '.join(missing)}, which `query` does")
        return names

    def rows(self, offer: Offer, columns: Sequence[str]) -> Iterator[tuple[str, Sequence[str | None]]]:
        """Yield key and cells of every row of the answer."""
        inner, _ = self._of(offer)
        yield from (self._whole if offer.complete else self._part).rows(inner, columns)

    def closing(self, offer: Offer) -> Closing:
        """Return what is known of the answer; where a row of changes was set aside, the mark doesn't move."""
        inner, cursor = self._of(offer)
        if offer.complete:
            closing = self._whole.closing(inner)
            return replace(closing, cursor=self._accepted(closing.cursor))
        closing, place, before = self._part.closing(inner), self._places[1], _read(cursor)
        mark = _later(before.mark, place.highest) if closing.whole else before.mark
        told = _write(cursor, replace(before, mark=mark, changes=place.tag))
        return replace(closing, cursor=told, name="")

    def _accepted(self, cursor: str) -> str:
        """Return the cursor once a whole answer is accepted."""
        remembered = _Remembered(self._places[0].highest, self._clock.now(), "", self._queries)
        return _write(cursor, remembered, whole=True)

    def _of(self, offer: Offer) -> tuple[Offer, str]:
        if self._offered is None or self._offered[0] != offer:
            raise UnavailableError("the database must be asked again")
        return self._offered[1:]


def _later(one: Value | None, other: Value | None) -> Value | None:
    if one is None or other is None:
        return other if one is None else one
    try:
        return max(one, other)
    except TypeError:  # the column's type was changed
        return other


def _write(cursor: str, one: _Remembered, *, whole: bool = False) -> str:
    """Write the cursor of the last whole answer with what is remembered.

    Once changes were accepted, the stored rows differ from that answer: a new one with the same bytes is read.
    """
    import orjson  # vendor imports are lazy

    held: dict[str, Any] = orjson.loads(cursor)
    if not whole:
        held |= {"sha256": "", "tag": ""}
    mark = write_mark(one.mark) if one.mark is not None else None
    since = {"mark": mark, "whole": one.read_whole, "changes": one.changes, "queries": one.queries}
    return orjson.dumps({**held, "since": since}).decode()


def _read(cursor: str) -> _Remembered:
    """Read a cursor; one without a mark is that of a query without changes."""
    import orjson  # vendor imports are lazy

    try:
        since = orjson.loads(cursor).get("since") or {}
        mark = read_mark(since["mark"]) if since.get("mark") else None
        whole = datetime.fromisoformat(since.get("whole", "1970-01-01T00:00:00+00:00"))
        return _Remembered(mark, whole, since.get("changes", ""), since.get("queries", ""))
    except (ValueError, AttributeError, TypeError) as exc:
        raise CorruptStateError("what was remembered of the database can't be read") from exc
