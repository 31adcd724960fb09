"""The file contract of a source, and what is remembered of the last accepted file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

FileFormat = Literal["csv", "json", "jsonl", "xlsx"]

HoldReason = Literal["incomplete_file", "column_collapsed", "contradictory_keys", "older_file", "key_share_unmatched"]
"""Why a file that can be read waits for a decision."""
FIRST_CLEAR = "first_clear"
"""Why the values of missing people wait: none was ever cleared for that reason. No file is held."""
NOBODY_NAMED = "nobody_named"
MANY_LEFT = "many_left"
"""Why an offer waits where a row ends with the offer that doesn't name it: nobody, or few people, would be left."""

DELIMITERS = (",", ";", "\t", "|")
"""The delimiters that are tried in the header line, if none is declared."""


@dataclass(frozen=True, slots=True)
class KeyPart:
    """A column that names the person, and the person's attribute that has the same value."""

    column: str
    to: str = "employeeId"
    """Dotted path of the attribute, e.g. employeeId, userPrincipalName, mail, id."""
    pad: int = 0
    """Digits get leading zeros up to this length, in the file and in the directory."""


@dataclass(frozen=True, slots=True)
class Contract:
    """The conditions that a file must meet before its first row counts."""

    keys: tuple[KeyPart, ...]
    """The columns that name a person, one or several together."""
    columns: tuple[str, ...] = ()
    """The columns that are read besides the key."""
    every_column: bool = False
    """Read every column of the header, whatever `columns` says."""
    dates: frozenset[str] = frozenset()
    """Columns of dates: a day number of Excel is refused in them."""
    format: FileFormat = "csv"
    encoding: str = "utf-8"
    """A name in `encodings.NAMES`; a byte order mark has priority."""
    delimiter: str = ""
    """"" = found by the header line alone."""
    header: str = ""
    """CSV: the header line of a file that has none; "" where it has one."""
    nulls: tuple[str, ...] | None = None
    """Words that mean no value; None: not declared, and the usual words are reported."""
    not_damaged: tuple[str, ...] = ()
    """Texts that look damaged and are right."""
    min_rows: int = 1
    max_drop: float = 5.0
    """Percent of the last accepted file's rows that may be missing."""
    trailer: str = ""
    """The last row as text, with `{rows}` for the number of rows, e.g. `TRAILER;{rows}`."""
    ends_with_newline: bool = True
    """False: the last line has no line break, and is read anyway."""
    items: str = ""
    """JSON: dotted path of the list of people; "" where the document is that list."""
    total: str = ""
    """JSON: dotted path of the number of people."""
    sheet: str = ""
    """XLSX: name of the sheet; "" where there is only one."""
    partial: bool = False
    """Only what changed: no count and no share of it says anything."""
    max_rows: int = 5_000_000
    max_columns: int = 1_000
    max_unmatched: float = 5.0
    """Percent of rows that may match nobody."""

    @property
    def proves_completeness(self) -> bool:
        """Return whether the file itself says how many rows it holds."""
        return bool(self.trailer or self.total)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is remembered of the last accepted file."""

    rows: int
    shares: dict[str, float] = field(default_factory=dict)
    """By column: percent of the rows that hold a value."""
    delimiter: str = ""


ODD_ROWS = 0.5
"""Percent of rows that may be set aside for their shape or for damage; a file with more is refused."""
COLLAPSE = 20.0
"""Percentage points by which the share of rows with a value may fall in a column that is read."""
CONTRADICTIONS = 1.0
"""Percent of keys whose rows may contradict each other; a file with more is held.

The rows of these keys never count.
"""
