"""The verdict over each broken file: accepted, held or refused, with line, column and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.domain.sources.support import CONTRACT, HEADER, found, read
from upa_core.domain.sources.cells import NOTHING, SHOWN_INSTEAD
from upa_core.domain.sources.contract import KeyPart

DIRTY = Path(__file__).parents[4] / "shared" / "data" / "lob" / "dirty"
needs_files = pytest.mark.skipif(not DIRTY.is_dir(), reason="the broken files aren't beside this checkout")

VERDICTS = {
    "01-utf8-bom": ({}, "accepted", 4, []),
    "02-cp1252-semicolon": ({}, "refused", None, [("refused", "wrong_encoding", 2, "")]),
    "03-utf16le-tab": ({}, "accepted", 4, []),
    "04-header-only": ({}, "held", 0, [("held", "incomplete_file", 0, "")]),
    "05-empty": ({}, "held", 0, [("held", "incomplete_file", 0, "")]),
    "06-truncated-midline": (
        {"min_rows": 50},
        "held",
        4,
        [
            ("held", "incomplete_file", 0, ""),
            ("set_aside", "no_line_break", 51, ""),
            ("note", "repeated", 0, "EmployeeID"),
        ],
    ),
    "07-truncated-at-line-end": (
        {"min_rows": 50},
        "held",
        4,
        [("held", "incomplete_file", 0, ""), ("note", "repeated", 0, "EmployeeID")],
    ),
    "08-trailer-row-count": ({"trailer": "TRAILER;{rows}"}, "accepted", 4, []),
    "09-duplicate-key-identical": ({}, "accepted", 4, [("note", "repeated", 0, "EmployeeID")]),
    "10-duplicate-key-conflict": (
        {},
        "held",
        3,
        [("held", "contradictory_keys", 0, "EmployeeID"), ("note", "contradiction", 7, "EmployeeID")],
    ),
    "11-header-renamed": ({}, "refused", None, [("refused", "header_missing", 1, "EmployeeID")]),
    "12-header-duplicate": ({}, "refused", None, [("refused", "header_duplicate", 1, "HireDate")]),
    "13-excel-damaged": ({}, "refused", None, [("refused", "excel_number", 3, "EmployeeID")]),
    "14-ragged": (
        {},
        "refused",
        None,
        [
            ("refused", "too_many_odd_rows", 0, ""),
            ("set_aside", "odd_shape", 7, ""),
            ("set_aside", "odd_shape", 8, ""),
        ],
    ),
    "15-blank-rows": ({}, "accepted", 4, []),
    "16-whitespace-case-keys": ({}, "accepted", 1, [("note", "repeated", 0, "EmployeeID")]),
    "17-formula-injection": ({}, "accepted", 2, []),
    "18-nul-bytes": ({}, "refused", None, [("refused", "nul", 6, "Department")]),
    "19-html-login-page": ({}, "refused", None, [("refused", "wrong_content", 1, "")]),
    "20-one-column-all-empty": ({"last": "01-utf8-bom"}, "held", 4, [("held", "column_collapsed", 0, "CostCenter")]),
    "21-mixed-encoding": ({}, "refused", None, [("refused", "mixed_encoding", 3, "")]),
    "22-half-the-people": ({"last": "01-utf8-bom"}, "held", 2, [("held", "incomplete_file", 0, "")]),
    "23-sql-null-words": (
        {},
        "accepted",
        2,
        [("note", "words_for_nothing", 2, name) for name in CONTRACT.columns if name != "Name"],
    ),
    "24-unterminated-quote": ({}, "refused", None, [("refused", "quote_open", 7, "")]),
}
"""By file: what is declared or was accepted before, the status, people who count, findings."""


def verdict_of(name, given):
    given = dict(given)
    last = given.pop("last", None)
    before = verdict_of(last, {})[1].accepted() if last else None
    return read((DIRTY / f"{name}.csv").read_bytes(), last=before, **given)


@needs_files
@pytest.mark.parametrize("name", VERDICTS)
def test_each_broken_file_has_its_verdict(name: str) -> None:
    """Status, people who count, and each finding with effect, kind, line and column."""
    given, status, people, findings = VERDICTS[name]
    rows, verdict = verdict_of(name, given)

    assert verdict.status == status
    assert found(verdict) == findings
    if people is not None:
        assert len(rows) == verdict.people == people


@needs_files
def test_every_broken_file_is_judged() -> None:
    """No file of the folder is left out of the table."""
    assert {path.stem for path in DIRTY.iterdir()} == set(VERDICTS)


@needs_files
@pytest.mark.parametrize("name", VERDICTS)
def test_a_refusal_and_a_hold_say_what_to_do_and_show_nobodys_value(name: str) -> None:
    """Each has a remedy; no finding holds a cell of the file that names a person."""
    _, verdict = verdict_of(name, VERDICTS[name][0])

    assert all(finding.remedy for finding in verdict.findings if finding.effect in ("refused", "held"))
    told = " ".join(finding.message + finding.remedy for finding in verdict.findings)
    assert not any(value in told for value in ("00123", "Müller", "contoso", "Forschung", "00131"))


@needs_files
def test_what_is_suggested_is_right() -> None:
    """The encoding that the refusal suggests, and the words declared as nothing, make the file acceptable."""
    rows, verdict = read((DIRTY / "02-cp1252-semicolon.csv").read_bytes(), encoding="cp1252")
    assert (verdict.status, verdict.delimiter) == ("accepted", ";")
    assert rows["00123"] == ("Müller, Anna", "Forschung", "0042", "2024-03-04", "DE")

    words = ("NULL", "\\N", "0000-00-00", "N/A", "(null)", "-", "9999-12-31", "null")
    rows, verdict = read((DIRTY / "23-sql-null-words.csv").read_bytes(), nulls=words)
    assert rows["00124"] == ("René Lefèvre", "", "", "", "")


@needs_files
def test_texts_stay_as_they_are() -> None:
    """Leading zeros, NA, 1E5, a formula, a line break in a cell: no type is inferred."""
    rows, _ = read((DIRTY / "01-utf8-bom.csv").read_bytes())
    assert rows["00124"] == ("René Lefèvre", 'R&D "Blue"', "1E5", "2024-12-01", "FR")
    assert rows["00125"] == ("Jane Null", "Sales\nEMEA", "", "01/02/2024", "NA")

    rows, _ = read((DIRTY / "17-formula-injection.csv").read_bytes())
    assert rows["00123"][1] == '=HYPERLINK("http://x","y")'


@needs_files
def test_the_samples_of_microsoft_and_midpoint_are_read() -> None:
    """Real samples are accepted; where Microsoft's contradicts itself it is held for that."""
    folder = DIRTY.parent
    keys = {"ms-csv-with-2-records": "WorkerID", "midpoint-simulation-hr": "empNo", "midpoint-hris-initial": "empnum"}
    for name, key in keys.items():
        part = CONTRACT.keys[0].__class__(key)
        rows, verdict = read((folder / f"{name}.csv").read_bytes(), keys=(part,), every_column=True)
        assert (verdict.status, len(rows)) == ("accepted", verdict.people), name
    part = CONTRACT.keys[0].__class__("WorkerID")
    worst = (folder.parent / "hr" / "workers-1000.csv").read_bytes()
    _, verdict = read(worst, keys=(part,), columns=("FullName", "WorkerStatus"))
    assert verdict.holds == ("contradictory_keys",)
    assert len(verdict.void) == 264


