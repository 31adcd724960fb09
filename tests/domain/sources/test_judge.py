"""Rows under the contract: what is set aside, what holds the file, what refuses it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.sources.support import CONTRACT, GOOD, HEADER, found, read
from upa_core.domain.sources.at_once import AtOnce
from upa_core.domain.sources.contract import Contract, KeyPart
from upa_core.domain.sources.file_difference import compare
from upa_core.domain.sources.findings import MAX_EXAMPLES

TWO = Contract((KeyPart("EmployeeID"),), ("Name",))


def many(*lines: str, columns: str = "EmployeeID,Name", good: int = 1000) -> str:
    """Return a file of good rows with these lines before the last of them."""
    rows = [f"{number:06d},Name {number}" + "," * (columns.count(",") - 1) for number in range(good)]
    return "\r\n".join([columns, *rows[:-1], *lines, rows[-1], ""])


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("M\ufffdller", "damaged_cell"),
        ("MÃ¼ller", "damaged_cell"),
        ("Å»Ã³Å‚w", "damaged_cell"),
        *((f"O{control}Neil", "damaged_cell") for control in "\x80\x81\x85\x9d\x9f"),
        ("@{Name=Anna}", "damaged_cell"),
        ("<Person object at 0x7f00aa>", "damaged_cell"),
        ("System.NullReferenceException: Object reference not set", "damaged_cell"),
        ("#N/A", "damaged_cell"),
        ("#######", "damaged_cell"),
        ('"1,23E+11"', "damaged_cell"),
    ],
)
def test_a_damaged_cell_sets_its_row_aside(cell: str, kind: str) -> None:
    """What isn't what the source held is never written: the row waits, the others count."""
    rows, verdict = read(many(f"X1,{cell}"), TWO)

    assert (verdict.status, len(rows), verdict.whole) == ("accepted", 1000, False)
    assert found(verdict) == [("set_aside", kind, 1001, "Name")]


@pytest.mark.parametrize(
    "cell", ["Ångström", "SÃO PAULO", "# 5", "C#", "E+", "Ñandú", "1E5", "Null", "NA", "-1", "@home", "a_x00", "x@{y"]
)
def test_what_only_looks_odd_stays(cell: str) -> None:
    """Letters of many languages and texts that a reader of types would change are values."""
    rows, verdict = read(many(f"X1,{cell}"), TWO)

    assert (rows["X1"], verdict.whole) == ((cell,), True)


@pytest.mark.parametrize("control", ["\x01", "\x07", "\x0b", "\x0c", "\x1b", "\x1f", "\ufffe", "\uffff"])
def test_a_character_that_cant_be_stored_is_told_with_its_place(control: str) -> None:
    """The value stays for the mapping, which may take the character out or refuses the value by name."""
    rows, verdict = read(many(f"0000X1,a{control}b"), TWO)
    note = next(finding for finding in verdict.findings if finding.kind == "doubtful_cell")

    assert (rows["0000X1"], verdict.whole) == ((f"a{control}b",), True)
    assert found(verdict) == [("note", "doubtful_cell", 1001, "Name")]
    assert f"U+{ord(control):04X}" in note.message


def test_a_character_as_a_workbook_writes_it_is_told() -> None:
    """`_x000D_` was a line break once; nobody can say that the source didn't write it."""
    rows, verdict = read(many("0000X1,Anna_x000D_"), TWO)

    assert (rows["0000X1"], found(verdict)) == (("Anna_x000D_",), [("note", "doubtful_cell", 1001, "Name")])


@pytest.mark.parametrize(
    "sign", ["\t", "\r", "\n", "\r\n", "\x7f", "\xa0", "\u2028", "\u2029", "\ufeff", "\u200d", "\ue000"]
)
def test_a_sign_without_a_shape_stays_in_a_value(sign: str) -> None:
    """Line breaks of every kind, invisible marks, a byte order mark inside a cell: all of them can be stored."""
    rows, verdict = read(many(f'0000X1,"{sign}a{sign}b{sign}"'), TWO)

    assert (rows["0000X1"], found(verdict)) == ((f"{sign}a{sign}b{sign}",), [])


@pytest.mark.parametrize("key", ["123.0", '"123,0"', "1E+11", "1.23E+11", '"1,23E+11"'])
def test_a_key_that_lost_its_digits_refuses_the_file(key: str) -> None:
    """Whatever turned it into a number, nobody knows whom it names."""
    verdict = read(many(f"{key},x"), TWO)[1]

    assert found(verdict) == [("refused", "excel_number", 1001, "EmployeeID")]


