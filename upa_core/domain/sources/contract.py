"""What a source promises of its file, and what is known of the file that was accepted last."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

FileFormat = Literal["csv", "json", "jsonl", "xlsx"]

HoldReason = Literal["incomplete_file", "column_collapsed", "contradictory_keys", "older_file", "key_share_unmatched"]
"""Why a file that can be read waits for somebody to decide."""
FIRST_CLEAR = "first_clear"
"""Why the values of people who are missing wait: none was ever cleared for it. What is held is no file."""

DELIMITERS = (",", ";", "\t", "|")
"""What a header line may be divided by when no delimiter is declared."""


@dataclass(frozen=True, slots=True)
class KeyPart:
    """A column that names the person, and the attribute of the person that it equals."""

    column: str
    to: str = "employeeId"
    """Dotted path of the attribute, e.g. employeeId, userPrincipalName, mail, id."""
    pad: int = 0
    """Digits are filled up with zeros from the left to this length, in the file and in the directory alike."""


@dataclass(frozen=True, slots=True)
class Contract:
    """What a file must hold to before its first row counts."""

    keys: tuple[KeyPart, ...]
    """One column or several that name a person together."""
    columns: tuple[str, ...] = ()
    """The columns that are read beside the key."""
    every_column: bool = False
    """Read every column of the header; `columns` isn't looked at."""
    dates: frozenset[str] = frozenset()
    """Columns that hold dates: a day number of Excel is refused there."""
    format: FileFormat = "csv"
    encoding: str = "utf-8"
    """A name of `encodings.NAMES`; a byte order mark outranks it."""
    delimiter: str = ""
    """"" = found in the header line alone."""
    nulls: tuple[str, ...] | None = None
    """Words that mean no value; None: nobody said, and words that usually mean it are told."""
    min_rows: int = 1
    max_drop: float = 5.0
    """Percent of the rows accepted last that may be missing."""
    trailer: str = ""
    """The last row as text, `{rows}` standing for the number of rows, e.g. `TRAILER;{rows}`."""
    ends_with_newline: bool = True
    """False: the writer never ends the last line, which is read all the same."""
    items: str = ""
    """JSON: dotted path of the list of people; "" where the document is that list."""
    total: str = ""
    """JSON: dotted path of the number of people."""
    sheet: str = ""
    """XLSX: name of the sheet; "" where there is one."""
    max_rows: int = 5_000_000
    max_columns: int = 1_000
    max_unmatched: float = 5.0
    """Percent of rows that may name nobody."""

    @property
    def proves_completeness(self) -> bool:
        """Tell whether the file itself says how many rows it holds."""
        return bool(self.trailer or self.total)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is remembered of the file that was accepted last."""

    rows: int
    shares: dict[str, float] = field(default_factory=dict)
    """By column: percent of the rows that hold a value."""
    delimiter: str = ""


ODD_ROWS = 0.5
"""Percent of rows that may be set aside for their shape or for damage; more refuse the file."""
COLLAPSE = 20.0
"""Points by which the share of rows with a value may fall in a column that is read."""
CONTRADICTIONS = 1.0
"""Percent of keys whose rows may contradict each other; more hold the file. Those keys' rows never count."""
