"""Kinds of values that the connector file is made of: durations, sizes, conditions in words, credentials by name."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"([0-9]{1,6})\s*([smhdw])", re.ASCII)
_SPOKEN = re.compile(
    r"([0-9]{1,6})\s*(seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?)?", re.ASCII | re.IGNORECASE
)
_SIZE = re.compile(r"([0-9]{1,12})\s*(KB|MB|B)?", re.ASCII | re.IGNORECASE)


def parse_duration(value: Any) -> timedelta:
    """Read `90s`, `15m`, `4h`, `7d` or `2w`."""
    match = _DURATION.fullmatch(str(value).strip()) if isinstance(value, str) else None
    if match is None:
        found = _SPOKEN.fullmatch(str(value).strip()) if isinstance(value, str) else None
        meant = {"meant": f"{found[1]}{(found[2] or 'h')[0].lower()}"} if found is not None else {}
        raise PydanticCustomError("duration", "isn't a duration such as 90s, 15m, 4h, 7d or 2w", meant)
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def write_duration(value: timedelta) -> str:
    """Write a duration in the largest unit that fits."""
    seconds = int(value.total_seconds())
    unit = next(unit for unit in "dhms" if seconds % _UNITS[unit] == 0)
    return f"{seconds // _UNITS[unit]}{unit}"


def parse_size(value: Any) -> int:
    """Read a number of bytes, `512KB` or `64MB`."""
    match = _SIZE.fullmatch(str(value).strip())
    if match is None:
        raise PydanticCustomError("size", "isn't a size such as 512KB or 64MB")
    return int(match[1]) * {"": 1, "b": 1, "kb": 1024, "mb": 1024 * 1024}[(match[2] or "").lower()]


def parse_percent(value: Any) -> Any:
    """Read `30` or `30%`."""
    return value.strip().removesuffix("%").strip() if isinstance(value, str) else value


def parse_share(value: Any) -> Any:
    """Read `95` or `95%`; a fraction is refused, since 0.95 would be less than one percent."""
    text = value.strip() if isinstance(value, str) else ""
    if re.fullmatch(r"0?[.][0-9]+|1[.]0+", text):
        meant = f"{float(text) * 100:g}%"
        raise PydanticCustomError("share", "would be at most one percent", {"meant": meant})
    return parse_percent(value)


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,6} ?[smhdw]$", "examples": ["15m", "4h", "7d"]}),
]
Size = Annotated[
    int,
    BeforeValidator(parse_size),
    WithJsonSchema(
        {
            "anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]+ ?([KkMm]?[Bb])?$"}],
            "examples": ["64MB"],
        }
    ),
]
Line = Annotated[str, StringConstraints(min_length=1, max_length=1024, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""A text on one line."""


def whole(value: Any) -> Any:
    """Turn the name of a managed identity without settings into its full form."""
    if isinstance(value, str) and value != "managed_identity":
        text = "is neither managed_identity nor the keys of a certificate"
        raise PydanticCustomError("credential", text, {"meant": "managed_identity"} if value.startswith("m") else {})
    return {"managed_identity": {}} if value == "managed_identity" else value