def test_a_day_number_in_a_date_refuses_the_file() -> None:
    """45627 is no date; in a column that isn't declared as one it is a text."""
    text = many("X1,x,45627", columns="EmployeeID,Name,Hired")

    assert found(read(text, TWO, columns=("Name", "Hired"), dates=frozenset({"Hired"}))[1])[0][1:] == (
        *("excel_date", 1001, "Hired"),
    )
    assert read(text, TWO, columns=("Name", "Hired"))[0]["X1"] == ("x", "45627")


def test_rows_of_another_shape_are_set_aside_up_to_half_a_percent() -> None:
    """A cell with an unquoted delimiter shifts the others: the row never counts, even where the surplus is empty."""
    rows, verdict = read(many("X1,Müller, Anna,", "X2"), TWO)
    assert verdict.status == "accepted"
    assert not {"X1", "X2"} & set(rows)
    assert [entry[1:3] for entry in found(verdict)] == [("odd_shape", 1001), ("odd_shape", 1002)]

    verdict = read(many(*["X"] * 30), TWO)[1]
    assert found(verdict)[0][:2] == ("refused", "too_many_odd_rows")
    assert sum(1 + finding.more for finding in verdict.findings if finding.kind == "odd_shape") == 30
    assert sum(finding.kind == "odd_shape" for finding in verdict.findings) == MAX_EXAMPLES


def test_rows_that_contradict_each_other_count_for_nobody() -> None:
    """Neither the first nor a later one; below one percent of people the others go on."""
    rows, verdict = read(many("000001,Another", "000001,Name 1", "000002,Name 2"), TWO)

    assert (verdict.status, "000001" in rows, rows["000002"]) == ("accepted", False, ("Name 2",))
    assert (verdict.void, verdict.repeated) == ({"000001"}, 2)
    assert verdict.findings[-1].message == "the row contradicts line 3, which names the same person; neither counts"


def test_a_trailer_that_nobody_declared_is_nobody() -> None:
    """Short or as long as the header, a last row that counts is set aside, and the declaration is proposed."""
    for trailer in ("TRAILER,1000", "(1000 rows affected)", "Total: 1000", "EOF,"):
        rows, verdict = read(many(good=1000) + trailer + "\r\n", TWO)
        assert (verdict.status, len(rows), verdict.rows) == ("accepted", 1000, 1000), trailer
        assert found(verdict)[0][:2] == ("set_aside", "trailer_undeclared")


@pytest.mark.parametrize(
    ("last", "remedy"),
    [
        ("(1000 rows affected)", 'write `trailer: "({rows} rows affected)"`'),
        ("T,1000,", 'write `trailer: "T,{rows}"`'),
        ("*** End of Report ***", 'write `trailer: "*** End of Report ***"`'),
        ("Time: 1000 ms", "have the file exported without it"),
        ("1000 rows in set (0.00 sec)", "have the file exported without it"),
    ],
)
def test_a_declaration_is_proposed_only_for_a_line_that_comes_again(last: str, remedy: str) -> None:
    """The number of rows becomes a place; a line with a time or a second number would be another one tomorrow."""
    text = many(good=1000, columns="EmployeeID,Name,Grade,Unit") + last + "\r\n"
    verdict = read(text, TWO)[1]

    assert (verdict.status, verdict.rows) == ("accepted", 1000)
    assert [one.remedy for one in verdict.findings if one.kind == "trailer_undeclared"] == [remedy]


def test_a_trailer_is_the_last_row() -> None:
    """Rows behind it, another number in it, or none at all: nothing of it is taken."""
    text = HEADER + "1,A,B,C,,DE\r\n"

    assert found(read(text + "END,1,,,,\r\n2,A,B,C,,DE\r\n", trailer="END,{rows}")[1])[0][1] == "trailer_inside"
    assert read(text + "END,2,,,,\r\n", trailer="END,{rows}")[1].holds == ("incomplete_file",)
    assert read(text, trailer="END,{rows}")[1].holds == ("incomplete_file",)
    assert read(text + "END,1\r\n", trailer="END,{rows}")[1].status == "accepted"


def test_a_column_that_loses_its_values_or_fills_with_words_for_nothing_holds() -> None:
    """More than twenty points below the file before; a word such as \\N counts as nothing there, declared or not."""
    before = read(many(), TWO)[1].accepted()
    for word in ("", "NULL", "\\N", "   "):
        lines = [f"{n:06d},{word if n % 4 == 0 else 'x'}" for n in range(1000)]
        text = "\r\n".join(["EmployeeID,Name", *lines, ""])
        assert read(text, TWO, last=before)[1].collapsed == ("Name",), word
        assert read(text, TWO)[1].holds == ()


