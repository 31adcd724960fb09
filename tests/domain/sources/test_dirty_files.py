"""The verdict over each broken file: accepted, held or refused, with line, column and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.domain.sources.support import CONTRACT, found, read

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
