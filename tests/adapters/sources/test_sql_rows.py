"""A database that is read in changes, by SQLite, a server of PostgreSQL, and SQL Server's bytes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes import FakeClock
from tests.support.databases import Run
from upa_core.adapters.sources.file_rows import FileRows
from upa_core.adapters.sources.sql_place import Ask, SqlPlace
from upa_core.adapters.sources.sql_rows import SqlRows
from upa_core.domain.errors import CorruptStateError, OfferHeldError, RefusedError
from upa_core.domain.sources.contract import Contract, KeyPart
from upa_core.domain.sources.joined.since import Cursor

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
CONTRACT = Contract((KeyPart("no"),), ("name", "grade"), format="jsonl")
EVERYBODY = "SELECT no, name, grade, at FROM people ORDER BY no"
CHANGES = "SELECT no, name, grade, at FROM people WHERE at >= :since AND name <> ':since' ORDER BY no"
Rows = dict[str, tuple[str | None, ...]]


class Database:
    """A table of people with the time of each change, and the source that reads it."""

    def __init__(self, ask: Ask, run: Run) -> None:
        self.run, self.clock = run, FakeClock(NOW)
        self.sent: list[str] = []

        def noted(query, since=None):
            self.sent.append("changes" if since is not None else "everybody")
            return ask(query, since)

        self._ask = noted
        self.cursor = ""

    def source(self, *, changes: str = CHANGES, lag: timedelta = timedelta(minutes=10)) -> SqlRows:
        """Return the source in another process."""
        full, changed = (SqlPlace(self._ask, query, self.clock, 1000, "at") for query in (EVERYBODY, changes))
        return SqlRows(full, changed, CONTRACT, Cursor("at", lag), self.clock, timedelta(days=7), changes)

    def put(self, no: str, name: str, *, ago: timedelta | None = timedelta(0), at: datetime | None = None) -> None:
        """Write a row, so long ago, or without a time."""
        when = at or (self.clock.now() - ago if ago is not None else None)
        text = f"{when:%Y-%m-%d %H:%M:%S}" if when else None
        self.run("DELETE FROM people WHERE no = %s", no)
        self.run("INSERT INTO people (no, name, grade, at) VALUES (%s, %s, NULL, %s)", no, name, text)

    def take(self, source: SqlRows | None = None) -> tuple[bool, Rows] | None:
        """Look, read and store; None where nothing is new, else whether everybody was named, and the rows."""
        source = source or self.source()
        offer = source.look(self.cursor)
        assert offer is not None
        if offer.same:
            self.cursor = offer.cursor
            return None
        rows = {key: tuple(cells) for key, cells in source.rows(offer, ("name", "grade"))}
        self.cursor = source.closing(offer).cursor
        return offer.complete, rows


@pytest.fixture
def hr(database: tuple[Ask, Run]) -> Database:
    made = Database(*database)
    for number in range(1, 6):
        made.put(f"{number:05d}", "a", ago=timedelta(days=number))
    assert made.take() == (True, {f"{number:05d}": ("a", None) for number in range(1, 6)})
    assert made.take() == (False, {"00001": ("a", None)})  # the newest is within the lag
    made.sent.clear()
    return made


def test_only_what_changed_is_read_until_everybody_is_due(hr: Database) -> None:
    """Nothing new is no offer; a changed row is one; after seven days everybody is read again."""
    hr.clock.advance(timedelta(hours=1))
    hr.put("00003", "b")
    assert hr.take() == (False, {"00001": ("a", None), "00003": ("b", None)})
    assert hr.take() == (False, {"00003": ("b", None)})
    assert hr.take() is None
    assert hr.sent == ["changes"] * 3

    hr.clock.advance(timedelta(days=7))
    assert hr.take() == (True, {f"{n:05d}": ("b" if n == 3 else "a", None) for n in range(1, 6)})


def test_a_row_that_becomes_visible_late_is_met_within_the_lag(hr: Database) -> None:
    """Its time is older than the newest that was read: the next query begins ten minutes before that."""
    hr.clock.advance(timedelta(hours=1))
    hr.put("00001", "b")
    hr.take()
    hr.clock.advance(timedelta(minutes=5))
    hr.put("00002", "late", ago=timedelta(minutes=12))

    assert hr.take() == (False, {"00001": ("b", None), "00002": ("late", None)})


def test_a_row_of_the_future_hides_no_change(hr: Database) -> None:
    """A clock that is wrong by a year moves the mark no further than now."""
    hr.clock.advance(timedelta(hours=1))
    hr.put("00001", "from the future", ago=timedelta(days=-365))
    hr.take()
    hr.clock.advance(timedelta(hours=1))
    hr.put("00002", "b")

    assert hr.take() == (False, {"00001": ("from the future", None), "00002": ("b", None)})


def test_only_a_whole_answer_tells_who_is_gone(hr: Database) -> None:
    """A deleted row is no change; the whole answer that lacks it is held as any file that lost people."""
    hr.clock.advance(timedelta(hours=1))
    hr.run("DELETE FROM people WHERE no = %s", "00005")
    assert hr.take() is None

    hr.clock.advance(timedelta(days=7))
    with pytest.raises(OfferHeldError, match="incomplete_file"):
        hr.take()


def test_the_same_bytes_as_the_last_whole_answer_are_read_once_changes_were_stored(hr: Database) -> None:
    """A row went a → b → a, and the way back bore no new time: the whole answer says so."""
    before = "2026-11-21 10:15:00"
    hr.clock.advance(timedelta(hours=1))
    hr.put("00001", "b")
    assert hr.take() == (False, {"00001": ("b", None)})
    hr.run("UPDATE people SET name = 'a', at = %s WHERE no = %s", before, "00001")
    hr.clock.advance(timedelta(days=7))

    told = hr.take()
    assert told is not None
    assert told[1]["00001"] == ("a", None)
    hr.clock.advance(timedelta(days=7))
    assert hr.take() is None


def test_who_dies_before_the_rows_are_stored_reads_them_again(hr: Database) -> None:
    """The mark is part of the cursor, and nothing else remembers it."""
    hr.clock.advance(timedelta(hours=1))
    hr.put("00003", "b")
    kept = hr.cursor
    first = hr.take()
    hr.cursor = kept

    assert hr.take() == first == (False, {"00001": ("a", None), "00003": ("b", None)})


def test_a_row_that_was_set_aside_keeps_the_mark_where_it_was(hr: Database) -> None:
    """The other rows count at once; it is read again until it is put right, however old it is by then."""
    hr.clock.advance(timedelta(hours=1))
    hr.put("00001", "#REF!")
    hr.put("00002", "b")
    assert hr.take() == (False, {"00002": ("b", None)})
    hr.clock.advance(timedelta(hours=5))
    hr.put("00003", "c")
    assert hr.take() == (False, {"00002": ("b", None), "00003": ("c", None)})
    hr.run("UPDATE people SET name = 'right' WHERE no = %s", "00001")

    assert hr.take() == (False, {"00001": ("right", None), "00002": ("b", None), "00003": ("c", None)})
    hr.clock.advance(timedelta(hours=1))
    hr.put("00004", "d")
    assert hr.take() == (False, {"00003": ("c", None), "00004": ("d", None)})
    hr.put("00005", "e")
    assert hr.take() == (False, {"00004": ("d", None), "00005": ("e", None)})


def test_few_rows_are_judged_by_no_share(hr: Database) -> None:
    """One row in two without a value, or two that contradict each other, say nothing of the table."""
    hr.clock.advance(timedelta(hours=1))
    hr.put("00001", "b")
    hr.run("INSERT INTO people (no, name, at) SELECT no, 'c', at FROM people WHERE no = %s", "00001")
    source = hr.source()
    offer = source.look(hr.cursor)
    assert offer is not None
    assert [key for key, _ in source.rows(offer, ("name",))][:1] == ["00001"]
    assert source.closing(offer).contradictory == {"00001"}


def test_other_queries_and_a_table_without_times_are_read_whole(hr: Database) -> None:
    """A cursor is one of both queries; where no row has a time there is none, and nothing is missed."""
    hr.clock.advance(timedelta(hours=1))
    told = hr.take(hr.source(changes=f"{CHANGES}, name"))
    assert told is not None
    assert told[0]
    hr.run("UPDATE people SET at = NULL")
    hr.clock.advance(timedelta(days=8))
    hr.take()
    hr.put("00001", "b", ago=None)
    assert hr.take() == (True, {f"{n:05d}": ("b" if n == 1 else "a", None) for n in range(1, 6)})


def test_a_source_that_had_no_cursor_goes_on_with_one_and_back(hr: Database) -> None:
    """What one form remembered is what the other compares with: nobody's rows are given up."""
    hr.clock.advance(timedelta(hours=1))
    plain = FileRows(SqlPlace(hr._ask, EVERYBODY, hr.clock, 1000), CONTRACT, hr.clock, timedelta(0))
    offer = plain.look(hr.cursor)
    assert offer is not None
    assert len(list(plain.rows(offer, ("name",)))) == 5
    hr.cursor = plain.closing(offer).cursor
    assert hr.take() is None
    assert hr.sent[-1] == "everybody"
    hr.cursor = "changes 7"
    with pytest.raises(CorruptStateError):
        hr.take()


def test_a_cursor_that_isnt_answered_or_has_no_order_is_refused(hr: Database) -> None:
    """The column is named; nobody's value is."""
    places = [SqlPlace(hr._ask, EVERYBODY, hr.clock, 1000, column) for column in ("changed", "name")]
    with pytest.raises(RefusedError, match="answers no column changed"):
        SqlRows(places[0], places[1], CONTRACT, Cursor("changed"), hr.clock, timedelta(days=7), "").look("")
    source = SqlRows(places[1], places[1], CONTRACT, Cursor("name"), hr.clock, timedelta(days=7), "")
    offer = source.look("")
    assert offer is not None
    list(source.rows(offer, ("name",)))
    with pytest.raises(RefusedError, match="name holds text that is no time"):
        source.look(source.closing(offer).cursor)
