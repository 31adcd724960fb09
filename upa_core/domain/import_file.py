"""The import file: what SharePoint's bulk import reads (sharepoint.md §4).

UTF-8 with BOM, ASCII-escaped, one entry per person, matched by CloudId; no null, no unmapped key. Written by a JSON
serialiser: string concatenation is what corrupts backslashes elsewhere (product.md §0.4).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from upa_core.domain.errors import CorruptStateError
from upa_core.domain.plan import Entry

BOM = b"\xef\xbb\xbf"
ID_PROPERTY = "IdName"
"""Name of the identity in each entry; no mapping may target it."""

_HEAD = BOM + b'{"value":['
_TAIL = b"]}"
_JSON = json.JSONEncoder(separators=(",", ":"), check_circular=False, allow_nan=False)


class ImportFile:
    """An import file while it grows, within its limits."""

    def __init__(self, *, max_pairs: int, max_bytes: int) -> None:
        self._parts: list[bytes] = []
        self._max_pairs = max_pairs
        self._max_bytes = max_bytes
        self.people = 0
        self.pairs = 0
        """Name/value pairs, the id not counted."""
        self.size = len(_HEAD) + len(_TAIL)
        """Bytes of the file as it stands."""

    def add(self, entries: Sequence[Entry]) -> int:
        """Append people in their order; returns how many were taken before one would pass a limit.

        A file that holds nobody takes at least the first, however large.
        """
        taken, pairs = 0, self.pairs
        for entry in entries:
            pairs += len(entry.new)
            if pairs > self._max_pairs and (taken or self.people):
                break
            taken += 1
        while taken:
            part = _encode(entries[:taken])
            size = self.size + len(part) + (1 if self.people else 0)
            if size <= self._max_bytes or (taken == 1 and not self.people):
                break
            taken //= 2
        if taken:
            self._parts.append(part)
            self.people += taken
            self.pairs += sum(len(entry.new) for entry in entries[:taken])
            self.size = size
        return taken

    def content(self) -> bytes:
        """Return the whole file."""
        return _HEAD + b",".join(self._parts) + _TAIL


def _encode(entries: Sequence[Entry]) -> bytes:
    """Write people, comma between them; many at once, since the encoder's start takes longer than a person."""
    return _JSON.encode([{ID_PROPERTY: entry.person, **entry.new} for entry in entries])[1:-1].encode("ascii")


def read_import_file(content: bytes, loads: Callable[[bytes], Any] = json.loads) -> dict[str, dict[str, str]]:
    """Return the values of an import file that we wrote, by person; `loads` decodes JSON.

    Raises `CorruptStateError` where it isn't one.
    """
    try:
        return {values.pop(ID_PROPERTY): values for values in loads(content.removeprefix(BOM))["value"]}
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise CorruptStateError(f"an archived import file can't be read: {type(exc).__name__}") from exc
