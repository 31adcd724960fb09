"""Time zones: from the parts of a date, time and offset to UTC, and from UTC to the clock of a time zone.

The rules of each zone are the machine's own, or those of the package `tzdata`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from upa_core.domain.errors import InvalidValueError

_KNOWN = 1000
Parts = tuple[int, int, int, int, int, int, int]
"""Year, month, day, hour, minute, second, microsecond."""


def moment_of(parts: Parts, offset: timedelta | None = None) -> datetime:
    """Return the moment; without an offset the parts are UTC.

    Raises:
        InvalidValueError: there is no such day or time, or it isn't one in UTC.
    """
    try:
        if not offset:
            return datetime(*parts, tzinfo=UTC)
        return datetime(*parts, tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidValueError("isn't a date of the calendar") from error


def offset_of(text: str) -> timedelta:
    """Read `Z`, `+5`, `+05`, `+0530` or `+05:30`."""
    if text in "Zz":
        return timedelta(0)
    digits = text[1:].replace(":", "")
    hours, minutes = (digits, "0") if len(digits) < 3 else (digits[:-2], digits[-2:])
    if int(minutes) > 59:
        raise InvalidValueError("isn't a date of the calendar")
    span = timedelta(hours=int(hours), minutes=int(minutes))
    return -span if text[0] == "-" else span


@lru_cache(maxsize=_KNOWN)
def zone_of(name: str) -> tzinfo:
    """Return a time zone by its IANA name, such as Europe/Berlin.

    Raises:
        InvalidValueError: this machine knows no such zone.

    """
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # with its list of folders it takes 200 KiB, and few connectors name a zone

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise InvalidValueError(
            "isn't a time zone of this machine; write an IANA name such as Europe/Berlin"
        ) from error


def in_zone(moment: datetime, name: str | None) -> datetime:
    """Return a moment of UTC as the clocks of a zone show it.

    Raises:
        InvalidValueError: there is no such zone, or the calendar ends before it.

    """
    if not name:
        raise InvalidValueError('has no time zone; Coalesce([attribute], "Europe/Berlin") gives everybody one')
    try:
        return moment.astimezone(zone_of(name))
    except OverflowError as error:
        raise InvalidValueError("isn't a date of the calendar in that time zone") from error