def test_the_header_is_found_whatever_its_case_and_marks() -> None:
    """A mark glued to the first name, spaces and letter case don't matter; names must not stand twice even so."""
    text = "\ufeff EMPLOYEEID\u200b ,name\r\n1,x\r\n"

    assert read(text, TWO)[0] == {"1": ("x",)}
    assert found(read("EmployeeID,Name,NAME \r\n1,x,y\r\n", TWO)[1])[0][1] == "header_duplicate"


def test_a_file_without_a_header_shows_nobody() -> None:
    """The refusal doesn't quote the first line: it may be a person's."""
    verdict = read("4711,Anna Geheim\r\n", TWO)[1]

    assert found(verdict)[0][1] == "header_missing"
    assert "Geheim" not in verdict.findings[0].message + verdict.findings[0].remedy


def test_short_keys_are_told() -> None:
    """Keys shorter than nearly all others may have lost zeros; with `pad` they match."""
    text = many("123,x")

    assert found(read(text, TWO)[1]) == [("note", "short_keys", 0, "EmployeeID")]
    assert "000123" in read(text, TWO, keys=(KeyPart("EmployeeID", pad=6),))[1].void


def test_rows_and_columns_are_capped() -> None:
    """More than the contract allows refuses the file."""
    assert found(read(GOOD, max_rows=7)[1])[0][1] == "too_many_rows"
    assert found(read(GOOD, max_columns=5)[1])[0][1] == "too_many_columns"


def test_two_files_are_compared_by_key() -> None:
    """Who came, who isn't named any more, which values differ and which are gone."""
    old = [(2, "1", ("a", "b")), (3, "2", ("c", "d"))]
    new = [(2, "1", ("a", "")), (3, "3", ("c", "d"))]
    found_difference = compare(old, ("X", "Y"), new, ("X", "Y"), 5)

    assert (found_difference.came, found_difference.missing, found_difference.changed) == (["3"], ["2"], 1)
    assert (dict(found_difference.by_column), found_difference.emptied["Y"]) == ({"Y": 1}, 1)
    assert compare(old, ("X", "Y"), old, ("X", "Y"), 5).none
    assert CONTRACT.columns


@pytest.mark.parametrize(
    "line",
    [
        "X1,#N/A",
        "X1,NULL",
        ":,nobody",
        "null,nobody",
        "\u00a0X1,x",
        " X1,x",
        "X1 ,x",
        "X1,\r\nX2,NULL",
        "X1,   ",
        "X1,",
        ",nobody",
        "123.0,x",
        "000007,Name 7",
        "000007,other",
        "X1,one,too many",
        "X1",
        "",
        "EmployeeID,Name",
        " X1 ,\u00a0",
        '"X\r\n1","a\r\nb"',
        "X1,(BLOB)",
        "X1,#Error",
        "X1,xxxx",
        "X1,\t",
        f"X1,{' ' * 65}",
        "X1,Person@1b2c3d",
        "X1,b'Anna'",
        "TRAILER,5",
    ],
)
@pytest.mark.parametrize("at", [3, 499, 1203])
def test_a_row_is_judged_alike_wherever_it_stands(line: str, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ordinary rows are taken many at a time: verdict and rows are those that come of them one by one."""
    good = [f"{number:06d},Name {number}" for number in range(1204)]
    text = "\r\n".join(["EmployeeID,Name", *good[:at], line, *good[at:], ""])
    contract = replace(TWO, nulls=("NULL",), trailer="TRAILER,{rows}") if line.startswith("T") else TWO
    at_once = read(text, contract)
    taken = []
    monkeypatch.setattr(AtOnce, "take", lambda *_: taken.append(1))

    assert read(text, contract) == at_once
    assert taken or any(
        sign in line for sign in ("#", "\u00a0", " " * 65, "@", "'")
    )  # a piece that looks damaged is never taken at once


@pytest.mark.parametrize(
    ("part", "keys"),
    [
        (KeyPart("EmployeeID", "mail"), ("A.b@x.com", " C@x.com", "d@x.com\u00a0", "-", "N/A", "\u00c4@x.com")),
        (KeyPart("EmployeeID", "userPrincipalName"), ("Anna", "BERT", "null", "Stra\u00dfe")),
        (KeyPart("EmployeeID", pad=6), ("7", "12", "A1", "0000008", "\u0667", " 9")),
        (KeyPart("EmployeeID"), ("a.b", "\u200bx", "=1", "#", "e\u0301")),
    ],
)
def test_a_key_has_one_form_wherever_it_stands(part: KeyPart, keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trimmed, filled up or in one letter case: many at a time as one by one."""
    for key in keys:
        text = many(f"{key},x", "Bcd,y", good=300)
        at_once = read(text, TWO, keys=(part,))
        with monkeypatch.context() as patch:
            patch.setattr(AtOnce, "take", lambda *_: None)
            assert read(text, TWO, keys=(part,)) == at_once, key
