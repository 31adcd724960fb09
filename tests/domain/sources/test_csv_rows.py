"""CSV and its lines: any cut of a good file is refused or loses whole rows only."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.sources.support import CONTRACT, GOOD, HEADER, found, read
from upa_core.domain.sources import lines as lines_module
from upa_core.domain.sources.check import TextFile
from upa_core.domain.sources.contract import Contract, KeyPart
from upa_core.domain.sources.csv_rows import CsvRows
from upa_core.domain.sources.findings import FileRefusedError, Findings


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16-le"])
def test_a_cut_at_any_byte_is_refused_or_leaves_only_whole_rows(encoding: str) -> None:
    """Every row that is given out is the whole row of that person; with the line break, a cut is never unseen."""
    whole = GOOD.encode(encoding)
    good, verdict = read(whole, encoding=encoding)
    assert (verdict.status, len(good)) == ("accepted", 8)

    for at in range(len(whole)):
        rows, verdict = read(whole[:at], last=None, encoding=encoding)
        if verdict.status == "accepted":
            assert rows.items() <= good.items(), at
            ends_a_line = whole[:at].decode(encoding, "ignore").endswith("\n")
            assert verdict.whole is ends_a_line, at


def test_a_cut_file_is_held_against_the_one_before_and_by_its_trailer() -> None:
    """With what was accepted last, or with a trailer, a cut at a line's end is seen too."""
    whole = GOOD.encode()
    before = read(whole)[1].accepted()
    with_trailer = whole + b"TRAILER,8,,,,\r\n"
    cuts = [at + 2 for at in range(len(whole)) if whole[at : at + 2] == b"\r\n"][:-1]
    assert len(cuts) > 10

    assert {read(whole[:at], last=before)[1].status for at in cuts[:-3]} <= {"held", "refused"}
    assert {read(with_trailer[:at], trailer="TRAILER,{rows}")[1].status for at in [*cuts, len(whole)]} <= {
        "held",
        "refused",
    }
    assert read(with_trailer, trailer="TRAILER,{rows}")[1].status == "accepted"
    assert read(with_trailer.rstrip(), trailer="TRAILER,{rows}")[1].status == "accepted"


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@pytest.mark.slow
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5), st.sampled_from([",", ";", "\t", "|"]), st.data())
def test_any_table_cut_anywhere_changes_nobody_else(table, delimiter, data) -> None:
    """Whatever the cells hold, a cut gives out nothing that the whole file doesn't."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerow(["Key", "One", "Two"])
    writer.writerows([f"K{at}", *cells] for at, cells in enumerate(table))
    contract = Contract((KeyPart("Key"),), ("One", "Two"))
    whole = stream.getvalue().encode()
    good, verdict = read(whole, contract)
    cut = data.draw(st.integers(0, len(whole) - 1))
    rows, cut_verdict = read(whole[:cut], contract)

    if verdict.status == "accepted" and cut_verdict.status == "accepted":
        assert {key: rows[key] for key in rows if key in good}.items() <= good.items()


def test_a_last_line_without_a_break_counts_where_the_writer_never_ends_it() -> None:
    """`ends_with_newline: never` reads it; otherwise it is set aside by its line."""
    text = HEADER + "1,A,B,C,,DE\r\n2,A,B,C,,DE"

    rows, verdict = read(text)
    assert (set(rows), found(verdict)[0]) == ({"1"}, ("set_aside", "no_line_break", 3, ""))
    assert set(read(text, ends_with_newline=False)[0]) == {"1", "2"}


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        (HEADER + '1,"A"x,B,C,,DE\r\n', "quote_inside", 2),
        (HEADER + "1,A,B,C,,DE\r\n2,A\rB,B,C,,DE\r\n", "line_break", 3),
        (HEADER + '1,"A,B,C,,DE\r\n2,A,B,C,,DE\r\n', "quote_open", 2),
        (HEADER + "1,A,B,C,,DE\r\n" + HEADER + "2,A,B,C,,DE\r\n", "header_again", 3),
        (HEADER + '1,"' + "x" * 200_000 + '",B,C,,DE\r\n', "cell_too_long", 2),
        ("Report of today\r\n\r\n" + HEADER + "1,A,B,C,,DE\r\n", "header_late", 3),
        ("A;B;C\r\n", "header_missing", 1),
    ],
)
def test_what_is_no_csv_is_refused_with_its_line(text: str, kind: str, line: int) -> None:
    """The record's first line is told, and nothing counts."""
    _, verdict = read(text)

    assert (verdict.status, found(verdict)[0][1:3]) == ("refused", (kind, line))


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [("upn\r\na@b.c\r\nUPN\r\nd@b.c\r\n", "header_again", 3), ("upn\r\n3-Mar\r\n", "excel_number", 2)],
)
def test_a_column_of_user_names_alone_is_judged_as_any_key(text: str, kind: str, line: int) -> None:
    """A second header is no person, whatever letter case keys are compared in; nor is a key that became a date."""
    file = TextFile(iter([text.encode()]), Contract((KeyPart("upn", "userPrincipalName"),)))
    list(file)

    assert (file.verdict.status, found(file.verdict)[0][1:3]) == ("refused", (kind, line))


