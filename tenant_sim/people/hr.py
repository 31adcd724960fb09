"""Turns HR files into Entra attributes: any CSV, a small mapping, errors that name file and line.

A mapping says for each Entra attribute where its value comes from: a column's name, a template such as
`{UserID}@{domain}`, or `Column = text` for true and false. A dot leads into a complex attribute. `key` names the column
that tells people apart: its first row is the hire, later rows of the same key are edits.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TextIO

import yaml

MICROSOFT_SAMPLE: dict[str, str] = {
    "key": "WorkerID",
    "employeeId": "WorkerID",
    "displayName": "FullName",
    "givenName": "FirstName",
    "surname": "LastName",
    "userPrincipalName": "{UserID}@{domain}",
    "mail": "{UserID}@{domain}",
    "accountEnabled": "WorkerStatus = Active",
    "employeeType": "WorkerType",
    "employeeHireDate": "HireDate",
    "department": "Department",
    "jobTitle": "JobTitle",
    "companyName": "Company",
    "officeLocation": "Location",
    "streetAddress": "StreetAddress",
    "city": "City",
    "country": "CountryCode",
    "postalCode": "ZipCode",
    "businessPhones": "OfficePhone",
    "employeeOrgData.division": "Division",
    "employeeOrgData.costCenter": "CostCenter",
    "onPremisesExtensionAttributes.extensionAttribute1": "Custom01",
    "onPremisesExtensionAttributes.extensionAttribute2": "Custom02",
}
"""The default: Microsoft's sample for API-driven provisioning, and the feed of `people`."""

LISTS = frozenset({"businessPhones", "otherMails"})
DATES = frozenset({"employeeHireDate", "employeeLeaveDateTime"})
SHOWN = 20
"""At most this many unusable rows are named in one error."""


class HrError(ValueError):
    """A row that cannot be used; the text begins with `file:line:`."""


@dataclass(frozen=True)
class Row:
    """One row, as attributes; an empty cell is None."""

    key: str
    attributes: dict[str, Any]
    line: int


def read(
    path: Path | str,
    mapping: dict[str, str] | None = None,
    *,
    domain: str = "contoso.com",
    aside: list[str] | None = None,
) -> list[Row]:
    """Read a CSV file.

    With `aside`, each row that can't be used is reported there by line and cell, and the others are returned.
    Without it, one error names them all.

    Raises `HrError` for a file that can't be read as a whole, and without `aside` for any row that can't be used.
    """
    path, problems = Path(path), [] if aside is None else aside
    convert = Converter(mapping or MICROSOFT_SAMPLE, domain)
    with _opened(path) as stream:
        reader = csv.DictReader(stream, restkey="\0more", restval="\0less", strict=True)
        try:
            _check_heading(path, reader.fieldnames or (), convert.columns)
            rows = list(_usable(path, reader, convert, problems))
        except csv.Error as exc:
            raise HrError(f"{path}:{reader.reader.line_num}: {exc}") from exc
        except UnicodeDecodeError as exc:
            raise HrError(
                f"{path}: isn't UTF-8 (byte {exc.start}); a file of Windows-1252 has to be saved as UTF-8"
            ) from exc
    if problems and aside is None:
        raise HrError("\n".join(_shortened(problems)))
    return rows


def aside_lines(aside: list[str]) -> list[str]:
    """Return lines that tell of the rows that were set aside, none where there are none."""
    return [f"{len(aside)} row(s) set aside, the others are used:", *_shortened(aside)] if aside else []


def _shortened(problems: list[str]) -> list[str]:
    return [*problems[:SHOWN], *([f"and {len(problems) - SHOWN} rows more"] if len(problems) > SHOWN else [])]


def _opened(path: Path) -> TextIO:
    """Open a feed for the csv module, which alone knows where a row ends: a cell may hold any line break."""
    try:
        if path.stat().st_size == 0:
            raise HrError(f"{path} is empty: its first line names the columns")
        return path.open(encoding="utf-8-sig", newline="")
    except FileNotFoundError as exc:
        raise HrError(f"{path}: there is no such file") from exc
    except OSError as exc:
        raise HrError(f"{path}: can't be read ({exc.strerror or type(exc).__name__})") from exc


