"""The rows of a stored shard, decoded one by one: a day's run must not cost as much as decoding everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping

import orjson

from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.shadow import ShadowRow

_ROW = re.compile(rb'\[(?:(?:null|"(?:[^"\\]|\\.)*+"),)*+(?:\d+|\[[\d,]*\])\]', re.DOTALL)
"""Cells, each null or a string, and the stamp: a number or a list of them."""


class StoredRows(MutableMapping[str, ShadowRow]):
    """Implements the shadow of a `Shard` over the stored JSON object.

    Relies on JSON as orjson writes it: no spaces, and a quote within a string is escaped. So `"<id>":[` without a
    backslash before it stands only where a row begins; where it ends, `_ROW` tells, a value may hold anything.
    """

    def __init__(self, body: bytes, where: str, count: int | None = None) -> None:
        """Read from the JSON object of all rows, `count` if known; it is decoded whole where somebody asks for all.

        Raises `CorruptStateError` naming `where`, here or at a row, where that isn't JSON.
        """
        self._body, self._where, self._count = body, where, count
        if not (body.startswith(b"{") and body.endswith(b"}")):
            raise self._corrupt()
        self._touched: dict[str, ShadowRow | None] = {}
        """Rows that were read or written; None where there is none, or none any more."""
        self._all: dict[str, ShadowRow] | None = None

    def __getitem__(self, person: str) -> ShadowRow:
        """Return a row; a change to it is stored with the shard."""
        row = self._look_up(person)
        if row is None:
            raise KeyError(person)
        return row

    def __setitem__(self, person: str, row: ShadowRow) -> None:
        """Replace or add a row."""
        (self._touched if self._lies_apart(person) else self._everybody())[person] = row

    def __delitem__(self, person: str) -> None:
        """Delete a row."""
        if self._look_up(person) is None:
            raise KeyError(person)
        if self._lies_apart(person):
            self._touched[person] = None
        else:
            del self._everybody()[person]

    def __iter__(self) -> Iterator[str]:
        """Yield everybody's id."""
        return iter(self._everybody())

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self._everybody())

    @property
    def count(self) -> int | None:
        """Return the number of rows; None where it isn't known without decoding all of them."""
        if self._all is not None:
            return len(self._all)
        if self._count is None:
            return None
        changes = ((row is not None) - (self._span(person) is not None) for person, row in self._touched.items())
        return self._count + sum(changes)

    def encoded(self) -> bytes:
        """Return the JSON object of all current rows; rows that weren't touched are copied, not encoded."""
        if self._all is not None:
            return orjson.dumps(self._all)
        kept, at = [], 1
        for start, end in sorted(span for person in self._touched if (span := self._span(person)) is not None):
            kept.append(self._body[at:start])
            at = end
        kept.append(self._body[at:-1])
        fresh = orjson.dumps({person: row for person, row in self._touched.items() if row is not None})[1:-1]
        return b"{%b}" % b",".join(part for part in (*(piece.strip(b",") for piece in kept), fresh) if part)

    def _look_up(self, person: str) -> ShadowRow | None:
        if not self._lies_apart(person):
            return self._everybody().get(person)
        if person not in self._touched:
            span = self._span(person)
            self._touched[person] = None if span is None else self._decode(b"{%b}" % self._body[slice(*span)])[person]
        return self._touched[person]

    def _lies_apart(self, person: str) -> bool:
        """Return whether a row can be read without the others.

        Not once all are decoded, and not for an id that JSON escapes or that could be mistaken for the end of a value.
        """
        return self._all is None and person.isascii() and person.replace("-", "").isalnum()

    def _decode(self, data: bytes) -> dict[str, ShadowRow]:
        try:
            rows: dict[str, ShadowRow] = orjson.loads(data)
        except orjson.JSONDecodeError as exc:
            raise self._corrupt() from exc
        return rows

    def _corrupt(self) -> CorruptStateError:
        return CorruptStateError(f"{self._where}: its rows aren't a JSON object")

    def _span(self, person: str) -> tuple[int, int] | None:
        """Return the position of a row in the body, with its key."""
        key = b'"%b":[' % person.encode()
        start = self._body.find(key)
        while start > 0 and self._body[start - 1 : start] == b"\\":  # the end of an id that holds a quote
            start = self._body.find(key, start + 1)
        if start < 0:
            return None
        row = _ROW.match(self._body, start + len(key) - 1)
        if row is None:
            raise self._corrupt()
        return start, row.end()

    def _everybody(self) -> dict[str, ShadowRow]:
        if self._all is None:
            rows = {**self._decode(self._body), **self._touched}
            self._all = {person: row for person, row in rows.items() if row is not None}
        return self._all
