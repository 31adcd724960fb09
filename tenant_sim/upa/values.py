"""The stored form of profile values: strings, and dates in a form of their own."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone

from tenant_sim.upa.schema import Property

_FIRST, _LAST = date(1900, 1, 1), date(2079, 6, 6)
_DOTNET = re.compile(r"[0-9]{2}/[0-9]{2}/[0-9]{4} [0-9:]{8}")


class BadValueError(ValueError):
    """A value does not fit its property."""


def stored(prop: Property, text: str, offset: timedelta = timedelta()) -> str:
    """Turn the text of an import file into what the store keeps; dates as yyyy-MM-dd, date times with their time.

    "" clears a string, but on a date becomes January 1 [SP-38, SP-39].
    `offset` is the server's zone, into which a date-time with a zone is moved.
    ASSUMED [SP-71]: ISO dates, date-times and .NET's MM/dd/yyyy HH:mm:ss are taken (no source names a format).
    ASSUMED [SP-74]: the January 1 that "" makes is of the year 2000.
    """
    if prop.is_date:
        if not text:
            return "2000-01-01"
        moment = _moment(prop, text, offset)
        return moment.isoformat() if prop.type == "date time" else moment.date().isoformat()
    if prop.multi_value or prop.taxonomic:
        # ASSUMED [SP-86]: "not supported" (documented) means that the person fails with this line.
        raise BadValueError(f"Property '{prop.name}' is multi-valued and cannot be imported.")
    if prop.max_length is not None and len(text) > prop.max_length:
        # ASSUMED [SP-99]: kind and text of the line for a value over the property's length.
        raise BadValueError(f"The length of the value of property '{prop.name}' exceeds {prop.max_length} characters.")
    return text


def _moment(prop: Property, text: str, offset: timedelta) -> datetime:
    """Read a date, with its time to the minute [SP-129]."""
    try:
        moment = (
            datetime.strptime(text, "%m/%d/%Y %H:%M:%S")  # noqa: DTZ007 - a zone is what it hasn't
            if _DOTNET.fullmatch(text)
            else datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        )
        if moment.tzinfo is not None:
            moment = moment.astimezone(timezone(offset)).replace(tzinfo=None)
        if prop.type == "date time":
            moment = (moment + timedelta(seconds=30)).replace(second=0, microsecond=0)
        if not _FIRST <= moment.date() <= _LAST:  # ASSUMED [SP-129]: the same range holds for import files
            raise ValueError("out of range")
        return moment
    except (ValueError, OverflowError):
        raise BadValueError(f"Invalid date for property '{prop.name}': {text}") from None
