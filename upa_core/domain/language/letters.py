"""Letter case and diacritics as .NET's invariant culture and Entra's tables have them, not as Python does.

Sources: entra-docs, functions-for-customizing-application-data (ToLower, PCase, NormalizeDiacritics); the category
list of .NET's `TextInfo.ToTitleCase` is quoted there.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_UNCHANGED = frozenset("\u0130\u0131\u017f")
"""Dotted and dotless i and long s: .NET's invariant culture maps none of them."""
_TURKISH = {"tr", "az"}
_SEPARATORS = frozenset(
    ["Zs", "Zl", "Zp", "Cc", "Cf", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So"]
)
_LETTERS = frozenset(["Lu", "Ll", "Lt", "Lm", "Lo"])
_REPLACED = {
    "æ": "ae", "Æ": "AE", "ø": "oe", "Ø": "OE", "œ": "oe", "Œ": "OE", "ß": "ss",
    "ł": "l", "Ł": "L", "ı": "i",
}  # fmt: skip


def _simple(char: str, changed: str) -> str:
    # .NET maps one UTF-16 unit or code point to one: ß stays ß.
    return changed if len(changed) == 1 and char not in _UNCHANGED else char


@lru_cache(maxsize=4096)
def _upper_char(char: str) -> str:
    return _simple(char, char.upper())


@lru_cache(maxsize=4096)
def _lower_char(char: str) -> str:
    return _simple(char, char.lower())


def _is_turkish(culture: str) -> bool:
    return culture.partition("-")[0].lower() in _TURKISH


def to_upper(text: str, culture: str = "") -> str:
    """Upper case, character by character; Turkish and Azeri i are the only difference between cultures."""
    if _is_turkish(culture):
        text = text.replace("i", "İ").replace("ı", "I")
    return text.upper() if text.isascii() else "".join(map(_upper_char, text))


def to_lower(text: str, culture: str = "") -> str:
    """Lower case, character by character; see `to_upper`."""
    if _is_turkish(culture):
        text = text.replace("I", "ı").replace("İ", "i")
    return text.lower() if text.isascii() else "".join(map(_lower_char, text))


def proper_case(text: str, separators: str | None = None) -> str:
    """Upper case for the first character of each word, lower case for the others.

    Without separators, words end where .NET's ToTitleCase ends them, which takes the apostrophe as part of a word.
    """
    result: list[str] = []
    inside = False
    for char in to_lower(text):
        if separators is not None:
            result.append(char if inside else _upper_char(char))
            inside = char not in separators
        elif inside:
            result.append(char)
            inside = char == "'" or unicodedata.category(char) not in _SEPARATORS
        else:
            inside = unicodedata.category(char) in _LETTERS
            result.append(_upper_char(char) if inside else char)
    return "".join(result)


def normalize_diacritics(text: str) -> str:
    """Replace Latin letters that carry marks by plain ones; other scripts keep theirs (й isn't и with an accent)."""
    if text.isascii():
        return text
    result: list[str] = []
    latin = False
    for char in unicodedata.normalize("NFD", text):
        if unicodedata.category(char) == "Mn":
            if not latin:
                result.append(char)
            continue
        latin = unicodedata.name(char, "").startswith("LATIN ")
        result.append(_REPLACED.get(char, char))
    return unicodedata.normalize("NFC", "".join(result))
