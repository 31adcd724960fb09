"""A query as a source, by SQLite, a server of PostgreSQL, and SQL Server's bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeClock
from tests.support.databases import TABLE, Run, administer, changing
from upa_core.adapters.sources import postgres_values
from upa_core.adapters.sources.file_rows import FileRows
from upa_core.adapters.sources.sql_drivers import PostgresAsk, SqliteAsk
from upa_core.adapters.sources.sql_place import MAX_CELL, Ask, SqlPlace, text_of
from upa_core.domain.errors import AccessDeniedError, OfferHeldError, RefusedError, UnavailableError
from upa_core.domain.sources.contract import Contract, KeyPart

CONTRACT = Contract((KeyPart("no"),), ("name", "grade"), format="jsonl")
QUERY = "SELECT no, name, grade FROM people ORDER BY no"


def source(ask: Ask, query: str = QUERY, most: int = 1000) -> FileRows:
    clock = FakeClock()
    return FileRows(SqlPlace(ask, query, clock, most), CONTRACT, clock, timedelta(0))


def taken(made: FileRows, cursor: str = "") -> tuple[str, list[tuple[str, list[str | None]]]]:
    """Look and read everything; returns the new cursor and the rows."""
    offer = made.look(cursor)
    assert offer is not None
    rows = [(key, list(cells)) for key, cells in made.rows(offer, ("name", "grade"))]
    return made.closing(offer).cursor, rows


def test_an_answer_is_a_snapshot(database: tuple[Ask, Run]) -> None:
    """Rows come as texts, NULL is no value; the same answer again is nothing new, another one is."""
    ask, change = database
    for number in range(3):
        change(
            "INSERT INTO people (no, name, grade) VALUES (%s, %s, %s)", f"{number:05d}", "Müller", None if number else 7
        )
    cursor, rows = taken(source(ask))
    assert rows == [("00000", ["Müller", "7"]), ("00001", ["Müller", None]), ("00002", ["Müller", None])]

    assert source(ask).look(cursor) is None
    change("UPDATE people SET grade = 8 WHERE no = %s", "00001")
    assert taken(source(ask), cursor)[1][1] == ("00001", ["Müller", "8"])


def test_an_answer_that_lost_people_is_held(database: tuple[Ask, Run]) -> None:
    """The file contract holds for queries too: a view that lost its join changes nobody."""
    ask, change = database
    change("INSERT INTO people (no, name, grade) SELECT '1', 'a', 1 UNION ALL SELECT '2', 'b', 2")
    cursor, _ = taken(source(ask))
    change("DELETE FROM people WHERE no = %s", "2")

    with pytest.raises(OfferHeldError) as held:
        taken(source(ask), cursor)
    assert held.value.reasons == ("incomplete_file",)


def test_a_query_can_change_nothing(database: tuple[Ask, Run]) -> None:
    """The transaction only reads, whatever the text is."""
    ask, change = database
    change("INSERT INTO people (no, name, grade) VALUES (%s, %s, %s)", "1", "a", 1)
    for text in (
        "DELETE FROM people RETURNING no",
        "WITH gone AS (DELETE FROM people RETURNING no) SELECT no FROM gone",
    ):
        with pytest.raises(RefusedError):
            source(ask, text).look("")
    assert source(ask).look("") is not None


def test_a_wrong_query_and_too_many_rows_are_refused(database: tuple[Ask, Run]) -> None:
    """Two columns of one name, a table that isn't there, more rows than allowed."""
    ask, change = database
    change("INSERT INTO people (no, name, grade) SELECT '1', 'a', 1 UNION ALL SELECT '2', 'b', 2")
    for text, told in (("SELECT no, name AS no FROM people", "alike"), ("SELECT no FROM nowhere", "refuse|failed")):
        with pytest.raises(RefusedError, match=told):
            source(ask, text).look("")
    with pytest.raises(RefusedError, match="more than 1 rows"):
        source(ask, most=1).look("")


