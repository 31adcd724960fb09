"""Dates as Graph writes them, and .NET's custom date formats in the invariant culture.

The formats are those of Entra's `FormatDateTime` (entra-docs, functions-for-customizing-application-data); `strptime`
isn't used because it follows the process's locale.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from upa_core.domain.errors import ConfigError, InvalidValueError

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?(Z|z|[+-]\d{2}:?\d{2})?", re.ASCII
)
_USUAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
"""How nearly every date of a full round comes."""
_UNSET_YEAR = 1
"""`0001-01-01T00:00:00Z` is how an unset date appears [GR-38]."""

_TOKEN = re.compile(r"y+|M+|d+|H+|h+|m+|s+|f+|F+|t+|z+|K|'[^']*'|\"[^\"]*\"|\\.|[^yMdHhmsfFtzK'\"\\%g]")
_LONGEST = {"M": 4, "d": 4, "H": 2, "h": 2, "m": 2, "s": 2, "t": 2, "z": 3, "f": 7, "F": 7}
_WIDTHS = {letter * width for letter, most in _LONGEST.items() for width in range(1, most + 1)} | {"yyyy", "yy"}
_PARTS = {"M": "month", "d": "day", "H": "hour", "m": "minute", "s": "second"}
_NUMBERS = {letter * width: f"{{0.{part}:0{width}}}" for letter, part in _PARTS.items() for width in (1, 2)}
_NUMBERS["yyyy"] = "{0.year:04}"
_PARSERS = {
    "yyyy": r"(?P<year>[0-9]{4})",
    "yy": r"(?P<year2>[0-9]{2})",
    "MMMM": f"(?P<month_name>{'|'.join(_MONTHS)})",
    "MMM": f"(?P<month_short>{'|'.join(month[:3] for month in _MONTHS)})",
    "MM": r"(?P<month>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "dddd": f"(?:{'|'.join(_DAYS)})",
    "ddd": f"(?:{'|'.join(day[:3] for day in _DAYS)})",
    "dd": r"(?P<day>[0-9]{2})",
    "d": r"(?P<day>[0-9]{1,2})",
    "HH": r"(?P<hour>[0-9]{2})",
    "H": r"(?P<hour>[0-9]{1,2})",
    "hh": r"(?P<hour12>[0-9]{2})",
    "h": r"(?P<hour12>[0-9]{1,2})",
    "mm": r"(?P<minute>[0-9]{2})",
    "m": r"(?P<minute>[0-9]{1,2})",
    "ss": r"(?P<second>[0-9]{2})",
    "s": r"(?P<second>[0-9]{1,2})",
    "tt": r"(?P<half>[AaPp])[Mm]",
    "t": r"(?P<half>[AaPp])",
    "zzz": r"(?P<offset>[+-][0-9]{2}:[0-9]{2})",
    "zz": r"(?P<offset>[+-][0-9]{2})",
    "z": r"(?P<offset>[+-][0-9]{1,2})",
    "K": r"(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?",
}


def parse_iso(text: str) -> datetime | None:
    """Read a date or date-time of ISO 8601 as UTC, dropping what is finer than a microsecond; None for an unset date.

    Graph sends `…Z` with up to seven fractional digits [GR-36]. A time without an offset is taken as UTC.
    """
    if _USUAL.fullmatch(text) and text > "0002":
        year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
        return _moment((year, month, day, int(text[11:13]), int(text[14:16]), int(text[17:19]), 0), None)
    match = _ISO.fullmatch(text.strip())
    if not match:
        raise InvalidValueError("isn't a date in ISO 8601 form")
    *parts, fraction, offset = match.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    if year <= _UNSET_YEAR:
        return None
    micro = int((fraction or "").ljust(6, "0")[:6])
    return _moment((year, month, day, hour, minute, second, micro), offset)


def _moment(parts: tuple[int, int, int, int, int, int, int], offset: str | None) -> datetime:
    try:
        zone = _zone(offset)
        moment = datetime(*parts, tzinfo=zone)
        return moment if zone is UTC else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidValueError("isn't a date of the calendar") from error


def _zone(offset: str | None) -> timezone:
    if not offset or offset in "Zz":
        return UTC
    digits = offset[1:].replace(":", "")
    hours, minutes = (digits, "0") if len(digits) < 3 else (digits[:-2], digits[-2:])
    span = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-span if offset[0] == "-" else span)


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A compiled .NET custom date format."""

    tokens: tuple[str, ...]
    template: str | None
    """For `str.format`, where the tokens are plain numbers and literals, as nearly always."""
    parser: re.Pattern[str] | None = None
    """Only of a format that is read with."""

    @classmethod
    def compile(cls, pattern: str, *, reading: bool = False) -> DateFormat:
        """Compile a format, for reading too if so wanted; eras and standard one-letter formats are refused.

        Raises:
            ConfigError: the pattern isn't a supported custom format.
        """
        if (
            not 2 <= len(pattern) <= 100
        ):  # one letter alone is a *standard* format in .NET, which depends on the culture
            raise ConfigError(f"date format {pattern!r} must be a custom format such as yyyy-MM-dd")
        tokens: list[str] = []
        position = 0
        while position < len(pattern):
            match = _TOKEN.match(pattern, position)
            token = match[0] if match else pattern[position]
            if not match or (token[0] in "yMdHhmstfFz" and token not in _WIDTHS):
                raise ConfigError(f"date format {pattern!r}: {token!r} isn't supported")
            tokens.append(token)
            position = match.end()
        return cls(tuple(tokens), _template(tokens), _parser(pattern, tokens) if reading else None)

    def doubt(self) -> tuple[str, str]:
        """Return what is probably not meant, and what is: letters that .NET writes as they are, minutes for months."""
        text = "".join(self.tokens)
        for token in self.tokens:
            if token.isascii() and token.isalpha() and token not in ("T", "Z", "K") and token[0] not in "yMdHhmsfFtz":
                meant = text.replace("Y", "y").replace("D", "d")
                return f"{token} is no part of a date and stands in the value as it is", meant if meant != text else ""
        if {"m", "mm"} & set(self.tokens) and not {"H", "HH", "h", "hh"} & set(self.tokens):
            return "m is for minutes; the month is M", text.replace("m", "M")
        return "", ""

    def format(self, moment: datetime) -> str:
        """Write a moment."""
        if self.template is not None:
            return self.template.format(moment)
        return "".join(_write(token, moment) for token in self.tokens)

    def parse(self, text: str) -> datetime:
        """Read a text of exactly this form, as UTC; an offset in the text is applied.

        Raises:
            InvalidValueError: the text doesn't have this form, or names no day of the calendar.
        """
        match = self.parser and self.parser.fullmatch(text.strip())
        if not match:
            raise InvalidValueError("doesn't have the expected date format")
        found = match.groupdict()
        hour = int(found.get("hour") or 0)
        if found.get("hour12"):
            hour = int(found["hour12"]) % 12 if 1 <= int(found["hour12"]) <= 12 else 99
            hour += 12 if (found.get("half") or "a") in "pP" else 0
        year = int(found.get("year") or 1)
        if found.get("year2"):  # .NET's invariant calendar: 00-49 is this century
            year = int(found["year2"]) + (2000 if int(found["year2"]) < 50 else 1900)
        month = int(found.get("month") or 1)
        if found.get("month_name"):
            month = _MONTHS.index(found["month_name"]) + 1
        elif found.get("month_short"):
            month = [name[:3] for name in _MONTHS].index(found["month_short"]) + 1
        micro = int((found.get("fraction") or "").ljust(6, "0")[:6])
        day, minute, second = (
            int(found.get(part) or default) for part, default in (("day", 1), ("minute", 0), ("second", 0))
        )
        return _moment((year, month, day, hour, minute, second, micro), found.get("offset"))


