"""A checksum at the end of a JSON document, written in blanks: releases that don't know it ignore it."""

from __future__ import annotations

import re
import zlib

_TRAILER = re.compile(rb"\n[ \t]*\Z")
_BITS = 32
_BLANKS = bytes.maketrans(b"01", b" \t")


def sealed(document: bytes) -> bytes:
    """Append the checksum to a document."""
    return document + _trailer(document)


def unsealed(data: bytes) -> bytes | None:
    """Return the document without its checksum, or as it is where it has none; None where the checksum is wrong."""
    found = _TRAILER.search(data, max(0, len(data) - 4 * _BITS))
    if found is None:
        return data
    document = data[: found.start()]
    return document if found[0] == _trailer(document) else None


def _trailer(document: bytes) -> bytes:
    lowest_first = f"{zlib.crc32(document):0{_BITS}b}"[::-1]
    return b"\n" + lowest_first.encode().translate(_BLANKS)
