"""A workbook as a source: what Excel may have changed is refused, and what unpacks without end too."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from upa_core.adapters.sources import workbook_size
from upa_core.adapters.sources.workbook import Workbook
from upa_core.domain.sources.contract import Contract, KeyPart

CONTRACT = Contract((KeyPart("No"),), ("Name", "Since"), format="xlsx", dates=frozenset({"Since"}))
HEADER = ["No", "Name", "Since"]


class Day(int):
    """A day number that the sheet shows as a date."""


class Zeros(int):
    """A number that the sheet shows with five digits."""


class Percent(float):
    """A number that the sheet shows as a percentage."""


def made(*rows: list[object], sheets: tuple[str, ...] = ("People",)) -> bytes:
    """Return a workbook; texts are texts, numbers numbers, None an empty cell."""

    def cell(value: object) -> str:
        if value is None:
            return "<c/>"
        if isinstance(value, Day):
            return f'<c s="1"><v>{int(value)}</v></c>'
        if isinstance(value, Zeros | Percent):
            return f'<c s="{2 if isinstance(value, Zeros) else 3}"><v>{value}</v></c>'
        if isinstance(value, int | float):
            return f"<c><v>{value!r}</v></c>"
        return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'

    data = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    numbers = range(1, len(sheets) + 1)
    named = "".join(f'<sheet name="{name}" sheetId="{at}" r:id="r{at}"/>' for at, name in enumerate(sheets, 1))
    links = f'<Relationship Id="st" Type="{office}/styles" Target="styles.xml"/>'
    for at in numbers:
        links += f'<Relationship Id="r{at}" Type="{office}/worksheet" Target="worksheets/s{at}.xml"/>'
    formats = '<numFmts><numFmt numFmtId="164" formatCode="00000"/></numFmts><cellXfs>'
    formats += "".join(f'<xf numFmtId="{number}"/>' for number in (0, 14, 164, 9)) + "</cellXfs>"
    sheet = f'<worksheet xmlns="{main}"><sheetData>{data}</sheetData></worksheet>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{links}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}">{formats}</styleSheet>',
        **{f"xl/worksheets/s{at}.xml": sheet for at in numbers},
    }
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return packed.getvalue()


def read(data: bytes, contract: Contract = CONTRACT):
    """Return the rows by key, and the verdict."""
    book = Workbook([data], contract)
    rows = {key: values for _, key, values in book}
    return rows, book.verdict


def test_texts_stay_and_a_date_is_written_as_one() -> None:
    """A key with zeros, a number, an empty cell, a date that the sheet shows as one."""
    rows, verdict = read(made(HEADER, ["00123", "Müller", Day(45355)], ["00124", 7.5, None], ["00125", 42, None]))

    assert verdict.status == "accepted"
    assert rows == {"00123": ("Müller", "2024-03-04"), "00124": ("7.5", ""), "00125": ("42", "")}


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        ([123, "x", None], "No"),
        (["1", 1234567890123456789, None], "Name"),
        (["1", "x", 45627], "Since"),
    ],
)
def test_a_number_that_isnt_what_the_source_held_refuses_the_workbook(row: list[object], cell: str) -> None:
    """A key without its zeros, more digits than Excel keeps, a day number in a date: row and column are told."""
    finding = read(made(HEADER, ["0", "x", None], row))[1].findings[0]

    assert (finding.effect, finding.line, finding.cell) == ("refused", 3, cell)


def test_a_padded_key_may_be_a_number() -> None:
    """With `pad` both sides get their zeros back."""
    assert read(made(HEADER, [123, "x", None]), Contract((KeyPart("No", pad=5),), ("Name",), format="xlsx"))[0] == {
        "00123": ("x",)
    }


def test_the_sheet_is_named_where_there_are_several() -> None:
    """Otherwise nobody can tell which is meant."""
    data = made(HEADER, ["1", "x", None], sheets=("Old", "New"))
    named = Contract((KeyPart("No"),), ("Name",), format="xlsx", sheet="New")

    assert read(data)[1].findings[0].kind == "no_sheet"
    assert read(data, named)[0] == {"1": ("x",)}


def test_what_unpacks_without_end_or_is_no_workbook_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A zip bomb, any cut of a workbook, a CSV: nothing counts."""
    good = made(HEADER, ["1", "x", None])
    for at in range(0, len(good), 97):
        assert read(good[:at])[1].status in ("refused", "held")
    assert read(b"No;Name\r\n1;x\r\n")[1].findings[0].kind == "wrong_content"

    monkeypatch.setattr(workbook_size, "MAX_UNPACKED", 10_000)
    bomb = made(HEADER, ["1", "x" * 20_000, None])
    assert len(bomb) < 3_000
    assert read(bomb)[1].findings[0].kind == "too_large"