def test_a_cell_has_a_longest_length(database: tuple[Ask, Run]) -> None:
    """The same as in a file: the longest is read, one more character is refused by its column's name."""
    ask, change = database
    change("INSERT INTO people (no, name) VALUES (%s, %s)", "1", "short")
    text = {"SqliteAsk": f"substr(hex(zeroblob({MAX_CELL})), 1, {MAX_CELL})", "PostgresAsk": f"repeat('0', {MAX_CELL})"}
    longest = text.get(type(ask).__name__, text["SqliteAsk"])

    assert taken(source(ask, f"SELECT no, {longest} AS name, grade FROM people"))[1] == [("1", ["0" * MAX_CELL, None])]
    with pytest.raises(RefusedError, match="the column name holds more than 131,072 characters") as refused:
        source(ask, f"SELECT no, {longest} || 'x' AS name, grade FROM people").look("")
    assert "000" not in str(refused.value).replace("131,072", "")


def test_a_large_answer_comes_in_portions(postgres: PostgresAsk) -> None:
    """More rows than one portion, each once and in order."""
    with postgres("SELECT n FROM generate_series(1, 2500) AS n") as (names, rows):
        assert (list(names), [row[0] for row in rows]) == (["n"], list(range(1, 2501)))


def test_a_server_that_refuses_or_isnt_there(postgres: PostgresAsk) -> None:
    """A wrong password needs an administrator, a server that is away needs time; neither text holds the password."""
    wrong = PostgresAsk(postgres.host, "postgres", "upa", "falsch", postgres.port, tls=False)
    with pytest.raises(AccessDeniedError) as denied, wrong("SELECT 1"):
        pass
    away = PostgresAsk("127.0.0.1", "postgres", "upa", "geheim", 1, tls=False)
    with pytest.raises(UnavailableError) as gone, away("SELECT 1"):
        pass
    assert "falsch" not in str(denied.value) + repr(wrong)
    assert "geheim" not in str(gone.value)


def test_values_of_a_database_as_texts() -> None:
    """Always the same text; what is no value is refused by its column."""
    values = [None, "00123", True, 7, Decimal("1E+3"), 0.1, date(2024, 3, 4), datetime(2024, 3, 4, 5, 6)]  # noqa: DTZ001
    numbers = [1e16, 1e-7, -0.0, 1.5, Decimal("-0"), Decimal("12345678901234567890"), Decimal("1.50")]

    assert [text_of("x", value) for value in values] == [
        *(None, "00123", "true", "7", "1000", "0.1", "2024-03-04", "2024-03-04T05:06:00"),
    ]
    assert [text_of("x", value) for value in numbers] == [
        *("10000000000000000", "0.0000001", "-0.0", "1.5", "-0", "12345678901234567890", "1.50"),
    ]
    with pytest.raises(RefusedError, match="the column photo holds bytes"):
        text_of("photo", b"x")
    for no_number in (float("nan"), float("-inf"), Decimal("NaN"), Decimal("Infinity")):
        with pytest.raises(RefusedError, match=r"the column x holds .*, which is no number"):
            text_of("x", no_number)


def test_a_text_that_sqlite_cant_decode_is_named_by_its_column_alone(tmp_path: Path) -> None:
    """SQLite's own message ends with the value."""
    change = changing(tmp_path / "hr.db")
    change(TABLE)
    change("INSERT INTO people (no, name) VALUES ('1', CAST(x'416e6e61ff' AS TEXT))")

    with pytest.raises(RefusedError) as refused:
        source(SqliteAsk(str(tmp_path / "hr.db"))).look("")
    assert str(refused.value) == "the column name holds a text that isn't UTF-8: cast it in the query"


