"""The comparable form of a key: one rule for the file and the directory."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from operator import itemgetter

from upa_core.domain.sources.contract import KeyPart

SEPARATOR = "\x1f"
"""Separates the parts of a key of several columns; a part that holds it names nobody."""
_FOLDED = frozenset({"userprincipalname", "mail", "id", "onpremisessamaccountname", "mailnickname"})
"""Attributes that are compared in any letter case."""
_INVISIBLE = dict.fromkeys(
    point
    for first, last in (
        *((0xAD, 0xAD), (0x61C, 0x61C), (0x180E, 0x180E), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F)),
        *((0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xE0000, 0xE007F)),
    )
    for point in range(first, last + 1)
)
"""Joiners, directions of writing, variants and tags: they have no width."""
_NO_KEYS = frozenset(
    {
        *("\\N", "n/a", "N/A", "#n/a", "#N/A", "(null)", "(NULL)", "<null>", "<NULL>", "[null]", "[NULL]"),
        *("(none)", "<none>", "(blank)", "#n/a n/a", "#N/A N/A", "?", "??", "\u2013", "\u2014", "_"),
    }
)
_NO_NUMBERS = _NO_KEYS | {"NULL", "null", "Null", "NONE", "none", "None", "undefined", "nil", "NaN", "0000-00-00"}
"""Words for no value that aren't a user's name; people are called Null and Nan."""


def trimmed(text: str) -> str:
    """Return a text without white space at its ends and without invisible marks, in normal form C."""
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFC", text.translate(_INVISIBLE)).strip()


def folds(part: KeyPart) -> bool:
    """Return whether letter case doesn't matter in this part of a key."""
    return part.to.lower() in _FOLDED


def no_keys(part: KeyPart) -> frozenset[str]:
    """Return the words that name nobody in this part of a key; so does what has neither letter nor digit."""
    return _NO_KEYS if folds(part) else _NO_NUMBERS


def names_somebody(text: str) -> bool:
    """Return whether a text has a letter or a digit."""
    return any(map(str.isalnum, text))


def normalised(part: KeyPart) -> Callable[[str], str]:
    """Return the function that makes a value comparable as this part of a key; "" for what names nobody."""
    folded, pad, nobody = folds(part), part.pad, no_keys(part)

    def normal(value: str) -> str:
        text = trimmed(value)
        if text in nobody or SEPARATOR in text or not names_somebody(text):
            return ""
        if folded:
            text = text.casefold()
        if pad and text and text.isascii() and text.isdigit():
            text = text.zfill(pad)
        return text

    return normal


def compile_key(parts: Sequence[KeyPart], positions: Sequence[int]) -> Callable[[Sequence[str]], str]:
    """Return the function from a record to its key; "" where a part of the key is empty.

    Args:
        parts: the key's columns.
        positions: the position of each in a record.
    """
    functions = [normalised(part) for part in parts]
    if len(functions) == 1:
        only, place = functions[0], positions[0]
        return lambda cells: only(cells[place])

    def several(cells: Sequence[str]) -> str:
        made = [function(cells[place]) for function, place in zip(functions, positions, strict=True)]
        return SEPARATOR.join(made) if all(made) else ""

    return several


def pick(positions: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Return the function from a record to its cells at these positions."""
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda cells: tuple(cells[at] for at in positions)