def _parser(pattern: str, tokens: list[str]) -> re.Pattern[str]:
    parts: list[str] = []
    for token in tokens:
        if token[0] == "f":
            parts.append(f"(?P<fraction>[0-9]{{{len(token)}}})")
        elif token[0] == "F":
            parts.append(f"(?P<fraction>[0-9]{{0,{len(token)}}})")
        else:
            parts.append(_PARSERS.get(token) or re.escape(_literal(token)))
    try:
        return re.compile("".join(parts), re.ASCII)
    except re.error as error:  # a part that is named twice
        raise ConfigError(f"date format {pattern!r} names a part of the date twice") from error


def _template(tokens: list[str]) -> str | None:
    if any(token[0] in "yMdHhmstfFzK" and token not in _NUMBERS for token in tokens):
        return None
    return "".join(_NUMBERS.get(token) or _literal(token).replace("{", "{{").replace("}", "}}") for token in tokens)


def _literal(token: str) -> str:
    if token[0] == "\\":
        return token[1]
    return token[1:-1] if len(token) > 1 and token[0] in "'\"" else token


def _write(part: str, moment: datetime) -> str:
    match part:
        case "yyyy":
            return f"{moment.year:04}"
        case "yy":
            return f"{moment.year % 100:02}"
        case "MMMM" | "MMM":
            name = _MONTHS[moment.month - 1]
            return name if part == "MMMM" else name[:3]
        case "dddd" | "ddd":
            name = _DAYS[moment.weekday()]
            return name if part == "dddd" else name[:3]
        case "tt" | "t":
            return ("AM" if moment.hour < 12 else "PM")[: len(part)]
        case "zzz":
            return "+00:00"
        case "zz":
            return "+00"
        case "z":
            return "+0"
        case "K":
            return "Z"
    if part[0] in "fF":
        digits = f"{moment.microsecond:06}0"[: len(part)]
        return digits if part[0] == "f" else digits.rstrip("0")
    numbers = {
        "M": moment.month,
        "d": moment.day,
        "H": moment.hour,
        "h": moment.hour % 12 or 12,
        "m": moment.minute,
        "s": moment.second,
    }
    if part in _WIDTHS:
        return f"{numbers[part[0]]:0{len(part)}}"
    return _literal(part)
