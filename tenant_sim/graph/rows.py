"""Users as bytes that are nearly rendered: the JSON of each value, one a line, under a layout that names them.

Names are kept once a layout, not once a user, and a record is shown by filling a template: no JSON is parsed
or written for it. A line never breaks inside a value, since JSON escapes control characters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import orjson

from tenant_sim.graph import schema

_BLOCK = "onPremisesExtensionAttributes"
"""All its fifteen parts are shown, whichever are set [GR-32], so each part is a value of its own."""


@dataclass(frozen=True)
class Layout:
    """Which attributes the lines of a row are, in order."""

    names: tuple[str, ...]
    nulls: frozenset[str]
    """Attributes that were cleared: explicit null, which only some rounds of delta show [GR-10]."""

    def record(self, values: list[Any]) -> dict[str, Any]:
        """Put values under their names."""
        record: dict[str, Any] = {}
        for name, value in zip(self.names, values, strict=True):
            whole, _, part = name.partition("/")
            if part:
                record.setdefault(whole, {})[part] = value
            else:
                record[name] = value
        return record


class View(dict[bytes, tuple[Callable[[list[bytes]], tuple[bytes, ...]], bytes]]):
    """Rows under a `$select`: the lines to take and their template, by layout.

    Nulls are shown only for names in `cleared`.
    """

    def __init__(self, layouts: dict[bytes, Layout], names: tuple[str, ...], cleared: frozenset[str]) -> None:
        super().__init__()
        self._layouts, self._names, self._cleared = layouts, names, cleared

    def __missing__(self, number: bytes) -> tuple[Callable[[list[bytes]], tuple[bytes, ...]], bytes]:
        layout = self._layouts[number]
        lines = {name: n for n, name in enumerate(layout.names, start=1)}
        block = [name for name in layout.names if name.startswith(f"{_BLOCK}/")]
        taken, fields = [], []
        for name in self._names:
            if name == _BLOCK and block:
                parts = dict.fromkeys([*(f"{_BLOCK}/{part}" for part in schema.EXTENSION_ATTRIBUTES), *block])
                taken += [lines[part] for part in parts if part in lines]
                shown = (_field(part.partition("/")[2], b"%b" if part in lines else b"null") for part in parts)
                fields.append(_field(name, b"{%b}" % b",".join(shown)))
            elif name in lines and (name not in layout.nulls or name in self._cleared):
                taken.append(lines[name])
                fields.append(_field(name, b"%b"))
        self[number] = found = _picker(taken), b"{%b}" % b",".join([*fields, b'"id":"%b"'])
        return found

    def show(self, row: bytes, user_id: str) -> bytes:
        """Write a user as JSON."""
        lines = row.split(b"\n")
        pick, template = self[lines[0]]
        return template % (*pick(lines), user_id.encode())


def _field(name: str, value: bytes) -> bytes:
    return orjson.dumps(name).replace(b"%", b"%%") + b":" + value


def _picker(at: list[int]) -> Callable[[list[bytes]], tuple[bytes, ...]]:
    """Take lines by number; `itemgetter` gives a tuple only from two on."""
    if len(at) > 1:
        return itemgetter(*at)
    return (lambda lines: (lines[at[0]],)) if at else (lambda _lines: ())


class Rows:
    """Packs records into rows and reads them; knows every layout that occurred."""

    def __init__(self) -> None:
        self._layouts: dict[bytes, Layout] = {}
        self.names: set[str] = set()
        """Every attribute that any row ever had."""
        self._numbers: dict[tuple[tuple[str, ...], ...], bytes] = {}
        self._views: dict[tuple[tuple[str, ...], frozenset[str]], View] = {}

    def pack(self, record: dict[str, Any]) -> bytes:
        """Turn a record into a row: the number of its layout, then its values."""
        block = record.get(_BLOCK)
        parts: dict[str, Any] = block if isinstance(block, dict) else {}
        if parts:
            record = {**record}
            del record[_BLOCK]
        values = record.values()
        nulls = () if None not in values else tuple(name for name, value in record.items() if value is None)
        key = tuple(record), tuple(parts), nulls
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = str(len(self._numbers)).encode()
            self.names.update(key[0])
            self._layouts[number] = Layout((*record, *(f"{_BLOCK}/{part}" for part in parts)), frozenset(nulls))
        lines = [number]
        lines += map(orjson.dumps, values)
        lines += map(orjson.dumps, parts.values())
        return b"\n".join(lines)

    def unpack(self, row: bytes) -> dict[str, Any]:
        """Read a row back into a record."""
        number, *lines = row.split(b"\n")
        return self._layouts[number].record(orjson.loads(b"[%b]" % b",".join(lines)))

    def view(self, names: tuple[str, ...], cleared: frozenset[str] = frozenset()) -> View:
        """Return the view of rows through a `$select`."""
        key = names, cleared.intersection(names)
        if key not in self._views:
            if len(self._views) >= 1000:
                self._views.clear()
            self._views[key] = View(self._layouts, *key)
        return self._views[key]
