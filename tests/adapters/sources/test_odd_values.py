"""Odd texts of files and databases on their way to profiles: exactly, or refused by name."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from tests.adapters.sources.test_workbook import made as workbook
from tests.crash.scenarios import quick
from tests.support.databases import Run
from tests.support.joined import HR, JoinedWorld
from tests.support.odd_texts import FILLING, NOT_IN_XML, NOT_STORED, ODD, SET_ASIDE, held
from upa_core.adapters.sources.file_rows import FileRows
from upa_core.adapters.sources.folder_place import FolderPlace
from upa_core.adapters.sources.place import Place
from upa_core.adapters.sources.sql_place import Ask, SqlPlace
from upa_core.domain.sources.contract import Contract, FileFormat, KeyPart
from upa_core.state.reports import reports_of

COLUMNS = ("number", "cost")
ZONED = "2024-03-04T03:06:00+00:00"
IN_XML = tuple(text for text in ODD if not set(text) & NOT_IN_XML)


def rows_of(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield a row for each text, and rows of nobody."""
    yield from ((f"E{at}", text) for at, text in enumerate(texts))
    yield from ((f"X{at}", "x") for at in range(FILLING))


def as_csv(texts: Sequence[str]) -> bytes:
    """Return a CSV file whose every cell is quoted."""
    out = StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows([COLUMNS, *rows_of(texts)])
    return out.getvalue().encode()


def as_json(texts: Sequence[str], *, escaped: bool) -> bytes:
    """Return JSON lines: every sign beyond ASCII escaped, or none."""
    people = (dict(zip(COLUMNS, row, strict=True)) for row in rows_of(texts))
    return "".join(json.dumps(one, ensure_ascii=escaped) + "\n" for one in people).encode()


def as_workbook(texts: Sequence[str]) -> bytes:
    """Return a workbook of texts."""
    return workbook(list(COLUMNS), *map(list, rows_of(texts)))


def delivered(place_of: Callable[[JoinedWorld], Place], form: FileFormat, people: int) -> JoinedWorld:
    """Return the tenant after everything of a place has arrived."""
    world = quick(JoinedWorld(people, secondaries=(replace(HR, max_unmatched=100),)))
    world.sim.profiles.define("UpaCost", "string", max_length=100)
    contract = Contract((KeyPart("number"),), ("cost",), format=form, max_unmatched=100)
    world.rows["hr"] = FileRows(place_of(world), contract, world.time, timedelta(0))
    world.settle_down()
    return world


def delivered_file(folder: Path, data: bytes, form: FileFormat, people: int) -> JoinedWorld:
    """Return the tenant after a file has arrived."""

    def place(world: JoinedWorld) -> Place:
        (folder / "people").write_bytes(data)
        os.utime(folder / "people", (world.now.timestamp() - 60,) * 2)
        return FolderPlace(str(folder / "people"))

    return delivered(place, form, people)


def answered(ask: Ask, query: str, people: int) -> JoinedWorld:
    """Return the tenant after a query's answer has arrived."""
    return delivered(lambda world: SqlPlace(ask, query, world.time, 10_000), "jsonl", people)


def profiles(world: JoinedWorld, texts: Sequence[str]) -> dict[str, str]:
    """Return what each text's profile holds."""
    return {text: world.cost(person) for text, person in zip(texts, world.people, strict=True)}


@pytest.mark.parametrize(
    ("form", "write", "texts"),
    [
        ("csv", as_csv, ODD),
        ("jsonl", lambda texts: as_json(texts, escaped=True), ODD),
        ("jsonl", lambda texts: as_json(texts, escaped=False), ODD),
        ("xlsx", as_workbook, IN_XML),
    ],
    ids=["csv", "jsonl escaped", "jsonl", "xlsx"],
)
def test_each_text_of_a_file_arrives_exactly_or_not_at_all(
    tmp_path: Path, form: FileFormat, write: Callable[[Sequence[str]], bytes], texts: Sequence[str]
) -> None:
    """In each format alike; what can't be stored is counted as invalid, and what lost letters isn't sent."""
    world = delivered_file(tmp_path, write(texts), form, len(texts))
    invalid = sum(text in NOT_STORED for text in texts)

    assert profiles(world, texts) == {text: held(text) for text in texts}
    assert [one.counts.invalid for one in reports_of(world.store, world.connector.name)] == [invalid]


