"""The list of people whose profiles may be unreadable: each by name, with a last day."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from upa_core.domain.errors import InvalidValueError

COLUMNS = ("person", "until", "reason", "by")
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Excepted:
    """One person on the list."""

    person: str
    """Object id or user principal name, as written in the list."""
    until: date
    """The last day of the exception."""
    reason: str
    by: str


def read_exceptions(text: str) -> list[Excepted]:
    """Read the list: CSV with the columns person, until (yyyy-mm-dd), reason and by. No cell may be empty.

    Raises `InvalidValueError` that names the line and its error.
    """
    rows = csv.reader(text.lstrip("\ufeff").splitlines(keepends=True), strict=True)
    found: list[Excepted] = []
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        if sorted(header) != sorted(COLUMNS):
            raise InvalidValueError(f"line 1: the columns are {', '.join(COLUMNS)}")
        for row in rows:
            if any(cell.strip() for cell in row):
                found.append(_one(dict(zip(header, row, strict=False)), len(row), rows.line_num))
            if len(found) > MOST:
                raise InvalidValueError(f"more than {MOST:,} people: that is no list of exceptions")
    except csv.Error as exc:
        raise InvalidValueError(f"line {rows.line_num}: {exc}") from exc
    _check_twice(found)
    return found


def _one(row: dict[str, str], cells: int, line: int) -> Excepted:
    if cells != len(COLUMNS):
        raise InvalidValueError(f"line {line}: {cells} cells instead of {len(COLUMNS)}")
    texts = {name: row[name].strip() for name in COLUMNS}
    if empty := [name for name, text in texts.items() if not text]:
        raise InvalidValueError(f"line {line}: {', '.join(empty)} is empty")
    try:
        until = date.fromisoformat(texts["until"])
    except ValueError:
        raise InvalidValueError(f"line {line}: until isn't a date such as 2027-03-31") from None
    return Excepted(texts["person"].lower(), until, texts["reason"], texts["by"])


def _check_twice(found: Iterable[Excepted]) -> None:
    seen: set[str] = set()
    for one in found:
        if one.person in seen:
            raise InvalidValueError("somebody is on the list twice: which date holds?")
        seen.add(one.person)
