"""Values of PostgreSQL as they are stored: no setting of the server, the database or the user changes one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

Read = TypeVar("Read")

SETTINGS = (
    "SELECT set_config('datestyle', 'ISO', true), set_config('extra_float_digits', '3', true), "
    "set_config('bytea_output', 'hex', true), set_config('intervalstyle', 'postgres', true)"
)
"""Sent before the query: how values are written, until the transaction ends.

How the query reads its own texts stays: the order of day and month, the time zone.
"""


class Money:
    """In place of an amount with the sign of a currency, as the server's language writes it."""


def register(connection: Any) -> None:
    """Let a connection of pg8000 read values by the functions of this module.

    By itself pg8000 1.31 guesses at what isn't a usual time: 44 BC becomes the year 44. A number in a JSON column loses
    the digits behind the sixteenth.
    """
    for oid, read in _READERS.items():
        connection.register_in_adapter(oid, read)


def _in_utc(text: str) -> datetime | str:
    """Return a time with a zone, in UTC: the zone is only that of the session."""
    moment = _or_text(datetime.fromisoformat)(text)
    try:
        return moment.astimezone(UTC) if isinstance(moment, datetime) else moment
    except OverflowError:
        return text


def _or_text(read: Callable[[str], Read]) -> Callable[[str], Read | str]:
    """Return a reader that leaves as text what Python has no value for: `infinity`, 24:00:00, years BC."""

    def reader(text: str) -> Read | str:
        try:
            return read(text)
        except ValueError:
            return text

    return reader


def _json(text: str) -> Any:
    """Return a text or a boolean, a number as it is written, and a list or an object, which is refused later."""
    return json.loads(text, parse_int=str, parse_float=str)


_READERS: dict[int, Callable[[str], Any]] = {
    114: _json,  # json
    3802: _json,  # jsonb
    790: lambda _: Money(),
    1082: _or_text(date.fromisoformat),
    1083: _or_text(time.fromisoformat),
    1114: _or_text(datetime.fromisoformat),  # timestamp
    1184: _in_utc,  # timestamptz
}
"""By the number of a type."""