def test_each_text_of_a_database_arrives_exactly_or_not_at_all(database: tuple[Ask, Run]) -> None:
    """The same as of a file: SQLite, PostgreSQL, and what SQL Server's bytes carry."""
    ask, change = database
    change("CREATE TABLE IF NOT EXISTS odd (number varchar(20), cost varchar(100))")
    change("DELETE FROM odd")
    places = ", ".join(["(%s, %s)"] * len(ODD))
    change(f"INSERT INTO odd VALUES {places}", *(cell for at, text in enumerate(ODD) for cell in (f"E{at}", text)))
    filling = ", ".join(f"('X{at}', 'x')" for at in range(FILLING))
    change(f"INSERT INTO odd VALUES {filling}")

    world = answered(ask, "SELECT number, cost FROM odd", len(ODD))

    assert profiles(world, ODD) == {text: held(text) for text in ODD}


def test_what_a_database_holds_besides_texts_arrives_as_one_text_or_refuses_the_answer(
    database: tuple[Ask, Run],
) -> None:
    """Numbers, NULL beside an empty text, a column named as a word of SQL; bytes refuse by their column's name."""
    ask, _ = database
    values = {"many digits": ("1234567890123456789",) * 2, "NULL": ("NULL", ""), "empty": ("''", "")}
    if type(ask).__name__ == "PostgresAsk":
        values |= {"char": ("'a'::char(3)", "a  "), "zone": ("'2024-03-04 05:06+02'::timestamptz", ZONED)}
        photo = "'\\x00'::bytea"
    else:
        values |= {"large": ("1e16", "1" + "0" * 16), "zero": ("-0.0", "-0.0")}
        photo = "x'00'"
    selects = [f"SELECT 'E{at}' AS number, {value} AS cost" for at, (value, _) in enumerate(values.values())]

    got = {}
    for at, select in enumerate(selects):
        query = f'SELECT number, cost, 1 AS "select", 2 AS "order" FROM ({select}) AS answered'
        world = answered(ask, query, at + 1)
        got[list(values)[at]] = (world.source.why, world.cost(world.people[at]))
    refused = answered(ask, f"SELECT 'E0' AS number, {photo} AS cost", 1)

    assert got == {name: ("", told) for name, (_, told) in values.items()}
    assert refused.source.why == "the column cost holds bytes, which is no text: cast it in the query"


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("csv", b'number,cost\r\nE0,"a\0b"\r\n'),
        ("jsonl", b'{"number": "E0", "cost": "a\\u0000b"}\n'),
        ("jsonl", b'{"number": "E0", "cost": "a\\ud800b"}\n'),
        ("jsonl", b'{"number": "E0", "cost": "a\\udc00\\ud800b"}\n'),
        ("jsonl", b'{"number": "E0", "cost": "a\xed\xa0\x80b"}\n'),
        ("jsonl", b'{"number": "E0", "cost": NaN}\n'),
        ("csv", b"number,cost\r\nE0,a\xed\xa0\x80b\r\n"),
        ("csv", b"number,cost,Cost\r\nE0,a,b\r\n"),
        ("jsonl", b'{"number": "E0", "cost": "a", "cost": "b"}\n'),
        ("xlsx", workbook(["number", "cost", "cost"], ["E0", "a", "b"])),
    ],
)
def test_what_cant_be_a_text_refuses_the_file(tmp_path: Path, form: FileFormat, data: bytes) -> None:
    """NUL, halves of characters in each spelling, a number that is none, a column or a name twice: nothing is sent."""
    world = delivered_file(tmp_path, data, form, 1)

    assert world.source.why.startswith("people is refused: ")
    assert world.cost(world.people[0]) == ""


def test_numbers_and_truths_of_json_arrive_as_they_are_written(tmp_path: Path) -> None:
    """Twenty digits, a zero with a sign, zeros at the end, an exponent, null beside an empty text."""
    values = {"12345678901234567890": None, "-0": None, "1.50": None, "1E5": None, "true": None, "null": "", '""': ""}
    text = "".join(f'{{"number": "E{at}", "cost": {value}}}\n' for at, value in enumerate(values))
    world = delivered_file(tmp_path, text.encode(), "jsonl", len(values))

    assert profiles(world, list(values)) == {value: value if told is None else told for value, told in values.items()}


def test_what_is_set_aside_is_told_with_its_place(tmp_path: Path) -> None:
    """Each odd text in a file has a finding with line and column; none shows the text."""
    from upa_core.domain.sources.check import check

    verdict = check([as_csv((*NOT_STORED, *SET_ASIDE))], Contract((KeyPart("number"),), ("cost",)))
    lines = {finding.line: finding for finding in verdict.findings if finding.cell == "cost"}

    assert [
        (lines[at + 2].kind, f"U+{ord(text[1]):04X}" in lines[at + 2].message) for at, text in enumerate(NOT_STORED)
    ] == [("doubtful_cell", True)] * len(NOT_STORED)
    assert [lines[at + 2 + len(NOT_STORED)].kind for at in range(len(SET_ASIDE))] == ["damaged_cell"] * len(SET_ASIDE)
