"""The `Retry-After` header: seconds or an HTTP date, from services that don't always get it right."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 24 * 3600.0
"""No service means more than a day; a larger number is taken as this."""


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """Return the pause in seconds, 0 to `LONGEST`; None where the header is missing or unreadable.

    A date in the past and a negative number are no pause; digits with a fraction are tolerated.
    """
    text = (text or "").strip()
    if re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", text):
        return min(max(float(text), 0.0), LONGEST)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000": the time is UTC, its zone unknown
        moment = moment.replace(tzinfo=UTC)
    try:
        return min(max((moment - now).total_seconds(), 0.0), LONGEST)
    except OverflowError:
        return None
