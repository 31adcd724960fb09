"""The doctor's look at sources: files and a database, with everything that may be wrong with them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from tests.fakes import FakeClock
from tests.support.databases import changing
from tests.support.joined import HR, JoinedWorld
from upa_core.adapters.sources.file_rows import FileRows
from upa_core.adapters.sources.folder_place import FolderPlace
from upa_core.adapters.sources.sql_drivers import PostgresAsk, SqliteAsk
from upa_core.adapters.sources.sql_place import Ask, SqlPlace
from upa_core.adapters.sources.sql_rows import SqlRows
from upa_core.adapters.sources.sql_server import SqlServerAsk
from upa_core.domain.sources.contract import Contract, FileFormat, KeyPart
from upa_core.domain.sources.joined.since import Cursor
from upa_core.ports.inspection import Inspection
from upa_core.ports.row_source import RowSource
from upa_core.services.doctor.sources import check_sources

EVERYBODY = "SELECT number, cost, at FROM people"
CHANGES = "SELECT number, cost, at FROM people WHERE at >= :since"


def examined(source: RowSource) -> tuple[str, str, str]:
    """Return severity, evidence and fix for the only source of a connector."""
    world = JoinedWorld(1)
    world.rows["hr"] = source
    (found,) = check_sources(world.ports(), world.connector, cast("Inspection", None))
    return found.severity, found.evidence, found.fix


def files(folder: Path, form: FileFormat = "csv") -> FileRows:
    contract = Contract((KeyPart("number"),), ("cost",), format=form)
    return FileRows(FolderPlace(str(folder / "people-*")), contract, FakeClock(), timedelta(minutes=2))


def query(ask: Ask, everybody: str = EVERYBODY, changes: str = CHANGES) -> SqlRows:
    places = [SqlPlace(ask, text, FakeClock(), 1000, "at") for text in (everybody, changes)]
    contract = Contract((KeyPart("number"),), ("cost",), format="jsonl")
    return SqlRows(places[0], places[1], contract, Cursor("at"), FakeClock(), timedelta(days=7), "")


@pytest.mark.parametrize(
    ("form", "text"), [("csv", "Cost ;NUMBER\r\nx;1\r\n"), ("jsonl", '{"number": "1", "cost": "x"}\n')]
)
def test_a_file_that_is_as_it_should_be(tmp_path: Path, form: FileFormat, text: str) -> None:
    """Its columns are there, whatever letter case they are in."""
    (tmp_path / "people-1").write_text(text)

    assert examined(files(tmp_path, form)) == ("ok", "hr: can be read, and has all 2 columns that are used", "")


@pytest.mark.parametrize(
    ("content", "severity", "evidence", "fix"),
    [
        (None, "info", "hr: not checked: the place can be read, and holds no such file", "have it delivered"),
        ("number,costs\r\n", "error", "hr: has no column cost", "write costs for cost"),
        ("Anna,Secret\r\n", "error", "hr: has no column number, cost", "have it delivered with a header"),
        ("", "error", "hr: its first line can't be read", "upa source check FILE"),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path: Path, content: str | None, severity: str, evidence: str, fix: str) -> None:
    """The nearest name is shown, and no value of anybody where the header was forgotten."""
    if content is not None:
        (tmp_path / "people-1").write_text(content)
    found = examined(files(tmp_path))

    assert found[:2] == (severity, evidence)
    assert fix in found[2]
    assert "Secret" not in "".join(found)


def test_a_place_that_isnt_there(tmp_path: Path) -> None:
    """It is named, and what to correct."""
    severity, evidence, fix = examined(files(tmp_path / "gone"))

    assert (severity, evidence) == ("error", f"hr: the folder {tmp_path / 'gone'} isn't there")
    assert fix.startswith("correct this source")


@pytest.fixture
def hr(tmp_path: Path) -> SqliteAsk:
    change = changing(tmp_path / "hr.db")
    change("CREATE TABLE people (number text, cost text, at text, secret text)")
    change("INSERT INTO people VALUES ('1', 'Secret', '2026-11-22 10:00:00', 'Secret')")
    return SqliteAsk(str(tmp_path / "hr.db"))


def test_a_database_that_accepts_both_queries(hr: SqliteAsk) -> None:
    """`:since` is bound to nothing, and no row is read."""
    asked: list[Sequence[object]] = []

    class Noting:
        def __call__(self, text, since=None):
            asked.append((text, since))
            return hr(text, since)

    assert examined(query(Noting()))[0] == "ok"
    assert asked == [(EVERYBODY, None), (CHANGES, None)]


@pytest.mark.parametrize(
    ("everybody", "changes", "evidence"),
    [
        ("SELECT number, at FROM people", "SELECT number, at FROM people WHERE at > :since", "hr: has no column cost"),
        ("SELECT number, cost FROM people", CHANGES, "hr: the query answers no column at, which the cursor is"),
        (EVERYBODY, "SELECT number, at FROM people WHERE at > :since", "hr: `changes` answers no column cost"),
        ("SELECT number FROM nowhere", CHANGES, "hr: the query failed: no such table: nowhere"),
        ("DELETE FROM people RETURNING number, cost, at", CHANGES, "hr: the query failed: attempt to write"),
    ],
)
def test_what_is_wrong_with_a_query(hr: SqliteAsk, everybody: str, changes: str, evidence: str) -> None:
    """A statement that the database refuses, and columns that it doesn't answer."""
    found = examined(query(hr, everybody, changes))

    assert found[0] == "error"
    assert found[1].startswith(evidence)
    assert "Secret" not in "".join(found)


@pytest.mark.parametrize(
    ("ask", "module", "extra"),
    [
        (PostgresAsk("db", "hr", "upa", "geheim"), "pg8000", "postgresql"),
        (SqlServerAsk("db", "hr", "upa", "geheim"), "pytds", "sql-server"),
    ],
)
def test_a_driver_that_isnt_installed(monkeypatch: pytest.MonkeyPatch, ask: Ask, module: str, extra: str) -> None:
    """What to install, here and in Azure."""
    monkeypatch.setitem(sys.modules, module, None)
    severity, evidence, fix = examined(query(ask))

    assert severity == "error"
    assert evidence.endswith(f"pip install 'upa-sync[{extra}]'")
    assert "requirements.txt" in fix


def test_a_server_that_is_away_is_a_warning() -> None:
    """It may be there in a while; the password isn't shown."""
    severity, evidence, _ = examined(query(PostgresAsk("127.0.0.1", "hr", "upa", "geheim", 1, tls=False)))

    assert (severity, evidence) == ("warning", "hr: 127.0.0.1 can't be reached")


def test_what_graph_answers_isnt_checked() -> None:
    """That is said."""
    world = JoinedWorld(1)
    (found,) = check_sources(world.ports(), world.connector, cast("Inspection", None))

    assert (found.severity, found.evidence.partition(": ")[2]) == (
        "info",
        "not checked: Graph answers it, not a file or a query",
    )
    assert HR.name in found.fix
