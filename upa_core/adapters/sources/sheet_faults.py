"""Cells of a sheet that show no value to the reader of workbooks, and would be taken for empty ones."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple
from xml.etree import ElementTree

_MARKS = (b't="e"', b"t='e'", b"<f", b":f>", b"mergeCell ")
_ERROR = "the cell holds an error of Excel, such as #N/A"
_FORMULA = "the cell holds a formula, and its result isn't in the workbook"
_MERGED = "the cell is merged with another one, and only one of them holds the value"
_SHOWN = "the cell is a number that the sheet shows in another form (00042, 50 %), and only the number can be read"
_ZEROS = re.compile(r"0{2,}")
_PERCENT = 99
"""Digits: no number has as many."""


class Fault(NamedTuple):
    """A range of cells without a value of their own: rows from 1, columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int
    message: str
    of_values: bool = False
    """A key isn't affected: its number is refused, or filled up with zeros."""


def faults_of(data: bytes, sheet: str) -> list[Fault]:
    """Return the faults of one sheet of a workbook.

    Raises `ValueError` or `KeyError` where its parts aren't those of an XLSX.
    """
    with zipfile.ZipFile(BytesIO(data)) as packed:
        part = _without_a_dtd(packed.read(_part(packed, sheet)))
        widths = _widths(packed)
    if not any(mark in part for mark in _MARKS) and not any(f's="{style}"'.encode() in part for style in widths):
        return []
    try:
        return _found(part, widths)
    except ElementTree.ParseError as error:
        raise ValueError("the sheet isn't XML") from error


def worst(
    faults: Sequence[Fault], header: int, columns: Sequence[int], keys: Sequence[int]
) -> tuple[int, int, str] | None:
    """Return line, column and message of the first fault behind the header in one of the columns; None without one.

    `keys`: those of the columns that name a person.
    """
    hits = [
        (max(one.top, header + 1), at, one.message)
        for one in faults
        for at in columns
        if one.bottom > header and one.left <= at <= one.right and not (one.of_values and at in keys)
    ]
    return min(hits, default=None)


def _without_a_dtd(xml: bytes) -> bytes:
    if b"<!DOCTYPE" in xml.replace(b"\0", b""):
        raise ValueError("a part declares entities, which no workbook needs")
    return xml


def _part(packed: zipfile.ZipFile, sheet: str) -> str:
    try:
        book = ElementTree.fromstring(_without_a_dtd(packed.read("xl/workbook.xml")))  # noqa: S314 - it has no entities
        links = ElementTree.fromstring(_without_a_dtd(packed.read("xl/_rels/workbook.xml.rels")))  # noqa: S314 - as above
    except ElementTree.ParseError as error:
        raise ValueError("the workbook isn't XML") from error
    wanted = {
        value
        for one in book.iter()
        if one.tag.endswith("}sheet") and one.get("name") == sheet
        for key, value in one.items()
        if key.endswith("}id")
    }
    target = next((one.get("Target", "") for one in links if one.get("Id") in wanted), "")
    return target[1:] if target.startswith("/") else f"xl/{target}"


def _widths(packed: zipfile.ZipFile) -> dict[str, int]:
    """Return, by the number of a cell's style, how many digits it shows at least; only styles that show more."""
    if "xl/styles.xml" not in packed.namelist():
        return {}
    try:
        root = ElementTree.fromstring(_without_a_dtd(packed.read("xl/styles.xml")))  # noqa: S314 - it has no entities
    except ElementTree.ParseError as error:
        raise ValueError("the styles aren't XML") from error
    codes = {"9": "0%", "10": "0.00%"}
    codes |= {one.get("numFmtId", ""): one.get("formatCode", "") for one in root.iter() if one.tag.endswith("}numFmt")}
    styles = next((list(one) for one in root if one.tag.endswith("}cellXfs")), [])
    found: dict[str, int] = {}
    for at, style in enumerate(styles):
        code = codes.get(style.get("numFmtId", ""), "")
        if "%" in code:
            found[str(at)] = _PERCENT
        elif zeros := _ZEROS.match(code):
            found[str(at)] = len(zeros[0])
    return found


def _is_shown_otherwise(cell: ElementTree.Element, widths: dict[str, int]) -> bool:
    if cell.get("t", "n") != "n" or cell.get("s", "") not in widths:
        return False
    number = next((child.text or "" for child in cell if child.tag.rpartition("}")[2] == "v"), "")
    return 0 < len(number.lstrip("-").partition(".")[0]) < widths[cell.get("s", "")]


def _found(part: bytes, widths: dict[str, int]) -> list[Fault]:
    faults: list[Fault] = []
    row, column = 0, -1
    for event, one in ElementTree.iterparse(BytesIO(part), events=("start", "end")):  # noqa: S314 - it has no entities
        name = one.tag.rpartition("}")[2]
        if event == "start":
            if name == "row":
                row, column = int(one.get("r") or row + 1), -1
            elif name == "c":
                column = _place(one.get("r") or "")[1] if one.get("r") else column + 1
        elif name == "c":
            inside = {child.tag.rpartition("}")[2] for child in one}
            if one.get("t") == "e":
                faults.append(Fault(row, column, row, column, _ERROR))
            elif "f" in inside and not inside & {"v", "is"}:
                faults.append(Fault(row, column, row, column, _FORMULA))
            elif widths and _is_shown_otherwise(one, widths):
                faults.append(Fault(row, column, row, column, _SHOWN, of_values=True))
        elif name == "mergeCell":
            first, _, last = one.get("ref", "").partition(":")
            (top, left), (bottom, right) = _place(first), _place(last or first)
            if (top, left) != (bottom, right):
                faults.append(Fault(top, left, bottom, right, _MERGED))
        elif name == "row":
            one.clear()
    return faults


def _place(ref: str) -> tuple[int, int]:
    match = re.fullmatch(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})", ref)
    if match is None:
        raise ValueError("a cell has no place")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column - 1