POSTGRES = {
    "12345678901234567890.50": "12345678901234567890.50",
    "'-0'::float8": "-0.0",
    "1e20::float8": "1" + "0" * 20,
    "0.1::real": "0.1",
    "'abc'::char(6)": "abc   ",
    "'2024-03-04 05:06:07.123456+02'::timestamptz": "2024-03-04T03:06:07.123456+00:00",
    "'2024-03-04 05:06:07'::timestamp": "2024-03-04T05:06:07",
    "'2024-03-04'::date": "2024-03-04",
    "'0044-03-15 10:00 BC'::timestamp": "0044-03-15 10:00:00 BC",
    "'0044-03-15 BC'::date": "0044-03-15 BC",
    "'12000-01-01'::date": "12000-01-01",
    "'infinity'::timestamptz": "infinity",
    "'24:00:00'::time": "24:00:00",
    "'05:06:07+02'::timetz": "05:06:07+02",
    """'"x"'::json""": "x",
    "'12345678901234567890.123'::json": "12345678901234567890.123",
    "'null'::jsonb": None,
    "true": "true",
    "''": "",
    "NULL": None,
    "E'\\x01'": "\x01",
}
"""By expression: the text."""


def one_row(ask: PostgresAsk, expressions: Iterable[str]) -> list[Any]:
    with ask(f"SELECT {', '.join(f'{one} AS c{at}' for at, one in enumerate(expressions))}") as (_, rows):
        return list(next(rows))


def test_each_type_of_postgresql_has_one_text(postgres: PostgresAsk) -> None:
    """No digit is lost, no year BC becomes one of ours, and what Python has no value for stays as it is written."""
    values = one_row(postgres, POSTGRES)

    assert [text_of("x", value) for value in values] == list(POSTGRES.values())


def test_what_has_no_text_is_refused_by_its_column(postgres: PostgresAsk) -> None:
    """An amount in the server's language, a list, an interval, bytes, a number that is none."""
    expressions = ["1234.5::money", "ARRAY['a']", "'{\"a\": 1}'::jsonb", "'1 day'::interval", "'\\xDE'::bytea"]
    expressions += ["'NaN'::numeric", "'infinity'::float8"]
    for value in one_row(postgres, expressions):
        with pytest.raises(RefusedError, match="the column x holds"):
            text_of("x", value)


def test_no_setting_of_the_server_changes_a_value(postgres: PostgresAsk) -> None:
    """Dates in German, fewer digits, another zone: the texts are the same."""
    settings = {"datestyle": "German, DMY", "extra_float_digits": "-15", "timezone": "Asia/Tokyo"}
    settings |= {"bytea_output": "escape", "intervalstyle": "iso_8601"}
    odd = replace(postgres, user="odd", password="odd")
    administer(postgres, "CREATE ROLE odd LOGIN PASSWORD 'odd'")
    for name, value in settings.items():
        administer(postgres, f"ALTER ROLE odd SET {name} TO '{value}'")
    try:
        values = one_row(odd, [*POSTGRES, "1/3::float8", "current_setting('timezone')"])
    finally:
        administer(postgres, "DROP ROLE odd")

    assert [text_of("x", value) for value in values] == [*POSTGRES.values(), "0.3333333333333333", "Asia/Tokyo"]


def test_a_value_that_the_driver_cant_read_is_refused_without_it(
    postgres: PostgresAsk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the driver says quotes the value."""
    monkeypatch.setattr(postgres_values, "_READERS", {1043: int})

    with pytest.raises(RefusedError, match="answers a value that the driver can't read") as refused:
        one_row(postgres, ["'Secret'::varchar"])
    assert "Secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("code", "told"),
    [("42P01", True), ("42703", True), ("22P02", False), ("23505", False), ("P0001", False), ("HV000", False)],
)
def test_only_what_postgresql_says_about_the_query_is_shown(code: str, told: bool) -> None:
    """A table's name helps; a cast, a constraint, a function's own error or another server may quote a row."""
    ask = PostgresAsk("db.example", "hr", "upa", "geheim")
    error = ask._error(Exception({"C": code, "M": "something about Ada"}))

    assert isinstance(error, RefusedError)
    assert str(error).startswith(f"db.example refuses the query ({code})")
    assert ("something about Ada" in str(error)) == told
    assert ("whose log has the reason" in str(error)) != told