def with_part(data: bytes, name: str, content: str | bytes) -> bytes:
    """Return the workbook with one part more, or another one of that name."""
    packed = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in old.namelist():
            if one != name:
                archive.writestr(one, old.read(one))
        archive.writestr(name, content)
    return packed.getvalue()


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def sheet(rows: str) -> str:
    header = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in HEADER)
    return f"<worksheet {MAIN}><sheetData><row>{header}</row>{rows}</sheetData></worksheet>"


def test_one_text_that_many_cells_share_is_counted_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """35 KB became a gigabyte: a long text once, and thousands of cells that refer to it, however they are written."""
    monkeypatch.setattr(workbook_size, "MAX_UNPACKED", 1_000_000)
    good = made(HEADER, ["1", "x", None])
    texts = f"<sst {MAIN}><si><r><t>{'x' * 600}</t></r><r><t>{'y' * 400}</t></r></si></sst>"
    for cell in ('<c t="s"><v>0</v></c>', "<c  t = 's' ><f>1</f><v> 0 </v></c>"):
        for times, kind in ((1_100, "too_large"), (900, "")):
            rows = "".join(f'<row><c t="inlineStr"><is><t>{n}</t></is></c>{cell}</row>' for n in range(times))
            bomb = with_part(with_part(good, "xl/sharedStrings.xml", texts), "xl/worksheets/s1.xml", sheet(rows))
            assert len(bomb) < 30_000
            found = read(bomb)[1].findings
            assert [one.kind for one in found if one.effect == "refused"] == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("corner", "kind"), [("XFD1048576", "too_large"), ("L1048576", "too_large"), ("ZZZ2", "too_many_columns")]
)
def test_cells_in_opposite_corners_dont_lay_out_what_is_between(corner: str, kind: str) -> None:
    """The reader would make a place for each; who wrote to the last row by mistake is told which it is."""
    far = sheet(f'<row><c r="{corner}"><v>1</v></c></row>')
    found = read(with_part(made(HEADER, ["1", "x", None]), "xl/worksheets/s1.xml", far))[1].findings[0]

    assert found.kind == kind
    assert kind != "too_large" or "reaches to row 1,048,576 and column" in found.message


def test_other_formats_in_a_zip_and_entities_are_no_workbook() -> None:
    """The reader knows them too, with bombs of their own; a zip in a zip is never unpacked, and a long cell refused."""
    good = made(HEADER, ["1", "x", None])
    for name, content in (
        ("content.xml", "<office/>"),
        ("xl/workbook.bin", b"\x00"),
        ("xl/a.xml", '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'),
    ):
        assert read(with_part(good, name, content))[1].findings[0].kind == "broken_workbook"
    assert read(with_part(good, "xl/media/inner.zip", good))[0] == {"1": ("x", "")}
    longest = "x" * workbook_size.MAX_CELL
    assert read(made(HEADER, ["1", longest, None]))[1].status == "accepted"
    assert read(made(HEADER, ["1", longest + "x", None]))[1].findings[0].kind == "too_large"