def test_a_nul_in_the_header_is_damage_and_no_name() -> None:
    """Nobody is told to write a name with a NUL into the connector file."""
    _, verdict = read(GOOD.replace("Name", "Na\0me", 1))

    assert found(verdict) == [("refused", "nul", 1, "")]


def test_a_column_in_letters_of_another_width_is_suggested() -> None:
    """A header typed with a Japanese keyboard isn't taken for the column, but named as what is probably meant."""
    _, verdict = read(GOOD.replace("Name", "Ｎａｍｅ", 1))

    assert found(verdict) == [("refused", "header_missing", 1, "Name")]
    assert "did you mean Ｎａｍｅ?" in verdict.findings[-1].message


def test_line_ends_and_the_line_that_names_the_delimiter() -> None:
    """CR LF, LF, CR alone, Excel's `sep=;` and a final Ctrl-Z are read alike."""
    text = "EmployeeID;Name\r\n1;A,B\r\n"
    contract = Contract((KeyPart("EmployeeID"),), ("Name",))

    for variant in (text, text.replace("\r\n", "\n"), text.replace("\r\n", "\r"), "sep=;\r\n" + text, text + "\x1a"):
        rows, verdict = read(variant, contract)
        assert (rows, verdict.whole) == ({"1": ("A,B",)}, True)


def test_a_delimiter_that_changes_or_isnt_clear_is_refused() -> None:
    """The header alone decides; another delimiter than that of the file before must be declared."""
    contract = Contract((KeyPart("A"),), every_column=True)
    before = read("A,B\r\n1,2\r\n", contract)[1].accepted()

    assert found(read("A;B\r\n1;2\r\n", contract, last=before)[1])[0][1] == "delimiter_changed"
    assert read("A;B\r\n1;2\r\n", contract, last=before, delimiter=";")[1].status == "accepted"
    assert found(read("A;B|A\r\n", contract, keys=(KeyPart("X"),))[1])[0][1] == "delimiter_unclear"
    assert CONTRACT.delimiter == ""


THREE = Contract((KeyPart("Key"),), ("One", "Two"), delimiter=",")


def by_the_reader(text: str) -> tuple[list[tuple[int, list[str]]], int]:
    """Return what the standard library's strict reader makes of a text, and the line of its error, 0 for none."""
    reader, records, begun = csv.reader(io.StringIO(text, newline="\n"), strict=True), [], 1
    try:
        for cells in reader:
            records.append((begun, cells))
            begun = reader.line_num + 1
    except csv.Error:
        return records, begun
    return records, 0


def in_blocks(text: str, step: int) -> tuple[list[tuple[int, list[str]]], int]:
    """Return what blocks of records hold, and the line of the refusal, 0 for none."""
    rows = CsvRows([text[at : at + step] for at in range(0, len(text), step)], THREE, Findings())
    records = iter(rows)
    read = [next(records)]
    try:
        for block in rows.blocks(records, 3):
            read.extend(zip(block.lines, block.rows, strict=True))
    except FileRefusedError as exc:
        return read, exc.finding.line
    return read, 0


ORDINARY = st.lists(st.lists(st.text("ab ü\t;", max_size=3), min_size=3, max_size=3), max_size=12)
ODD = st.lists(st.lists(st.text('a,"\r\n\0', max_size=3), min_size=1, max_size=4), max_size=3)


@pytest.mark.slow
@given(
    ORDINARY, ODD, ORDINARY, st.booleans(), st.sampled_from(["\n", "\r\n"]), st.text('a,"\r\n', max_size=5), st.data()
)
def test_blocks_hold_what_the_strict_reader_reads(before, odd, after, every, ending, broken, data) -> None:
    """However records are taken at once: the same cells on the same lines, and the same line is refused."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator=ending).writerow(["Key", "One", "Two"])
    quoting = csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL
    csv.writer(stream, lineterminator=ending, quoting=quoting).writerows([*before, *odd, *after])
    text = stream.getvalue()
    at = data.draw(st.integers(len("Key,One,Two") + len(ending), len(text)))
    text = text[:at] + broken + text[at:]
    text += "" if text.endswith("\n") else ending
    expected, line = by_the_reader(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines_module, "TEXT", data.draw(st.sampled_from([8, 40, 32_768])))
        read, refused = in_blocks(text, data.draw(st.sampled_from([1, 7, 1000])))

    assert refused == line
    assert read == (expected[: len(read)] if line else expected)
