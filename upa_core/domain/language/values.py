"""Values on their way to a profile: one text per declared type, the same under every locale and time zone.

SharePoint takes strings only and doesn't document formats [SP-40]: each type has one culture-free form.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from upa_core.domain.errors import InvalidValueError
from upa_core.domain.language.dates import DateFormat, parse_iso
from upa_core.domain.language.lists import as_person, as_strings, as_terms

ValueType = Literal["string", "date", "datetime", "boolean", "integer", "strings", "terms", "person"]
LISTS: frozenset[ValueType] = frozenset({"strings", "terms"})
"""Types of several values: their text is a list's canonical one."""

DEFAULT_FORMATS: dict[str, str] = {"date": "yyyy-MM-dd", "datetime": "yyyy-MM-dd HH:mm:ss"}
"""Formats in .NET's notation, as `FormatDateTime` takes them; values are UTC. No `T`, no `Z`: see ADR 9."""

DEFAULT_WORDS = ("True", "False")
"""What .NET writes for a boolean, and with it Entra and PnP [SP-29]."""

MAX_INTEGER = 2**63
_UNCARRIABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)


def utf16_length(text: str) -> int:
    """Count UTF-16 code units: what SharePoint (.NET) calls a string's length."""
    return len(text) if text.isascii() else len(text) + sum(char > "\uffff" for char in text)


def truncate_utf16(text: str, limit: int) -> str:
    """Cut to at most `limit` UTF-16 code units, never through a surrogate pair."""
    used = 0
    for position, char in enumerate(text):
        used += 2 if char > "\uffff" else 1
        if used > limit:
            return text[:position]
    return text


def check_carriable(text: str) -> str:
    """Return the text unless it holds a lone surrogate or a character that XML 1.0 can't carry."""
    # Whatever is printable is carriable; only the rest is searched (a tab, a line feed, or worse).
    if not text.isprintable() and (found := _UNCARRIABLE.search(text)):
        raise InvalidValueError(f"holds the character U+{ord(found[0]):04X}, which can't be stored")
    return text


def as_text(value: object) -> str:
    """Write a source value as text; what holds several values or a structure has no single text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return DEFAULT_WORDS[0] if value else DEFAULT_WORDS[1]
    if isinstance(value, int):
        return as_integer(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, list):
        raise InvalidValueError("holds several values; use Join or Item")
    raise InvalidValueError("isn't a single value")


def as_integer(value: object) -> str:
    """Write a whole number of at most 64 bits without leading zeros or a plus sign."""
    if (isinstance(value, str) and _INTEGER.fullmatch(value)) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidValueError("isn't an integer")
    if not -MAX_INTEGER <= value < MAX_INTEGER:
        raise InvalidValueError("is an integer of more than 64 bits")
    return str(value)


def _boolean(words: tuple[str, str]) -> Callable[[object], str]:
    known: dict[object, str] = {True: words[0], False: words[1], "true": words[0], "false": words[1]}

    def form(value: object) -> str:
        key = value.lower() if isinstance(value, str) else value
        if isinstance(key, str | bool) and key in known:
            return known[key]
        raise InvalidValueError("isn't a boolean (true or false)")

    return form


def _date(pattern: str) -> Callable[[object], str]:
    compiled = DateFormat.compile(pattern)

    @lru_cache(maxsize=4096)  # few different days are hired on
    def written(text: str) -> str:
        moment = parse_iso(text)
        return "" if moment is None else compiled.format(moment)

    def form(value: object) -> str:
        if not isinstance(value, str):
            raise InvalidValueError("isn't a date")
        return written(value)

    return form


def formatter(
    kind: ValueType, pattern: str | None = None, words: tuple[str, str] | None = None
) -> Callable[[object], str]:
    """Return the function that writes a value of a declared type; its result `""` means no value.

    The function raises InvalidValueError for what doesn't fit; the message never holds the value.
    """
    if kind in DEFAULT_FORMATS:
        return _date(pattern or DEFAULT_FORMATS[kind])
    if kind == "boolean":
        return _boolean(words or DEFAULT_WORDS)
    return _FORMS.get(kind, as_text)


_FORMS: dict[ValueType, Callable[[object], str]] = {
    "integer": as_integer,
    "strings": as_strings,
    "terms": as_terms,
    "person": as_person,
}