def test_only_a_workbook_imports_the_extra() -> None:
    """A CSV is read without it, and importing the modules brings none of the extras."""
    code = (
        "import sys, upa_core.adapters.sources.file_rows, upa_core.adapters.sources.workbook, "
        "upa_core.adapters.sources.sql_drivers, upa_core.adapters.sources.sql_server, "
        "upa_core.adapters.sources.blob_place\n"
        "extras = ('python_calamine', 'pg8000', 'pytds', 'sqlite3', 'azure', 'zoneinfo')\n"
        "print([name for name in extras if name in sys.modules])"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def changed(data: bytes, old: str, new: str) -> bytes:
    """Return a workbook with another text in its parts."""
    packed, unpacked = BytesIO(), zipfile.ZipFile(BytesIO(data))
    with zipfile.ZipFile(packed, "w") as archive:
        for name in unpacked.namelist():
            archive.writestr(name, unpacked.read(name).decode().replace(old, new))
    return packed.getvalue()


BOOK = made(HEADER, ["1", "Ada", None, "x"], ["2", "Bo", None, None])
ADA = '<c t="inlineStr"><is><t xml:space="preserve">Ada</t></is></c>'
MERGED = '</sheetData><mergeCells><mergeCell ref="{}"/></mergeCells>'


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (ADA, '<c t="e"><v>#N/A</v></c>', 2),
        (ADA, '<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', 2),
        (ADA, "<c><f>A1</f></c>", 2),
        ("</sheetData>", MERGED.format("B2:B3"), 2),
        ("</sheetData>", MERGED.format("A3:C3"), 3),
    ],
)
def test_a_cell_that_would_be_taken_for_empty_refuses_the_workbook(old: str, new: str, line: int) -> None:
    """An error, a formula without its result, merged cells: the reader shows them as empty, which would clear."""
    finding = read(changed(BOOK, old, new))[1].findings[0]

    assert (finding.effect, finding.kind, finding.line) == ("refused", "excel_cell", line)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (ADA, '<c t="str"><f>A1</f><v>Ada</v></c>'),
        ("</sheetData>", MERGED.format("A1:C1")),
        ("</sheetData>", MERGED.format("D2:D3")),
        ('<c t="inlineStr"><is><t xml:space="preserve">x</t></is></c>', '<c t="e"><v>#N/A</v></c>'),
    ],
)
def test_what_hides_no_value_that_is_read_is_accepted(old: str, new: str) -> None:
    """A formula with its result, a merged title, errors in a column that nobody reads."""
    rows, verdict = read(changed(BOOK, old, new))

    assert (verdict.status, rows["1"][0], rows["2"][0]) == ("accepted", "Ada", "Bo")


def test_numbers_are_written_as_excel_shows_them() -> None:
    """Fifteen digits, never an exponent."""
    book = made(HEADER, ["1", 0.1 + 0.2, None], ["2", 1e-7, None], ["3", 1234567.891, None])

    assert [values[0] for values in read(book)[0].values()] == ["0.3", "0.0000001", "1234567.891"]


def test_a_blank_line_before_the_header_hides_no_number() -> None:
    """A key that is a number is refused there too."""
    assert read(made([None, None, None], HEADER, [7, "x", None]))[1].findings[0].kind == "excel_number"


@pytest.mark.parametrize("value", [Zeros(42), Percent(0.5), Percent(1)])
def test_a_number_that_the_sheet_shows_in_another_form_refuses_the_workbook(value: object) -> None:
    """Excel shows 00042 or 50 %, and only 42 or 0.5 can be read; a column that nobody reads may hold it."""
    told = read(made(HEADER, ["1", "A", None], ["2", value, None]))[1].findings[0]

    assert (told.kind, told.line, told.cell) == ("excel_cell", 3, "Name")
    rows, _ = read(made([*HEADER, "Rate"], ["1", "A", None, value]))
    assert rows == {"1": ("A", "")}


def test_a_number_with_as_many_digits_as_its_format_is_read_and_so_is_a_padded_key() -> None:
    """What Excel shows is what is read."""
    assert read(made(HEADER, ["1", Zeros(12345), None]))[0] == {"1": ("12345", "")}
    padded = Contract((KeyPart("No", pad=5),), ("Name",), format="xlsx")
    assert read(made(HEADER, [Zeros(42), "A", None]), padded)[0] == {"00042": ("A",)}


def test_a_sheet_without_rows_is_held() -> None:
    """A header alone, or nothing at all, is an incomplete file."""
    assert [read(made(*rows))[1].holds for rows in ([HEADER], [])] == [("incomplete_file",)] * 2
