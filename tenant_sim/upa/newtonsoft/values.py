"""Values as Newtonsoft.Json reads them, and as .NET writes them (`Convert.ToString`, invariant)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tenant_sim.upa.newtonsoft.errors import BadJsonError

# .NET's moments have no zone either
_EPOCH, _FIRST, _LAST = datetime(1970, 1, 1), datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001
_TICKS_TO_EPOCH = 621_355_968_000_000_000
_MAX_TICKS = 3_155_378_975_999_999_999
_MICROSOFT = re.compile(r"/Date\((-?[0-9]+)(?:[+-][0-9]{2}(?:[0-9]{2})?[^)]*)?\)/", re.DOTALL)
_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,7}))?(.*)", re.DOTALL
)
_ZONE = re.compile(r"(?:[Zz]|(?:([+-])([0-9]{2}))?(?::?([0-9]{2})|:)?)")


class _Undefined:
    """A value that isn't there: `undefined`, or nothing between two commas."""

    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED = _Undefined()


@dataclass
class Constructor:
    """`new Name(…)`, which Newtonsoft takes for a value."""

    name: str
    arguments: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Date:
    """A text that was read as a date."""

    moment: datetime
    """Whole seconds, in UTC where the text had a zone."""
    ticks: int
    """The fraction of the second, in units of 100 ns."""
    kind: str
    """`Utc`, `Local` (the text had an offset), `Unspecified` (it had none)."""
    written: str = field(default="", compare=False)
    """The text."""


def date_of(text: str) -> Date | None:
    """Read a date as Newtonsoft does, or None where the text stays a text."""
    if text.startswith("/"):
        return _microsoft(text)
    if 19 <= len(text) <= 40 and text[10] == "T":
        return _iso(text)
    return None


def _microsoft(text: str) -> Date | None:
    found = _MICROSOFT.fullmatch(text)
    if not found or not -(2**63) <= int(found[1]) < 2**63:
        return None
    ticks = (int(found[1]) * 10_000 + _TICKS_TO_EPOCH + 2**63) % 2**64 - 2**63
    if not 0 <= ticks <= _MAX_TICKS:
        raise BadJsonError(
            "Ticks must be between DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks. (Parameter 'ticks')"
        )
    seconds, rest = divmod(ticks - _TICKS_TO_EPOCH, 10_000_000)
    return Date(_EPOCH + timedelta(seconds=seconds), rest, "Local" if re.search(r"[+-]", text[7:]) else "Utc", text)


def _iso(text: str) -> Date | None:
    found = _ISO.fullmatch(text)
    if not found or (zone := _ZONE.fullmatch(found[8])) is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    ticks = int((found[7] or "").ljust(7, "0"))
    if hour == 24 and (minute or second or ticks):
        return None
    try:
        moment = datetime(year, month, day, hour % 24, minute, second)  # noqa: DTZ001
    except ValueError:
        return None
    if hour > 24:
        return None
    try:
        moment += timedelta(days=hour // 24)
    except OverflowError as exc:
        raise BadJsonError(
            "The added or subtracted value results in an un-representable DateTime. (Parameter 'value')"
        ) from exc
    if found[8][:1] in ("Z", "z"):
        return Date(moment, ticks, "Utc", text)
    if zone[1] is None:
        return Date(moment, ticks, "Unspecified", text)
    offset = timedelta(hours=int(zone[2]), minutes=int(zone[3] or 0))
    try:
        return Date(moment - offset if zone[1] == "+" else moment + offset, ticks, "Local", text)
    except OverflowError:
        edge = (_FIRST, 0) if zone[1] == "+" else (_LAST, 9_999_999)
        return Date(*edge, "Local", text)


def as_text(value: Any, offset: timedelta = timedelta()) -> str:
    """Write a scalar as .NET does; `offset`: the server's zone, into which a date with a zone is moved.

    Raises TypeError for lists, objects and constructors.
    """
    if value is None or value is UNDEFINED:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, Date):
        moment = value.moment + offset if value.kind == "Local" else value.moment
        return f"{moment:%m/%d/}{moment.year:04}{moment: %H:%M:%S}"
    raise TypeError(f"{type(value).__name__} has no text")


def float_text(value: float) -> str:
    """Write a double as .NET does: the shortest digits, with an exponent from 1E+15 and below 0.0001."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    mantissa, _, power = f"{abs(value)!r}".partition("e")
    whole, _, part = mantissa.partition(".")
    part = "" if part == "0" else part
    digits, scale = (whole + part).lstrip("0"), len(whole) + int(power or 0)
    scale -= len(whole + part) - len((whole + part).lstrip("0"))
    digits = digits.rstrip("0")
    if not digits:
        return f"{sign}0"
    if scale > max(len(digits), 15) or scale < -3:
        tail = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{tail}E{'+' if scale > 0 else '-'}{abs(scale - 1):02}"
    if scale <= 0:
        return f"{sign}0.{'0' * -scale}{digits}"
    if len(digits) <= scale:
        return sign + digits.ljust(scale, "0")
    return f"{sign}{digits[:scale]}.{digits[scale:]}"
