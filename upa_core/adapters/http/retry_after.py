"""The `Retry-After` header: seconds or an HTTP date, as some services send it: not always correct."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 24 * 3600.0
"""No service means more than a day; a larger number counts as a day."""


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """Return the pause in seconds, 0 to `LONGEST`; None where the header is missing or makes no sense.

    A negative number or a date in the past makes no sense: the caller pauses as if the header were missing. A fraction
    is tolerated.
    """
    text = (text or "").strip()
    if re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,18})?", text):
        return min(float(text), LONGEST)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000": the time is UTC, its zone unknown
        moment = moment.replace(tzinfo=UTC)
    try:
        pause = (moment - now).total_seconds()
    except OverflowError:
        return None
    return min(pause, LONGEST) if pause >= 0 else None
