"""The import file: what SharePoint's bulk import reads (sharepoint.md §4).

UTF-8 with BOM, ASCII-escaped, one entry per person, matched by CloudId; no null, no unmapped key. Written by a JSON
serialiser: string concatenation is what corrupts backslashes elsewhere (product.md §0.4).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from upa_core.domain.errors import CorruptStateError

BOM = b"\xef\xbb\xbf"
ID_PROPERTY = "IdName"
"""Name of the identity in each entry; no mapping may target it."""

_HEAD = BOM + b'{"value":['
_TAIL = b"]}"
_text = json.encoder.encode_basestring_ascii
"""The serialiser's own way to write a string; a whole encoder for each person costs three times as much."""


@lru_cache(maxsize=1024)
def _form(names: tuple[str, ...]) -> str:
    """Return the entry of a person with these properties, to be filled with texts."""
    return "{" + ",".join(f"{_text(name).replace('%', '%%')}:%s" for name in (ID_PROPERTY, *names)) + "}"


class ImportFile:
    """An import file while it grows, within its limits."""

    def __init__(self, *, max_pairs: int, max_bytes: int) -> None:
        self._entries: list[bytes] = []
        self._max_pairs = max_pairs
        self._max_bytes = max_bytes
        self.people = 0
        self.pairs = 0
        """Name/value pairs, the id not counted."""
        self.size = len(_HEAD) + len(_TAIL)
        """Bytes of the file as it stands."""

    def add(self, person: str, values: Mapping[str, str]) -> bool:
        """Append a person; False where that would pass a limit and the file already holds somebody."""
        entry = (_form(tuple(values)) % (_text(person), *map(_text, values.values()))).encode("ascii")
        size = self.size + len(entry) + (1 if self.people else 0)
        if self.people and (self.pairs + len(values) > self._max_pairs or size > self._max_bytes):
            return False
        self._entries.append(entry)
        self.people += 1
        self.pairs += len(values)
        self.size = size
        return True

    def content(self) -> bytes:
        """Return the whole file."""
        return _HEAD + b",".join(self._entries) + _TAIL


def read_import_file(
    content: bytes, loads: Callable[[bytes], Any] = json.loads
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield `(person, values)` of an import file that we wrote; `loads` decodes JSON.

    Raises `CorruptStateError` where it isn't one.
    """
    try:
        for values in loads(content.removeprefix(BOM))["value"]:
            yield values.pop(ID_PROPERTY), values
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise CorruptStateError(f"an archived import file can't be read: {type(exc).__name__}") from exc