ROWS = HEADER + (
    "00123,Anna Müller,Forschung,0042,2024-03-04,DE\r\n00124,René Lefèvre,Sales,1E5,2024-12-01,FR\r\n"
    "00125,Jane Null,Sales,0007,2024-01-02,NA\r\n00126,Åsa Öst,IT,0008,2023-05-06,SE\r\n"
)
ODD, KEY = ("refused", "too_many_odd_rows", 0, ""), "EmployeeID"
NOBODY = [("held", "key_share_unmatched", 0, KEY), ("set_aside", "empty_key", 2, KEY)]
TWICE = [("held", "contradictory_keys", 0, KEY), ("note", "contradiction", 3, KEY)]
DIGITS = [("refused", "excel_number", 2, KEY)]
CONTENT = [("refused", "wrong_content", 1, "")]
LOST = [ODD, ("set_aside", "damaged_cell", 2, "Department")]
WORD = [("note", "words_for_nothing", 2, "Department")]
DOUBT = [("note", "doubtful_cell", 2, "Department")]
SHORT = [("held", "incomplete_file", 0, "")]
HEADLESS = [("refused", "header_missing", 1, KEY)]
QUOTED = "".join('"' + line.replace(",", '","') + '"\r\n' for line in ROWS.splitlines())


SHAPES = [("set_aside", "odd_shape", line, "") for line in range(2, 6)]
KEPT = [("refused", "quotes_kept", 2, KEY)]


