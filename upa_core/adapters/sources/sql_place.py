"""A query as a file: its answer is written to a temporary file as JSON lines, and judged like any other file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from tempfile import TemporaryFile
from typing import IO, Any, Protocol
from uuid import UUID
from weakref import finalize

from upa_core.adapters.sources.place import CHUNK, FileInfo
from upa_core.domain.errors import RefusedError, UnavailableError
from upa_core.domain.sources.joined.since import Highest, Value
from upa_core.ports.clock import Clock

Answer = tuple[Sequence[str], Iterator[Sequence[Any]]]
"""Names of the columns, and the rows."""


MAX_CELL = 131_072
"""Characters of a value; the same that a cell of a CSV file may have."""


class Ask(Protocol):
    """A database."""

    def __call__(self, query: str, since: Value | None = None) -> AbstractContextManager[Answer]:
        """Send one query in a transaction that only reads, `:since` in it bound to a value, never written into it.

        Raises the errors of `Place.files`.
        """


class SqlPlace:
    """Implements `Place`: one file, the answer to one query; each listing sends the query again."""

    def __init__(self, ask: Ask, query: str, clock: Clock, max_rows: int, column: str = "") -> None:
        """Take the call to the database, the query, the number of rows that is too many, and the cursor column."""
        self._ask, self._query, self._clock, self._max_rows = ask, query, clock, max_rows
        self._answer: IO[bytes] | None = None
        self._column = column
        self._highest = Highest(column, clock.now())
        self.since: Value | None = None
        """The value of `:since`."""
        self.tag = ""
        """The hash of the last answer."""

    @property
    def highest(self) -> Value | None:
        """The highest value of the cursor column in the last answer, None where it held none."""
        return self._highest.value

    def files(self) -> Sequence[FileInfo]:
        """Send the query, and return its answer as a file."""
        if self._answer is not None:
            self._answer.close()
        self._answer = TemporaryFile()  # noqa: SIM115 - it outlives this call: its rows are read twice
        finalize(self, self._answer.close)
        digest, size = hashlib.sha256(), 0
        for line in self._lines():
            digest.update(line)
            size += self._answer.write(line)
        self.tag = digest.hexdigest()
        return [FileInfo("the query's answer", size, self._clock.now(), self.tag)]

    def columns(self) -> Sequence[str]:
        """Return the names of the answer's columns: the database accepts the query, and no row is read."""
        with self._ask(self._query, self.since) as (names, _):
            self._place_of_cursor(names)
            return list(names)

    def read(self, file: FileInfo) -> Iterator[bytes]:
        """Yield the answer as it was written."""
        if self._answer is None or file.tag != self.tag:
            raise UnavailableError("the query was asked again meanwhile")
        self._answer.seek(0)
        while data := self._answer.read(CHUNK):
            yield data

    def _lines(self) -> Iterator[bytes]:
        import orjson  # vendor imports are lazy

        self._highest = Highest(self._column, self._clock.now())
        with self._ask(self._query, self.since) as (names, rows):
            if len({name.casefold() for name in names}) != len(names):
                raise RefusedError("the query names two columns alike: give one of them another name with AS")
            at = self._place_of_cursor(names)
            for number, row in enumerate(rows, start=1):
                if number > self._max_rows:
                    raise RefusedError(f"the query answers more than {self._max_rows:,} rows")
                cells = list(row)
                if at is not None:
                    self._highest.add((cells[at],))
                    cells[at] = cells[at].hex() if isinstance(cells[at], bytes) else cells[at]
                yield orjson.dumps(dict(zip(names, map(text_of, names, cells), strict=True))) + b"\n"

    def _place_of_cursor(self, names: Sequence[str]) -> int | None:
        if not self._column:
            return None
        folded = [name.casefold() for name in names]
        if self._column.casefold() not in folded:
            raise RefusedError(f"the query answers no column {self._column}, which the cursor is")
        return folded.index(self._column.casefold())


def text_of(name: str, value: Any) -> str | None:
    """Return a database's value as text, independent of the database's settings; None stays None.

    Raises `RefusedError` for another value than a text, number, date or boolean, for NaN and infinity, and for a text
    that is too long.
    """
    match value:
        case None:
            return None
        case str():
            if len(value) > MAX_CELL:
                text = f"the column {name} holds more than {MAX_CELL:,} characters: shorten it in the query"
                raise RefusedError(text)
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal() | float():
            if not isfinite(value):
                raise RefusedError(f"the column {name} holds {value}, which is no number: leave it out in the query")
            return f"{Decimal(repr(value)) if isinstance(value, float) else value:f}"
        case datetime() | date() | time():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            text = f"the column {name} holds {type(value).__name__}, which is no text: cast it in the query"
            raise RefusedError(text)


def unreadable(exc: ValueError) -> RefusedError:
    """Return the refusal of an answer that a driver can't turn into values; neither holds one."""
    what = "a text that isn't Unicode" if isinstance(exc, UnicodeError) else "a value that the driver can't read"
    return RefusedError(f"the query answers {what}: cast the column in the query, or have the row put right")
