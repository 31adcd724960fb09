"""When a source's next delivery is expected, in the connector file: `26h`, or `by 06:00 Europe/Berlin Mon-Fri`."""

from __future__ import annotations

import re
from datetime import time, timedelta
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from upa_core.config.fields import parse_duration
from upa_core.domain.errors import InvalidValueError
from upa_core.domain.language.time_zones import zone_of
from upa_core.domain.sources.joined.expectation import WEEK, ByTime, Expectation

_BY = re.compile(r"by\s+(\S+)(?:\s+(\S*[A-Za-z]{2}\S*/\S+|UTC))?(?:\s+(\S.*))?", re.IGNORECASE | re.ASCII)
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EXAMPLE = "by 06:00 Europe/Berlin Mon-Fri"
_LONGEST = timedelta(days=400)


def parse_expectation(value: Any) -> Expectation:
    """Read `26h`, `by 06:00`, `by 06:00 Europe/Berlin` or `by 06:00 Europe/Berlin Mon-Fri`."""
    text = value.strip() if isinstance(value, str) else ""
    if not text.lower().startswith("by"):
        return _duration(value)
    found = _BY.fullmatch(text)
    clock = _CLOCK.fullmatch(found[1]) if found is not None else None
    if found is None or clock is None:
        raise _wrong("isn't a time of day from 00:00 to 23:59", _EXAMPLE)
    zone = found[2] or "UTC"
    try:
        zone_of(zone)
    except InvalidValueError:
        raise _wrong(f"names {zone}, which isn't a time zone that this machine knows", _zone_meant(zone)) from None
    return ByTime(time(int(clock[1]), int(clock[2])), zone, _days(found[3]) if found[3] else WEEK)


def _duration(value: Any) -> timedelta:
    try:
        length = parse_duration(value)
    except PydanticCustomError:
        raise _wrong("must be a duration such as 26h, or a time of day", _EXAMPLE) from None
    if not timedelta(0) < length <= _LONGEST:
        raise _wrong("isn't between 1s and 400d", "26h")
    return length


def _days(text: str) -> tuple[int, ...]:
    """Read `Mon-Fri`, `Mon, Thu` or both together."""
    days: set[int] = set()
    for part in re.split(r"\s*,\s*", text.strip()):
        first, dash, last = (one.strip().title() for one in part.partition("-"))
        if first not in _NAMES or (dash and last not in _NAMES):
            raise _wrong(f"names {part}, which isn't a day; the days are Mon, Tue, Wed, Thu, Fri, Sat, Sun", _EXAMPLE)
        begin = _NAMES.index(first)
        length = (_NAMES.index(last) - begin) % 7 if dash else 0
        days |= {(begin + step) % 7 for step in range(length + 1)}
    return tuple(sorted(days))


def _zone_meant(zone: str) -> str:
    from zoneinfo import available_timezones  # reads every zone of the machine

    near = get_close_matches(zone, sorted(available_timezones()), 1, 0.6)
    return f"by 06:00 {near[0]}" if near else _EXAMPLE


def _wrong(text: str, meant: str) -> PydanticCustomError:
    return PydanticCustomError("expectation", text, {"meant": meant})


Expected = Annotated[
    Expectation,
    BeforeValidator(parse_expectation),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^([0-9]{1,6} ?[smhdw]|[Bb][Yy] +[0-9]{1,2}:[0-9]{2}( .*)?)$",
            "examples": ["26h", "by 06:00 Europe/Berlin Mon-Fri"],
        }
    ),
]
