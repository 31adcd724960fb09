"""Dates as Graph writes them, and .NET's date formats in the invariant culture.

The formats are those of Entra's `FormatDateTime` (entra-docs, functions-for-customizing-application-data); `strptime`
isn't used because it follows the process's locale.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from upa_core.domain.errors import InvalidValueError
from upa_core.domain.language.date_format.reading import DateReader, reader_of
from upa_core.domain.language.date_format.tokens import Token, tokens_of
from upa_core.domain.language.date_format.writing import plain_writer, write
from upa_core.domain.language.time_zones import moment_of, offset_of

_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?(Z|z|[+-]\d{2}:?\d{2})?", re.ASCII
)
_USUAL = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\dZ", re.ASCII)
"""The form of most dates in a full round, which Python reads in one step."""
_UNSET = {(1, 1, 1), (0, 1, 1), (0, 0, 0)}
"""`0001-01-01T00:00:00Z` is an unset date [GR-38], and zeros are. Any other day of these years is a mistake, or a day
whose year got lost: taken for no date it would clear a value."""


def parse_iso(text: str) -> datetime | None:
    """Read a date or date-time of ISO 8601 as UTC, dropping what is finer than a microsecond; None for an unset date.

    Graph sends `…Z` with up to seven fractional digits [GR-36]. A time without an offset is taken as UTC.
    """
    if _USUAL.fullmatch(text) and text > "0002":
        try:
            return datetime.fromisoformat(text)
        except ValueError as error:
            raise InvalidValueError("isn't a date of the calendar") from error
    match = _ISO.fullmatch(text.strip())
    if not match:
        raise InvalidValueError("isn't a date such as 2025-04-03 (ISO 8601); FormatDateTime reads other forms")
    *parts, fraction, offset = match.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    if (year, month, day) in _UNSET:
        return None
    micro = int((fraction or "").ljust(6, "0")[:6])
    return moment_of((year, month, day, hour, minute, second, micro), offset_of(offset) if offset else None)


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A compiled .NET date format."""

    pattern: str
    tokens: tuple[Token, ...]
    plain: Callable[[datetime], str] | None
    """Writes a moment where all tokens are plain numbers and literals; else None."""
    reader: DateReader | None = None
    """Only in a format that is read with."""

    @classmethod
    def compile(cls, pattern: str, *, reading: bool = False) -> DateFormat:
        """Compile a format; `reading`: for reading too.

        Raises:
            ConfigError: the pattern isn't a format of .NET.
        """
        tokens = tokens_of(pattern)
        return cls(
            pattern, tokens, plain_writer(tokens), reader_of(tokens_of(pattern, reading=True)) if reading else None
        )

    @property
    def letters(self) -> frozenset[str]:
        """The letters of its date parts: y, M, d, H, …"""
        return frozenset(token.letter for token in self.tokens if token.letter)

    @property
    def has_weekday(self) -> bool:
        """Return whether the format has the name of the day."""
        return any(token.letter == "d" and token.width > 2 for token in self.tokens)

    def doubt(self) -> tuple[str, str]:
        """Return a probable mistake and its correction: letters that .NET writes unchanged, minutes for months."""
        text = self.pattern
        if len(text) == 1 and self.letters:
            return f"{text} alone is a standard format of .NET; the part of a date alone is %{text}", f"%{text}"
        for token in self.tokens:
            if not token.letter and not token.quoted and token.text.isascii() and token.text.isalpha():
                if token.text in ("T", "Z"):
                    continue
                meant = text.replace("Y", "y").replace("D", "d")
                return f"{token.text} isn't a part of a date: each value will hold it as it is", (
                    meant if meant != text else ""
                )
        if "m" in self.letters and not self.letters & {"H", "h"}:
            return "m is for minutes; the month is M", text.replace("m", "M")
        return "", ""

    def format(self, moment: datetime) -> str:
        """Return a moment of UTC as text."""
        return write(self.tokens, moment) if self.plain is None else self.plain(moment)

    def parse(self, text: str) -> datetime:
        """Read a text of exactly this form, as UTC; an offset in the text is applied.

        Raises:
            InvalidValueError: the text doesn't have this form, names no day of the calendar, or contradicts itself.
        """
        if self.reader is None:
            raise InvalidValueError("has a date format that isn't for reading")
        return self.reader.read(text)
