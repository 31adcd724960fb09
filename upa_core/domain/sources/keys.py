"""The comparable form of a key: one rule for the file and the directory."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from operator import itemgetter

from upa_core.domain.sources.contract import KeyPart

SEPARATOR = "\x1f"
"""Separates the parts of a key of several columns."""
_FOLDED = frozenset({"userprincipalname", "mail", "id", "onpremisessamaccountname", "mailnickname"})
"""Attributes that are compared in any letter case."""
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"))


def trimmed(text: str) -> str:
    """Return a text without white space at its ends and without invisible marks, in normal form C."""
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFC", text.translate(_INVISIBLE)).strip()


def folds(part: KeyPart) -> bool:
    """Return whether letter case doesn't matter in this part of a key."""
    return part.to.lower() in _FOLDED


def normalised(part: KeyPart) -> Callable[[str], str]:
    """Return the function that makes a value comparable as this part of a key; "" stays ""."""
    folded, pad = folds(part), part.pad

    def normal(value: str) -> str:
        text = trimmed(value)
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
