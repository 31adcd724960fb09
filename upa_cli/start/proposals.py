"""Mappings proposed from a file: columns from its header, types from its first rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from upa_cli.shell import exits
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean
from upa_cli.work.source_file import chunks_of, contract_of
from upa_core.adapters.sources.reading import judged
from upa_core.domain.plan.core_properties import is_property_name, why_core
from upa_core.domain.sources.contract import Contract, KeyPart
from upa_core.domain.sources.findings import SourceRow

SOURCE = "hr"
"""The name of the file's source in the connector file."""
_SAMPLES = 1000
_WORDS = frozenset({"true", "false"})
_LIKE_A_DATE = re.compile(r"[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}")


@dataclass(frozen=True, slots=True)
class Proposed:
    """A column and a property for it."""

    column: str
    target: str
    type: str = "string"
    remark: str = ""


@dataclass(frozen=True, slots=True)
class FileProposal:
    """A proposal for joining a file."""

    at: str
    contract: Contract
    key: KeyPart
    mappings: tuple[Proposed, ...]
    left_out: tuple[tuple[str, str], ...]
    """Column and why nothing is proposed for it."""


def propose(file: Path, *, encoding: str | None, delimiter: str | None) -> FileProposal:
    """Read a file under the file contract and propose how to join it; no person's value is kept.

    Raises `CommandError` where it can't be read, would be refused, names nobody or has nothing to map.
    """
    contract = contract_of(
        file,
        keys=(),
        columns=(),
        dates=(),
        file_format=None,
        encoding=encoding,
        delimiter=delimiter,
        nulls=(),
        pad=0,
        min_rows=1,
        trailer=None,
        no_last_newline=False,
    )
    read = judged(chunks_of(file), contract)
    rows = list(islice(read, _SAMPLES))
    for _ in read:
        pass
    verdict = read.verdict
    if verdict.status == "refused" or not rows:
        first = verdict.findings[0].message if verdict.findings else "it has no rows"
        raise CommandError(f"{clean(file)} would not be accepted: {clean(first)}. See upa source check", exits.REFUSED)
    key = contract.keys[0]
    mappings, left_out = _mappings(verdict.columns, rows)
    if not mappings:
        raise CommandError(f"{clean(file)} has no column besides {clean(key.column)} that a property could hold")
    pad = _usual_length([row[1] for row in rows])
    return FileProposal(
        str(file.resolve()), contract, KeyPart(key.column, key.to, pad), tuple(mappings), tuple(left_out)
    )


def _mappings(columns: Sequence[str], rows: Sequence[SourceRow]) -> tuple[list[Proposed], list[tuple[str, str]]]:
    mappings: list[Proposed] = []
    left_out: list[tuple[str, str]] = []
    for at, column in enumerate(columns):
        values = [value for _, _, row in rows if (value := row[at])]
        target = property_named(column)
        taken = {one.target.lower() for one in mappings}
        if not values:
            left_out.append((column, "no row holds a value"))
        elif not column.isprintable():
            left_out.append((column, "its name holds a line break, or another character that can't be shown"))
        elif not target:
            left_out.append((column, "a property can't have this name"))
        elif why := why_core(target):
            left_out.append((column, why))
        elif target.lower() in taken:
            left_out.append((column, f"another column already fills {target}"))
        else:
            mappings.append(Proposed(column, target, *_kind(values)))
    return mappings, left_out


def property_named(column: str) -> str:
    """Return a property name made from a column's name, "" where no letter is left: `Cost center` → CostCenter."""
    plain = unicodedata.normalize("NFKD", column.replace("ß", "ss")).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z0-9]+", plain)
    name = "".join(word[:1].upper() + word[1:] for word in words).lstrip("0123456789")
    return name if is_property_name(name) else ""


def _kind(values: Sequence[str]) -> tuple[str, str]:
    """Return the type of all samples, and a remark; a text where they differ."""
    if all(map(_is_day, values)):
        return "date", ""
    if all(map(_is_moment, values)):
        return "datetime", ""
    if {value.lower() for value in values} <= _WORDS:
        return "boolean", ""
    if all(_LIKE_A_DATE.fullmatch(value) for value in values):
        return "string", "looks like a date that isn't written as 2026-01-31: it stays a text"
    return "string", ""


def _is_day(value: str) -> bool:
    try:
        return len(value) == 10 and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_moment(value: str) -> bool:
    try:
        return "T" in value and datetime.fromisoformat(value) is not None
    except ValueError:
        return False


def _usual_length(keys: Iterable[str]) -> int:
    """Return the length to which keys are filled, 0 where they aren't digits of one length with leading zeros."""
    keys = list(keys)
    lengths = {len(key) for key in keys}
    zeros = any(key.startswith("0") for key in keys)
    return lengths.pop() if len(lengths) == 1 and zeros and all(key.isdigit() for key in keys) else 0
