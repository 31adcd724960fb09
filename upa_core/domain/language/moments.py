"""A moment from the parts of a date, time and offset, as UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from upa_core.domain.errors import InvalidValueError

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