def _check_heading(path: Path, names: Iterable[str], wanted: set[str]) -> None:
    names = list(names)
    missing = wanted - set(names)
    if missing and len(names) == 1 and ";" in names[0]:
        raise HrError(f"{path}:1: the columns are separated by semicolons; save the file with commas")
    if missing:
        raise HrError(f"{path}:1: no column named {', '.join(sorted(missing))}")


def _usable(path: Path, reader: csv.DictReader[str], convert: Converter, problems: list[str]) -> Iterator[Row]:
    for cells in reader:
        try:
            if "\0more" in cells or "\0less" in cells.values():
                raise HrError("the row has not as many cells as the heading")
            yield Row(*convert(cells), line=reader.line_num)
        except HrError as exc:
            problems.append(f"{path}:{reader.line_num}: {exc}")


def convert_rows(cells: Iterable[dict[str, str]], *, domain: str = "contoso.com") -> Iterator[Row]:
    """Turn rows of the `people` feed into attributes."""
    convert = Converter(MICROSOFT_SAMPLE, domain)
    for n, one in enumerate(cells, start=2):
        yield Row(*convert(one), line=n)


def split(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Part hires (the first row of each key) from edits (later rows), both in the order of the file."""
    seen: set[str] = set()
    hires: list[Row] = []
    edits: list[Row] = []
    for row in rows:
        (edits if row.key in seen else hires).append(row)
        seen.add(row.key)
    return hires, edits


def load_mapping(path: Path | str) -> dict[str, str]:
    """Read a mapping file (YAML or JSON): attribute: column."""
    try:
        loaded = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as exc:
        raise HrError(f"{path}: {' '.join(str(exc).split())}") from exc
    if not isinstance(loaded, dict) or not all(isinstance(v, str) for v in loaded.values()):
        raise HrError(f"{path}: a mapping has lines of the form 'attribute: column'")
    if "key" not in loaded or "userPrincipalName" not in loaded:
        raise HrError(f"{path}: the mapping must name 'key' and 'userPrincipalName'")
    return loaded


class Converter:
    """A mapping, compiled: one row's cells in, key and attributes out."""

    def __init__(self, mapping: dict[str, str], domain: str) -> None:
        self._domain = domain
        self._key = mapping["key"]
        self.columns = {self._key}
        self._steps: list[tuple[str, str | None, Callable[[dict[str, str]], Any]]] = []
        for target, source in mapping.items():
            if target != "key":
                name, _, part = target.partition(".")
                self._steps.append((name, part or None, self._reader(name, source)))

    def __call__(self, cells: dict[str, str]) -> tuple[str, dict[str, Any]]:
        """Convert a row."""
        key = cells[self._key].strip()
        if not key:
            raise HrError(f"{self._key} is empty")
        attributes: dict[str, Any] = {}
        for name, part, read_value in self._steps:
            value = read_value(cells)
            if part is None:
                attributes[name] = value
            else:
                attributes.setdefault(name, {})[part] = value
        if not attributes.get("userPrincipalName"):
            raise HrError("userPrincipalName would be empty")
        return key, attributes

    def _reader(self, target: str, source: str) -> Callable[[dict[str, str]], Any]:
        if "{" in source:
            self.columns |= set(re.findall(r"\{(\w+)\}", source)) - {"domain"}
            first = re.findall(r"\{(\w+)\}", source)[0]
            return lambda cells: source.format_map({**cells, "domain": self._domain}) if cells.get(first) else None
        if " = " in source:
            column, _, wanted = source.partition(" = ")
            self.columns.add(column)
            return lambda cells: cells[column] == wanted
        self.columns.add(source)
        if target in LISTS:
            return lambda cells: [cells[source]] if cells[source] else []
        if target in DATES:
            return lambda cells: _date(source, cells[source])
        return lambda cells: cells[source] or None


def _date(column: str, text: str) -> str | None:
    if not text:
        return None
    try:
        return f"{date.fromisoformat(text.strip()).isoformat()}T00:00:00Z"
    except ValueError:
        raise HrError(f"{column} is not a date (yyyy-MM-dd): {text!r}") from None
