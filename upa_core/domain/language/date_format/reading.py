"""Read a text by the tokens of a .NET date format, as `DateTime.ParseExact` does in the invariant culture.

.NET walks through the format once and never comes back: a part without a width takes two digits where two stand. So
each part here is possessive, and `1112026` isn't a day for `dMyyyy`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from upa_core.domain.errors import InvalidValueError
from upa_core.domain.language.date_format.tokens import DAYS, MONTHS, Token
from upa_core.domain.language.time_zones import moment_of, offset_of

_NO_FORM = "doesn't have the expected date format"
_NO_DATE = "isn't a date of the calendar"
_FARTHEST = timedelta(hours=14)
_SHORT_MONTHS = [month[:3].lower() for month in MONTHS]
_SHORT_DAYS = [day[:3].lower() for day in DAYS]
_NO_YEAR = 2000
"""The year of a format without a year: a leap year. .NET takes the current one, so FormatDateTime writes no year then.
"""
_CENTURY_TURNS = 50
"""A year of two digits below this is in this century."""


@dataclass(frozen=True, slots=True)
class DateReader:
    """A compiled reader: an expression, and the meaning of each of its groups."""

    expression: re.Pattern[str]
    kinds: tuple[str, ...]

    def read(self, text: str) -> datetime:
        """Read a text of exactly this form, as UTC; an offset in the text is applied.

        Raises:
            InvalidValueError: the text doesn't have this form, names no day of the calendar, or contradicts itself.
        """
        match = self.expression.fullmatch(text)
        if not match:
            raise InvalidValueError(_NO_FORM)
        found: dict[str, int] = {}
        for kind, part in zip(self.kinds, match.groups(), strict=True):
            if part is not None:
                name, value = _READ[kind](part)
                if found.setdefault(name, value) != value:
                    raise InvalidValueError(_NO_DATE)  # one part is in the format twice, and has two values
        year = found.get("year", _NO_YEAR)
        if "short" in self.kinds and year < 100:
            year += 2000 if year < _CENTURY_TURNS else 1900
        date = (year, found.get("month", 1), found.get("day", 1))
        time = (_hour(found), found.get("minute", 0), found.get("second", 0), found.get("tenths", 0) // 10)
        offset = timedelta(minutes=found.get("offset", 0))
        if abs(offset) > _FARTHEST:
            raise InvalidValueError(_NO_DATE)
        moment = moment_of((*date, *time), offset)
        if "weekday" in found and (moment + offset).weekday() != found["weekday"]:
            raise InvalidValueError(_NO_DATE)
        return moment


def _hour(found: dict[str, int]) -> int:
    hour, afternoon = found.get("hour", 0), found.get("half")
    if "twelve" in found:
        if hour > 12:
            raise InvalidValueError(_NO_DATE)
        return hour % 12 + 12 * (afternoon or 0)
    if afternoon is not None and (hour >= 12) != bool(afternoon):
        raise InvalidValueError(_NO_DATE)
    return hour


def _fraction(part: str) -> tuple[str, int]:
    return "tenths", int(part.ljust(7, "0"))


_READ: dict[str, Callable[[str], tuple[str, int]]] = {
    "year": lambda part: ("year", int(part)),
    "short": lambda part: ("year", int(part)),
    "month": lambda part: ("month", int(part)),
    "month name": lambda part: ("month", _SHORT_MONTHS.index(part[:3].lower()) + 1),
    "day": lambda part: ("day", int(part)),
    "weekday": lambda part: ("weekday", _SHORT_DAYS.index(part[:3].lower())),
    "hour": lambda part: ("hour", int(part)),
    "twelve": lambda _part: ("twelve", 1),
    "minute": lambda part: ("minute", int(part)),
    "second": lambda part: ("second", int(part)),
    "fraction": _fraction,
    "half": lambda part: ("half", int(part[0] in "pP")),
    "zone": lambda _part: ("offset", 0),
    "offset": lambda part: ("offset", int(offset_of(part).total_seconds()) // 60),
}

_HOURS = r"[+-][0-9]{1,2}+"
_ONE_LETTER = {
    "M": "month",
    "d": "day",
    "H": "hour",
    "h": "hour",
    "m": "minute",
    "s": "second",
}


def _digits(width: int) -> str:
    return "([0-9]{1,2}+)" if width == 1 else f"([0-9]{{{width}}})"


def _names(names: Sequence[str], width: int) -> str:
    return f"((?i:{'|'.join(name if width > 3 else name[:3] for name in names)}))"


def _part(token: Token) -> tuple[str, tuple[str, ...]]:
    """Return the expression of a token, and the meaning of its groups."""
    letter, width = token.letter, token.width
    match letter:
        case "y":
            return _digits(width), ("short" if width <= 2 else "year",)
        case "M" if width > 2:
            return _names(MONTHS, width), ("month name",)
        case "d" if width > 2:
            return _names(DAYS, width), ("weekday",)
        case "f":
            return f"([0-9]{{{width}}})", ("fraction",)
        case "F":
            return f"([0-9]{{0,{width}}}+)", ("fraction",)
        case "t":
            return ("([AP])" if width == 1 else "((?i:AM|PM))"), ("half",)
        case "z":
            return (f"({_HOURS}:?+[0-9]{{2}})" if width > 2 else f"([+-]{_digits(width)[1:]}"), ("offset",)
        case "K":
            return f"(?>(Z|{_HOURS}:?+[0-9]{{2}})|(?![+-]))", ("offset",)
        case "Z":
            return r"((?i:GMT|Z))(?!(?u:[^\W\d_]))", ("zone",)
        case "GMT":
            return "(GMT)", ("zone",)
        case "g":
            return r"(?i:A\.D\.|AD)", ()
        case "h":
            return f"(){_digits(min(width, 2))}", ("twelve", "hour")
    return _digits(min(width, 2)), (_ONE_LETTER[letter],)


def reader_of(tokens: Sequence[Token]) -> DateReader:
    """Compile a reader."""
    parts: list[str] = []
    kinds: list[str] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.letter:
            part, named = _part(token)
            parts.append(part)
            kinds += named
        elif token.text == "." and not token.quoted and following and following.letter == "F" and following.width > 1:
            parts.append(rf"(?:\.([0-9]{{0,{following.width}}}+))?+")  # the dot may be missing with its fraction
            kinds.append("fraction")
            at += 1
        else:
            parts.append(re.escape(token.text))
        at += 1
    return DateReader(re.compile("".join(parts), re.ASCII), tuple(kinds))
