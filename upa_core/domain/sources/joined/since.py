"""Read only what changed since: the place of `:since` in a query, and how far a database was read.

A mark is a value of the cursor column. The next query begins a lag before it, so that rows that were written before it
and became visible later are met again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from upa_core.domain.errors import CorruptStateError, RefusedError

Value = datetime | date | int | Decimal | bytes | str
"""What a cursor column may hold."""

_TOKEN = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$|::|(?P<mark>:since\b)",
    re.DOTALL | re.IGNORECASE,
)
"""Texts, quoted names, comments and casts, in which `:since` is no parameter; else the parameter."""
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)([ T])(\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?")
_KINDS = {datetime: "time", date: "day", int: "number", Decimal: "decimal", bytes: "bytes", str: "text"}


def split_at_since(query: str) -> list[str]:
    """Return the parts of a query between its parameters `:since`; one part where it has none."""
    parts, begin = [], 0
    for found in _TOKEN.finditer(query):
        if found.group("mark"):
            parts.append(query[begin : found.start()])
            begin = found.end()
    return [*parts, query[begin:]]


@dataclass(frozen=True, slots=True)
class Cursor:
    """The column that grows with each change, and how far back each query begins."""

    column: str
    lag: timedelta = timedelta(minutes=10)
    """For columns that hold times and days."""
    back: int = 0
    """For columns that hold numbers."""

    def begin(self, mark: Value) -> Value:
        """Return the value that the next query is sent with.

        Raises `RefusedError` for a text that is no time.
        """
        match mark:
            case datetime():
                return mark - self.lag
            case date():
                return mark - timedelta(days=-(-self.lag // timedelta(days=1)))
            case int() | Decimal():
                return mark - self.back
            case bytes():
                return max(int.from_bytes(mark) - self.back, 0).to_bytes(len(mark))
            case str():
                return self._text(mark)

    def _text(self, mark: str) -> str:
        """Begin a whole second earlier: texts with and without fractions of a second don't sort by time."""
        found = _TIME.fullmatch(mark)
        if found is None:
            raise RefusedError(f"the cursor column {self.column} holds text that is no time: cast it in the query")
        day, between, clock, zone = found.groups(default="")
        moment = datetime.fromisoformat(f"{day}T{clock}") - self.lag - timedelta(seconds=1)
        return f"{moment.date()}{between}{moment.time():%H:%M:%S}{zone}"


class Highest:
    """The highest value of the cursor column among rows, never later than the moment at which they were asked for."""

    def __init__(self, column: str, asked: datetime) -> None:
        """Begin a query. A row of the future, by a wrong clock, must not hide the changes until then."""
        self._column, self._asked = column, asked
        self.value: Value | None = None

    def add(self, values: Iterable[Any]) -> None:
        """Take values of the column; None is no value. Raises `RefusedError` for what has no order."""
        for one in values:
            if one is None:
                continue
            if isinstance(one, bool | float) or type(one) not in _KINDS:
                kind = type(one).__name__
                raise RefusedError(f"the cursor column {self._column} holds {kind}: it needs a time or a whole number")
            capped = self._capped(one)
            try:
                if self.value is None or capped > self.value:
                    self.value = capped
            except TypeError:
                raise RefusedError(f"the cursor column {self._column} holds values of different kinds") from None

    def _capped(self, value: Any) -> Any:
        """A time without a zone may be of any zone: the earliest reading is UTC, which only reads more rows again."""
        if isinstance(value, datetime):
            return min(value, self._asked if value.tzinfo is not None else self._asked.replace(tzinfo=None))
        if isinstance(value, date):
            return min(value, self._asked.date())
        if isinstance(value, str) and (found := _TIME.fullmatch(value)) and found.group(4) in (None, "Z", "+00:00"):
            now = f"{self._asked.date()}{found.group(2)}{self._asked.time():%H:%M:%S}{found.group(4) or ''}"
            return min(value, now)
        return value


def write_mark(value: Value) -> list[str]:
    """Return a mark as the state remembers it."""
    kind = _KINDS[type(value)]
    match value:
        case datetime() | date():
            return [kind, value.isoformat()]
        case bytes():
            return [kind, value.hex()]
        case _:
            return [kind, str(value)]


def read_mark(held: Any) -> Value:
    """Return a mark that was remembered; raises `CorruptStateError`."""
    try:
        kind, text = held
        read: dict[str, Any] = {
            "time": datetime.fromisoformat,
            "day": date.fromisoformat,
            "number": int,
            "decimal": Decimal,
            "bytes": bytes.fromhex,
            "text": str,
        }
        value: Value = read[kind](text)
    except (ValueError, KeyError, TypeError, ArithmeticError) as exc:
        raise CorruptStateError("the mark of a query that was read can't be read") from exc
    return value
