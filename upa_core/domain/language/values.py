"""Values for a profile: one text for each declared type, the same under every locale and time zone.

SharePoint takes strings only and doesn't document formats [SP-40]: each type has one culture-free form. A list is its
canonical JSON text from plan to wire: `["a","b, c"]`, no spaces, nothing escaped that needn't be; an empty list is no
value.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Literal

from upa_core.domain.errors import InvalidValueError
from upa_core.domain.language.dates import DateFormat, parse_iso

ValueType = Literal["string", "date", "datetime", "boolean", "integer", "strings", "terms", "person"]
LISTS: frozenset[ValueType] = frozenset({"strings", "terms"})
"""Types of several values: their text is a list's canonical one."""

DEFAULT_FORMATS: dict[str, str] = {"date": "yyyy-MM-dd", "datetime": "yyyy-MM-dd HH:mm:ss"}
"""Formats in .NET's notation, as `FormatDateTime` takes them; values are UTC. No `T`, no `Z`: see ADR 9."""

DEFAULT_WORDS = ("True", "False")
"""What .NET writes for a boolean, and with it Entra and PnP [SP-29]."""

MAX_INTEGER = 2**63
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2079, 6, 6)
"""What SharePoint stores as a date: the range of SQL Server's smalldatetime [SP-129]."""
_LAST_SECOND = datetime(2079, 6, 6, 23, 59, 29, tzinfo=UTC)
"""Of the last day: SharePoint's minutes are rounded, and 23:59:30 would be the next day."""
_NEVER = {date(1601, 1, 1): "January 1, 1601", date(9999, 12, 31): "December 31, 9999"}
"""Dates by which systems say that there is no date."""
_UNCARRIABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)


MEMBER_PREFIX = "i:0#.f|membership|"
"""The text that SharePoint puts before a member's user principal name [SP-62]."""
MAX_VALUES = 500
"""Values of one list: our own limit, so that a person fits into one request."""
MAX_LENGTH = 50_000
"""Characters of a whole list, as text."""
MAX_VALUE = 3_600
"""UTF-16 code units of one value of a list: SharePoint's largest text of a property in a list."""

_NAME = re.compile(r"[^\s|@:\"<>]+@[^\s|@:\"<>]+")
_NOT_IN_A_LIST = re.compile("[\x00-\x1f\ud800-\udfff\ufffe\uffff]")


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 code units, which SharePoint (.NET) uses for a string's length."""
    return len(text) if text.isascii() else len(text) + sum(char > "\uffff" for char in text)


def truncate_utf16(text: str, limit: int) -> str:
    """Return at most `limit` UTF-16 code units of a text, never half of a surrogate pair."""
    used = 0
    for position, char in enumerate(text):
        used += 2 if char > "\uffff" else 1
        if used > limit:
            return text[:position]
    return text


def check_carriable(text: str) -> str:
    """Return the text; raise `InvalidValueError` for lone surrogates and characters that XML 1.0 can't carry."""
    # Printable texts are carriable; only other texts are searched (for a tab, a line feed, or worse).
    if not text.isprintable() and (found := _UNCARRIABLE.search(text)):
        raise InvalidValueError(f"holds the character U+{ord(found[0]):04X}, which can't be stored")
    return text


def as_text(value: object) -> str:
    """Return a source value as text; raise `InvalidValueError` for a list or a structure."""
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
    raise InvalidValueError("is a structure, not a single value")


def as_integer(value: object) -> str:
    """Return a whole number of at most 64 bits as text, without leading zeros or a plus sign."""
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
    seconds = "s" in compiled.letters

    @lru_cache(maxsize=4096)  # people are hired on few different days
    def written(text: str) -> str:
        moment = parse_iso(text)
        return "" if moment is None else compiled.format(_storable(moment, seconds=seconds))

    def form(value: object) -> str:
        if not isinstance(value, str):
            raise InvalidValueError("isn't a date")
        return written(value)

    return form


def _storable(moment: datetime, *, seconds: bool) -> datetime:
    day = moment.date()
    if day in _NEVER:
        raise InvalidValueError(f"is {_NEVER[day]}, which stands for no date; map it to an empty value")
    if not _FIRST_DAY <= day <= _LAST_DAY or (seconds and moment.replace(microsecond=0) > _LAST_SECOND):
        raise InvalidValueError(f"is before {_FIRST_DAY} or after {_LAST_DAY}, and SharePoint stores no such date")
    return moment


def list_text(values: Sequence[str]) -> str:
    """Return a list as its canonical text, "" for an empty one."""
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":")) if values else ""


def values_of(text: str) -> tuple[str, ...]:
    """Return the values in a canonical text; raises InvalidValueError for any other text."""
    if not text:
        return ()
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values) or list_text(values) != text:
        raise InvalidValueError("isn't a list in its canonical form")
    return tuple(values)


def as_strings(value: object) -> str:
    """Return a list of texts; one text is a list of one, and is never cut at commas. Values without text are left out.

    Raises InvalidValueError for a value with `|`, which SharePoint can't tell from two values, for one it can't store,
    and for too many.
    """
    given = value if isinstance(value, list) else [value]
    values = [one for one in map(_value_of_a_list, given) if one]
    if len(values) > MAX_VALUES:
        raise InvalidValueError(f"holds {len(values)} values, more than {MAX_VALUES}")
    text = list_text(values)
    if len(text) > MAX_LENGTH:
        raise InvalidValueError(f"holds {len(text)} characters in all, more than {MAX_LENGTH}")
    return text


def as_terms(value: object) -> str:
    """Return the labels of terms, each once and trimmed; two labels that differ in letter case are the same term.

    Raises InvalidValueError as `as_strings`, and for a label that no term can have.
    """
    labels: dict[str, str] = {}
    for label in values_of(as_strings(value)):
        stripped = " ".join(label.split(" ")).strip()
        if len(stripped) > 255 or any(sign in stripped for sign in ';"<>\t'):
            raise InvalidValueError('holds a label that no term can have (over 255 characters, or with ; " < >)')
        if stripped:
            labels.setdefault(stripped.casefold(), stripped)
    return list_text(list(labels.values()))


def as_person(value: object) -> str:
    """Return a person as SharePoint's account name, from a user principal name or an account name."""
    if not isinstance(value, str):
        raise InvalidValueError("isn't a user principal name")
    name = value.strip()
    if not name:
        return ""
    if name.lower().startswith(MEMBER_PREFIX):
        name = name[len(MEMBER_PREFIX) :]
    if not _NAME.fullmatch(name):
        raise InvalidValueError("isn't a user principal name")
    return MEMBER_PREFIX + name.lower()


def as_person_or_nobody(value: object) -> str:
    """Return a person as `as_person` does, "" where the value leads to no profile."""
    try:
        return as_person(value)
    except InvalidValueError:
        return ""


def _value_of_a_list(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidValueError("holds something that isn't a text")
    if "|" in value:
        raise InvalidValueError("holds a value with |, which SharePoint reads as two values")
    if found := _NOT_IN_A_LIST.search(value):
        raise InvalidValueError(f"holds the character U+{ord(found[0]):04X}, which can't be stored in a list")
    if len(value.encode("utf-16-le")) // 2 > MAX_VALUE:
        raise InvalidValueError(f"holds a value of more than {MAX_VALUE} characters")
    return value


def formatter(
    kind: ValueType, pattern: str | None = None, words: tuple[str, str] | None = None
) -> Callable[[object], str]:
    """Return the function that formats a value of a declared type; its result `""` means no value.

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
