"""Reads an import file as Newtonsoft.Json 13 does: its leniencies, its messages, its idea of a date [SP-46, SP-111].

`parse` answers what `JObject.Parse` answers, `changes` names each value that is read as something else than written.
Standard library only, so that a ready file can be examined with it before anything is stored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tenant_sim.upa.newtonsoft.cursor import MAX_DEPTH
from tenant_sim.upa.newtonsoft.errors import BadJsonError
from tenant_sim.upa.newtonsoft.tree import Change, load
from tenant_sim.upa.newtonsoft.units import MAX_INTEGER_LENGTH
from tenant_sim.upa.newtonsoft.values import UNDEFINED, Constructor, Date, as_text

__all__ = ["UNDEFINED", "BadJsonError", "Change", "Constructor", "Date", "as_text", "changes", "decode", "parse"]


def decode(data: bytes) -> str:
    """Decode a file: UTF-8 with a BOM, otherwise iso-8859-1, whatever it was meant to be [SP-29]."""
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:].decode("utf-8", "replace")
    return data.decode("latin-1")


def parse(text: str, *, dates: bool = False) -> dict[str, Any]:
    """Read a document; `BadJsonError` with Newtonsoft's message where it can't.

    With `dates` a text that looks like a date-time becomes a `Date`, which is Newtonsoft's default; without, it stays.
    Other values: str, int, float, bool, None, `UNDEFINED`, list, dict, `Constructor`.
    """
    document = None if dates else _strict(text)
    return load(text, dates=dates) if document is None else document


def _strict(text: str) -> dict[str, Any] | None:
    """Read what needs none of Newtonsoft's peculiarities, which is quicker by far; None: it may need them."""
    if "\\ud" in text or "\\uD" in text:
        return None
    try:
        document = json.loads(text, strict=False, parse_int=_integer)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and _depth(document) <= MAX_DEPTH else None


def _integer(text: str) -> int:
    if len(text) > MAX_INTEGER_LENGTH:
        raise ValueError("too long")
    return int(text)


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max((_depth(one) for one in inner if isinstance(one, dict | list)), default=0)


def changes(text: str) -> Iterator[Change]:
    """Name each value that is read as something else than was written, in the order of the file.

    Counted as a change: a text that becomes a date, a number that isn't written as .NET writes it (`0123` is 83), a
    boolean (`True`), half a character, and a value that a later one of the same name replaces. null is none: it leaves
    the property alone. Raises `BadJsonError`.
    """
    found: list[Change] = []
    load(text, dates=True, found=found)
    yield from found
