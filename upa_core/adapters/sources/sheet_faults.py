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


class Fault(NamedTuple):
    """A range of cells without a value of their own: rows from 1, columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int
    message: str


def faults_of(data: bytes, sheet: str) -> list[Fault]:
    """Return the faults of one sheet of a workbook.

    Raises `ValueError` or `KeyError` where its parts aren't those of an XLSX.
    """
    with zipfile.ZipFile(BytesIO(data)) as packed:
        part = _without_a_dtd(packed.read(_part(packed, sheet)))
    if not any(mark in part for mark in _MARKS):
        return []
    try:
        return _found(part)
    except ElementTree.ParseError as error:
        raise ValueError("the sheet isn't XML") from error


def worst(faults: Sequence[Fault], header: int, columns: Sequence[int]) -> tuple[int, int, str] | None:
    """Return line, column and message of the first fault behind the header in one of the columns; None without one."""
    hits = [
        (max(one.top, header + 1), at, one.message)
        for one in faults
        for at in columns
        if one.bottom > header and one.left <= at <= one.right
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


def _found(part: bytes) -> list[Fault]:
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