def marked(rows, left, right):
    """Return rows whose every cell stands in marks."""
    return "".join(",".join(f"{left}{cell}{right}" for cell in line.split(",")) + "\r\n" for line in rows.splitlines())


def changed(**cells):
    """Return the rows, the first one with other cells."""
    first = dict(zip(HEADER.strip().split(","), ROWS.split("\r\n")[1].split(","), strict=True)) | cells
    return ROWS.replace(ROWS.split("\r\n")[1], ",".join(first.values()))


DIRT = {
    **{f"key {key}": (changed(EmployeeID=key), {}, DIGITS) for key in ("1.23e+10", "1.23E10", "123.00", '"123,0"')},
    **{
        f"key {key!r}": (changed(EmployeeID=key), {}, NOBODY)
        for key in ("NULL", "n/a", "-", "none", "\\N", "?", ".", "----", "undefined", "\u2014", "\u200b")
    },
    **{
        f"key with {mark!r}": (ROWS.replace("00124", f"00123{mark}"), {}, TWICE)
        for mark in ("\u200e", "\u202e", "\ufe0f", "\u180e", "\u2063", "\u2069", "\U000e0020", "\u00a0", "\ufeff")
    },
    **{
        f"error {cell}": (changed(Department=cell), {}, LOST)
        for cell in ("#BEZUG!", "#NV", "#WERT!", "#NOM?", "#DIV/0!", "#GETTING_DATA", "#ЗНАЧ!", "#N/A N/A", "O\x92Neil")
    },
    "number 4.20e+04": (changed(Department="4.20e+04"), {}, LOST),
    **{f"word {cell}": (changed(Department=cell), {}, WORD) for cell in ("none", "---", "?", "(blank)", "undefined")},
    **{f"doubt {cell}": (changed(Department=cell), {}, DOUBT) for cell in ("M&uuml;ller", "R&#38;D", "M?ller")},
    **{
        f"right {cell}": (changed(Department=cell), {}, [])
        for cell in ("R&D; Blue", "#1 Sales", "a?", "https://x/y?z=1", "C#", "#hash!tag", "E+ F", "1e5", "Q?=A")
    },
    **{
        f"shown instead: {cell}": (changed(Department=f'"{cell}"'), {}, LOST)
        for cell in (
            *("Person@1b2c3d", "com.contoso.hr.Person@12345678", "Outer$Inner@6d06d69c", "oracle.sql.CLOB@7a81197d"),
            *("[Ljava.lang.String;@1b2c3d", "[B@6d06d69c", "[[I@1b6d3586", "b'Anna'", "u'Anna'", "<class 'str'>"),
            *("<bound method Person.name of 5>", "#<Person id: 1>", "HASH(0x55d0)", "Person=HASH(0x55d0)"),
            *(
                "(BLOB)",
                "(blob)",
                "<BLOB>",
                "[BLOB]",
                "[BLOB - 1.2 KiB]",
                "(HUGECLOB)",
                "<memo>",
                "(MEMO)",
                "(WideMemo)",
            ),
            *("<Binary data>", "<Binary Data>", "[binary data]", "(OLE object)", "Long binary data", "<truncated>"),
            *("Research and Deve... (truncated)", "Research [TRUNCATED]", "Forsch (gekürzt)", "[redacted]", "(hidden)"),
            *("aXXX@XXXX.com", "xxxx", "#Error", "#Deleted", "#Name?", "#Div/0!", "Invalid Date", "NaN-NaN-NaN"),
            *("[object Object],[object Object]", "System.Collections.Generic.List`1[System.String]", "%s", "{0}"),
            *("undefined undefined", "Optional.empty"),
        )
    },
    **{
        f"right: {cell}": (changed(Department=f'"{cell}"'), {}, [])
        for cell in (
            *("anna@1b2c3d.example", "Team@12345", "anna@cafe", "Anna@decade", "x@beef.com", "B'nai B'rith", "b'"),
            *("R&D (Blob)", "blob", "Memo", "memo <1>", "(R&D)", "[EMEA]", "truncated", "(cut)"),
            *("Xxxx", "xxxxx", "Error", "# Error", "100 %s", "{a}", "undefined behaviour", "Optional"),
        )
    },
    **{
        f"seen by nobody: {cell!r}": (changed(Department=f'"{cell}"'), {}, [("note", "blank_cell", 2, "Department")])
        for cell in ("\u00a0", "\u200b", "\ufeff", " \u00a0 ", "\u200e\u200f", "\u3000" * 90, "\t\u2007", "\xad")
    },
    **{
        f"no content: {cell!r}": (changed(Department=f'"{cell}"'), {}, [])
        for cell in (" ", " " * 64, " " * 65, " " * 4000, "\t", "\r\n", " \n ")
    },
    "key of a name": (changed(EmployeeID="null"), {"keys": (KeyPart(KEY, "mailNickname"),)}, []),
    "no key for a name": (changed(EmployeeID="n/a"), {"keys": (KeyPart(KEY, "mail"),)}, NOBODY),
    "line under the header": (ROWS.replace("\r\n", "\r\n-,-,-,-,-,-\r\n", 1), {}, NOBODY),
    "zeros at the end": (ROWS + "\0" * 512, {}, [("refused", "nul", 6, "")]),
    "UTF-16 of half a file": (ROWS.encode("utf-16-le"), {}, [("refused", "wrong_encoding", 2, "")]),
    "windows-1252 as latin-1": (changed(Department="O\u2019Neil").encode("cp1252"), {"encoding": "iso8859-1"}, LOST),
    **{
        f"instead of CSV {head!r}": (head + b"\0" * 9, {}, CONTENT)
        for head in (b"<body>", b"<DIV>x", b"HTTP/1.1 403", b"(\xb5/\xfd", b"Obj\x01", b"ORC", b"\x1f\x9d", b"\x89PNG")
    },
    "declared trailer": (ROWS + "TRAILER,4,,,,\r\n", {"trailer": "TRAILER;{rows}"}, []),
    "trailer with another delimiter": (ROWS + "TRAILER;4\r\n", {"trailer": "TRAILER;{rows}"}, []),
    "trailer that lies": (ROWS + "TRAILER;5\r\n", {"trailer": "TRAILER;{rows}"}, SHORT),
    "trailer with leading zeros": (ROWS + "TRAILER,0004,,,,\r\n", {"trailer": "TRAILER;{rows}"}, []),
    "trailer with a number no file has": (
        ROWS + f"TRAILER,{'9' * 5000},,,,\r\n",
        {"trailer": "TRAILER;{rows}"},
        SHORT,
    ),
    "trailer with other digits": (ROWS + "TRAILER,\u0664,,,,\r\n", {"trailer": "TRAILER;{rows}"}, SHORT),
    **{
        f"left by a program: {cell}": (changed(Department=cell), {}, LOST)
        for cell in (
            *("System.Object[]", "System.Collections.Hashtable", "System.DBNull", "[object Object]", "Err:502"),
            *("Microsoft.SharePoint.Client.FieldLookupValue", "Loading...", "#ERROR!", "${Department}", "{{Dep}}"),
        )
    },
    **{
        f"word {cell}": (changed(Department=cell), {}, WORD)
        for cell in ("<NA>", "NaT", "nil", "(Leer)", "(vide)", "k.A.", "#", "00000000", "00.00.0000", "99991231")
    },
    **{
        f"doubt {cell}": (changed(Department=cell), {}, DOUBT)
        for cell in ("M=C3=BCller", "M%C3%BCller", "M\\u00fcller", "M??ller", "????", '"=""0042"""', "'0042")
    },
    **{
        f"right {cell}": (changed(Department=cell), {}, [])
        for cell in (
            "Class of '98",
            "O'Neil",
            "System",
            "System. Test",
            "Microsoft",
            "{x}",
            "$5",
            "50%",
            "WAHR",
            "Err: 5",
        )
    },
    **{
        f"last row {last}": (ROWS + f"{last}\r\n", {}, [("set_aside", "trailer_undeclared", 6, "")])
        for last in (
            *("(4 rows affected)", "(4 Zeilen betroffen)", "4 Zeilen ausgewählt.", "(4 lignes affectées)"),
            *("4 rows selected.", "Total,4,,,,", "Grand Total,4,,,,", "Gesamtergebnis,4,,,,", "Summe,,,,,"),
            *("Anzahl Mitarbeiter:,4,,,,", "Record count:,4,,,,"),
        )
    },
    **{
        f"before the header {first}": (f"{first}\r\n{ROWS}", {}, [("refused", "header_late", 2, "")])
        for first in (
            "#TYPE System.Management.Automation.PSCustomObject",
            "Changed database context to 'hr'.",
            '"Workers as of","2026-11-25"',
            "# exported by nightly job",
            "Personalnummer,Nachname,Abteilung,Kostenstelle,Eintritt,Land",
        )
    },
    "DATEV": ('"EXTF";700;21\r\n' + ROWS.replace(",", ";"), {}, [("refused", "header_late", 2, "")]),
    "merged header cells": (
        "Worker,Worker,Org,Org,Dates,\r\n" + ROWS,
        {},
        [("refused", "header_duplicate", 1, "Worker")],
    ),
    "names that differ by case": (
        ROWS.replace("Country", "name", 1),
        {},
        [("refused", "header_duplicate", 1, "name")],
    ),
    "PowerShell 5.1": (("\ufeff#TYPE X\r\n" + ROWS).encode("utf-16-le"), {}, [("refused", "header_late", 2, "")]),
    "PowerShell 7": (QUOTED, {}, []),
    "PowerShell -UseCulture": (QUOTED.replace('","', '";"'), {}, []),
    "PowerShell Format-Table": ("EmployeeID Name\r\n---------- ----\r\n00123      A\r\n", {}, HEADLESS),
    "Excel CSV UTF-8": (("\ufeff" + ROWS.replace(",", ";")).encode(), {}, []),
    "Excel Unicode text": (("\ufeff" + ROWS.replace(",", "\t")).encode("utf-16-le"), {}, []),
    "Excel of a Mac": (ROWS.replace("\r\n", "\r").encode("mac-roman"), {}, [("refused", "wrong_encoding", 1, "")]),
    "Excel of a Mac as cp1252": (
        ROWS.encode("mac-roman"),
        {"encoding": "cp1252"},
        [("refused", "wrong_encoding", 3, "")],
    ),
    "sqlcmd with a line of dashes": (ROWS.replace("\r\n", "\r\n---,---,---,---,---,---\r\n", 1), {}, NOBODY),
    "bcp without a header": (ROWS.split("\r\n", 1)[1].replace(",", "\t"), {}, HEADLESS),
    "Oracle's page headings": (
        ROWS.replace("00125,", HEADER + "00125,", 1),
        {},
        [("refused", "header_again", 4, "")],
    ),
    "Oracle's error": ("ORA-00942: table or view does not exist\r\n", {}, HEADLESS),
    "mysql's frame": ("+----+------+\r\n| No | Name |\r\n+----+------+\r\n", {}, HEADLESS),
    "fixed width": (ROWS.replace(",", "   "), {}, HEADLESS),
    "EBCDIC": (ROWS.encode("cp273"), {}, [("refused", "wrong_encoding", 1, "")]),
    "EBCDIC, declared": (ROWS.replace("\r\n", "\n").encode("cp273"), {"encoding": "cp273"}, []),
    "pipes around each line": (
        "".join("|" + line.replace(",", "|") + "|\r\n" for line in ROWS.splitlines()),
        {},
        [("note", "unnamed_column", 1, "")],
    ),
    "commas at the end of each line": (ROWS.replace("\r\n", ",,\r\n"), {}, [("note", "unnamed_column", 1, "")]),
    "a second delimiter in one row": (
        ROWS.replace("00125,Jane Null,Sales,", "00125;Jane Null;Sales;"),
        {},
        [ODD, ("set_aside", "odd_shape", 4, "")],
    ),
    "two files in one": (ROWS + "\ufeff" + ROWS, {}, [("refused", "header_again", 6, "")]),
    "a conflict of git": (
        ROWS.replace("00124", "<<<<<<< HEAD\r\n00124", 1),
        {},
        [ODD, ("set_aside", "odd_shape", 3, "")],
    ),
    "zero-width marks in the header": (ROWS.replace("Name", "Na\u200bme", 1), {}, []),
    "cells that end with a tab and a hard space": (changed(Department="IT\t\u00a0"), {}, []),
    **{
        f"delimiter {sign!r}": (ROWS.replace(",", sign), {}, [("refused", "delimiter_unclear", 1, "")])
        for sign in "^~:\x01\x1f"
    },
    "a delimiter that isn't the declared one": (
        ROWS,
        {"delimiter": ";"},
        [("refused", "delimiter_unclear", 1, "")],
    ),
    "header by ;, rows by ,": (ROWS.replace(HEADER, HEADER.replace(",", ";")), {}, [ODD, *SHAPES]),
    "header by ,, rows by ;": (HEADER + ROWS.removeprefix(HEADER).replace(",", ";"), {}, [ODD, *SHAPES]),
    "each line in one pair of quotes": (
        "".join(f'"{line}"\r\n' for line in ROWS.splitlines()),
        {},
        [("refused", "quotes_kept", 1, "")],
    ),
    "each row in one pair of quotes": (
        HEADER + "".join(f'"{line}"\r\n' for line in ROWS.splitlines()[1:]),
        {},
        [ODD, *SHAPES],
    ),
    **{
        f"cells in {left}{right}": (marked(ROWS, left, right), {}, [("refused", "quotes_kept", 1, "")])
        for left, right in (("'", "'"), ("\u201c", "\u201d"), ("\u201e", "\u201c"))
    },
    **{
        f"rows in {left}{right}": (HEADER + marked(ROWS.removeprefix(HEADER), left, right), {}, KEPT)
        for left, right in (("'", "'"), ("\u201c", "\u201d"), ("\u00ab", "\u00bb"), ('"""', '"""'))
    },
    "a blank before each quote": (QUOTED.replace(",", ", "), {}, [("refused", "quotes_kept", 1, "")]),
    **{
        f"quoted value {cell}": (changed(Department=cell), {}, DOUBT)
        for cell in ("\u201cSales\u201d", "\u201eSales\u201c", "/Date(1709510400000)/")
    },
    **{
        f"second header {name}": (ROWS + header + "\r\n", {}, [("refused", "header_again", 6, "")])
        for name, header in {
            "in another order": "EmployeeID,Department,Name,CostCenter,HireDate,Country",
            "with the key elsewhere": "Name,EmployeeID,Department,CostCenter,HireDate,Country",
            "in capital letters": HEADER.strip().upper(),
            "with one column more": HEADER.strip() + ",Grade",
            "with two columns less": "EmployeeID,Name,Department,Country",
        }.items()
    },
    "two files without a line break between them": (ROWS.rstrip() + ROWS, {}, [("refused", "header_again", 5, "")]),
    "decimal commas, and a column without a name": (
        ROWS.replace("Country\r\n", "Country,\r\n").replace(",0", ",1,0").replace("1E5", "1,5"),
        {},
        [ODD, *SHAPES, ("note", "unnamed_column", 1, "")],
    ),
    "a shifted row, and a column without a name": (
        ROWS.replace("\r\n", ",\r\n").replace("Åsa Öst", "Öst, Åsa").replace("SE,", "SE"),
        {},
        [ODD, ("set_aside", "odd_shape", 5, ""), ("note", "unnamed_column", 1, "")],
    ),
    "an index before the rows": (
        "," + "".join(f"{line}\r\n{at}," for at, line in enumerate(ROWS.splitlines())).rstrip("4,"),
        {},
        [("note", "unnamed_column", 1, "")],
    ),
    **{
        f"key {key} by Excel": (changed(EmployeeID=key), {}, DIGITS)
        for key in ("3-Mar", "Mar-24", "04. Mrz", "03.04.2024", "3/4/2024", "2024-03-04 00:00:00")
    },
    **{
        f"key {key} as it is": (changed(EmployeeID=key), {}, [])
        for key in ("MAR-24", "3-MAR", "Mar-2024-7", "Mart-24", "3/4", "03.04", "2024-03-04", "12.345", "O'Neil")
    },
    **{
        f"last row {last}": (ROWS + last + "\r\n", {}, [("set_aside", "trailer_undeclared", 6, "")])
        for last in (
            *(
                "-- end of file --",
                "*** End of Report ***",
                "Generated by HRIS on 2026-11-25",
                "<EOF>",
                "T,4,,,,",
                "T,4",
            ),
            *("MD5: d41d8cd98f00b204e9800998ecf8427e", "CHECKSUM,d41d8cd98f00,,,,", "4 rows in set (0.00 sec)"),
            *("99,000004,,,,", "4 record(s) selected.", "Page 1 of 1", "SQL> spool off"),
        )
    },
    **{
        f"footer of {name}": (
            ROWS + "(4 rows)\r\n\r\n" + last + "\r\n",
            {},
            [("set_aside", "message_line", 6, ""), ("set_aside", "trailer_undeclared", 8, "")],
        )
        for name, last in {
            "psql": "Time: 12.345 ms",
            "Management Studio": "Completion time: 2026-11-25T10:00:00.0000000+01:00",
            "SQL*Plus": "Elapsed: 00:00:00.01",
        }.items()
    },
    **{
        f"between the rows {text}": (
            ROWS.replace("00125", f"{text}\r\n00125"),
            {},
            [("set_aside", "message_line", 4, "")],
        )
        for text in ("Page 1 of 3", "Seite 1 von 3", "--------------", "(2 rows affected)")
    },
    **{
        f"one line without an end: {text}": (text, {}, [("refused", "not_rows", 1, "")])
        for text in (
            "404: Not Found",
            '"Forbidden"',
            "null",
            HEADER.strip(),
            "EmployeeID,Na",
            ROWS.replace("\r\n", "\x85"),
        )
    },
    **{
        f"error of a service {head}": (head + ': {"code": 1}}\r\n', {}, CONTENT)
        for head in ('{"error"', '{\n  "message"', '{"odata.error"', '\ufeff{ "statusCode"')
    },
    **{
        f"instead of CSV {head!r}": (head + b"\0" * 9, {}, CONTENT)
        for head in (
            *(b"<a href='x'>", b"<noscript>", b"<b>Fatal error</b>", b"ID;PWXL;N;E\r\n", b"MIME-Version: 1.0\r\n"),
            *(b"\0\x01\0\0Standard Jet DB", b"\0\x05\x16\x07\0\x02\0\0", b"\xff\xd8\xff\xe0", b"Salted__", b"$FL2@(#)"),
            *(b"[InternetShortcut]\r\n", b"/annex/objects/SHA256E-s1", b"people.csv".ljust(257, b"\0") + b"ustar"),
        )
    },
    "the mark of UTF-8 before Windows-1252": (
        b"\xef\xbb\xbf" + ROWS.encode("cp1252"),
        {"encoding": "cp1252"},
        [("refused", "mixed_encoding", 2, "")],
    ),
    "the mark of UTF-8 as letters": ("\u00ef\u00bb\u00bf" + ROWS, {}, [("refused", "wrong_encoding", 1, "")]),
    **{
        f"word {cell} for nothing": (changed(Department=cell), {}, WORD)
        for cell in ("1899-12-30", "1/0/1900", "1900-01-01", "*****", "XXXX", "<nil>", "(not set)", "TBD", ".")
    },
    "an HTML table named .xls": ("<html><table><tr><td>No</td></tr></table></html>", {}, CONTENT),
    "a truncated gzip": (b"\x1f\x8b\x08\0\0\0", {}, CONTENT),
    "a workbook with a password": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, {}, CONTENT),
}
"""Invented: by name the file, what is declared, and the findings."""


