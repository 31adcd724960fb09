"""Values that aren't one plain text: lists, terms, people. A list is its canonical JSON text, from plan to wire.

Canonical: `["a","b, c"]`, no spaces, nothing escaped that needn't be. An empty list is no value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from upa_core.domain.errors import InvalidValueError

CLAIM = "i:0#.f|membership|"
"""What SharePoint puts before a member's user principal name [SP-62]."""
MAX_VALUES = 500
"""Values of one list: by our own limit, so that a person fits into one request."""
MAX_LENGTH = 50_000
"""Characters of a whole list, written as its text."""
MAX_VALUE = 3_600
"""UTF-16 code units of one value of a list: SharePoint's largest text of a property in a list."""

_NAME = re.compile(r"[^\s|@:\"<>]+@[^\s|@:\"<>]+")
_UNCARRIABLE = re.compile("[\x00-\x1f\ud800-\udfff\ufffe\uffff]")


def list_text(values: Sequence[str]) -> str:
    """Write a list as its canonical text, "" for an empty one."""
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":")) if values else ""


def values_of(text: str) -> tuple[str, ...]:
    """Read a canonical text; raise InvalidValueError for any other text."""
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
    """Write a list of texts; one text is a list of one, and is never cut at commas. Values without text are left out.

    Raises InvalidValueError for a value with `|`, which SharePoint can't tell from two values, for one it can't store,
    and for too many.
    """
    given = value if isinstance(value, list) else [value]
    values = [one for one in map(_text, given) if one]
    if len(values) > MAX_VALUES:
        raise InvalidValueError(f"holds {len(values)} values, more than {MAX_VALUES}")
    text = list_text(values)
    if len(text) > MAX_LENGTH:
        raise InvalidValueError(f"holds {len(text)} characters in all, more than {MAX_LENGTH}")
    return text


def as_terms(value: object) -> str:
    """Write the labels of terms, each once, without spaces around them; letter case doesn't tell terms apart.

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
    """Write a person as SharePoint's account name, from a user principal name or an account name."""
    if not isinstance(value, str):
        raise InvalidValueError("isn't a user principal name")
    name = value.strip()
    if not name:
        return ""
    if name.lower().startswith(CLAIM):
        name = name[len(CLAIM) :]
    if not _NAME.fullmatch(name):
        raise InvalidValueError("isn't a user principal name")
    return CLAIM + name.lower()


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidValueError("holds something that isn't a text")
    if "|" in value:
        raise InvalidValueError("holds a value with |, which SharePoint reads as two values")
    if found := _UNCARRIABLE.search(value):
        raise InvalidValueError(f"holds the character U+{ord(found[0]):04X}, which can't be stored in a list")
    if len(value.encode("utf-16-le")) // 2 > MAX_VALUE:
        raise InvalidValueError(f"holds a value of more than {MAX_VALUE} characters")
    return value