@pytest.mark.parametrize("name", DIRT)
def test_each_invented_fault_has_its_verdict(name: str) -> None:
    """What lost its value is refused or set aside, who is nobody is no key, and what may be right stays as it is."""
    data, declared, findings = DIRT[name]
    rows, verdict = read(data, **declared)

    assert found(verdict) == findings
    grave = {effect for effect, *_ in findings}
    wanted = "refused" if "refused" in grave else "held" if "held" in grave else "accepted"
    assert verdict.status == wanted
    if wanted == "accepted":
        assert len(rows) == 4


def with_department(cell):
    """Return Anna's department where a cell holds this."""
    return read(changed(Department=f'"{cell}"'))[0]["00123"][1]


@pytest.mark.parametrize("cell", ["\u00a0", "\u200b", "\ufeff", "\u00a0 \u00a0", "  ", " " * 300, "\t", "\r\n"])
def test_a_cell_that_shows_nothing_is_empty(cell: str) -> None:
    """Hard spaces of a web page, a mark without a width, the blanks of a CHAR(300): no value."""
    assert with_department(cell) == ""
    assert with_department(f"{cell}x{cell}") == f"{cell}x{cell}"


@pytest.mark.parametrize("cell", ["(BLOB)", "b'Anna'", "#N/A", "xxxx", "Person@1b2c3d", "... (truncated)"])
def test_whoever_really_has_such_a_text_declares_it(cell: str) -> None:
    """As right, or as no value; both hold for that text alone."""
    text, lost = changed(Department=cell), changed(Department="(MEMO)")

    assert read(text)[1].status == "refused"
    rows, verdict = read(text, not_damaged=(cell,))
    assert (verdict.status, rows["00123"][1]) == ("accepted", cell)
    rows, verdict = read(text, nulls=(cell,))
    assert (verdict.status, rows["00123"][1]) == ("accepted", "")
    assert read(lost, not_damaged=(cell,))[1].status == read(lost, nulls=(cell,))[1].status == "refused"


def test_no_text_is_in_two_tables() -> None:
    """A word for no value is told and kept; what a program shows sets its row aside; it can't be both."""
    assert frozenset() == SHOWN_INSTEAD & NOTHING


def test_a_last_row_that_only_looks_like_a_count_is_a_person() -> None:
    """A key of the usual length, or another number than that of the rows."""
    for last in ("T1234,4,,,,", "T,5,,,,"):
        rows, verdict = read(ROWS + f"{last}\r\n")
        assert (found(verdict), len(rows)) == ([], 5) or "short_keys" in str(found(verdict)), last


def test_what_is_kept_in_doubt_is_kept_as_it_is() -> None:
    """A note changes no value."""
    rows, _ = read(changed(Department="M&uuml;ller"))

    assert rows["00123"][1] == "M&uuml;ller"


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("Müller, Anaïs", "cp1252"), ("Müller, Anaïs", "mac-roman"), ("Müller", "cp850"), ("Łódź, Żółw", "cp1250")],
)
def test_an_encoding_is_suggested_only_if_no_letter_is_odd_in_it(name: str, encoding: str) -> None:
    """Whoever follows the suggestion gets the letters that were written: a Mac's ü isn't taken for a Windows Ÿ."""
    _, verdict = read(
        changed(Name=f'"{name}"').replace("René Lefèvre", "Lee").replace("Å", "A").replace("Ö", "O").encode(encoding)
    )

    assert verdict.findings[0].remedy.endswith(f"write `encoding: {encoding}`")
