"""Letter case and diacritics as .NET and Entra's tables have them, not as Python does.

Sources: entra-docs, functions-for-customizing-application-data (ToLower, PCase, NormalizeDiacritics); the category
list of .NET's `TextInfo.ToTitleCase` is quoted there. Case is one character for one: ß stays ß.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from upa_core.domain.errors import ConfigError
from upa_core.domain.language.characters import category, holds, latin, lower, separators, upper

_TURKISH = {"tr", "az"}
_CULTURE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*", re.ASCII)
_TITLES = {form: title for title in "ǅǈǋǲ" for form in (chr(ord(title) - 1), title, chr(ord(title) + 1))}
_REPLACED = {
    "æ": "ae", "Æ": "AE", "ø": "oe", "Ø": "OE", "œ": "oe", "Œ": "OE", "ß": "ss",
    "ł": "l", "Ł": "L", "ı": "i",
}  # fmt: skip


def check_culture(culture: str) -> str:
    """Return the name of a culture, "" for the invariant one; raise `ConfigError` for what can't be one."""
    if culture and not _CULTURE.fullmatch(culture):
        raise ConfigError(f"culture {culture!r} isn't the name of one, such as de or tr-TR")
    return culture


def _language(culture: str) -> str:
    return culture.replace("_", "-").partition("-")[0].lower()


def to_upper(text: str, culture: str = "") -> str:
    """Return the upper case, character by character.

    Cultures differ at i alone: Turkish and Azeri raise i to İ, and all but the invariant one raise ı to I.
    """
    language = _language(culture)
    if language in _TURKISH:
        text = text.replace("i", "İ")
    if text.isascii():
        return text.upper()
    return (text if not language else text.replace("ı", "I")).translate(upper())


def to_lower(text: str, culture: str = "") -> str:
    """Return the lower case, character by character; see `to_upper`."""
    language = _language(culture)
    if language in _TURKISH:
        text = text.replace("I", "ı")
    if text.isascii():
        return text.lower()
    return (text if not language else text.replace("İ", "i")).translate(lower())


def proper_case(text: str, ends: str | None = None) -> str:
    """Return words with a first character in upper case (a digraph such as ǆ in title case), the others in lower case.

    Without separators, words end where .NET's ToTitleCase ends them, which takes the apostrophe as part of a word.
    """
    result: list[str] = []
    inside = False
    for char in to_lower(text):
        if ends is not None:
            result.append(char if inside else _title(char))
            inside = char not in ends
        elif inside:
            result.append(char)
            inside = char == "'" or not _separates(char)
        else:
            inside = _is_letter(char)
            result.append(_title(char) if inside else char)
    return "".join(result)


def _title(char: str) -> str:
    return _TITLES.get(char) or char.translate(upper())


@lru_cache(maxsize=4096)
def _separates(char: str) -> bool:
    return holds(separators(), char)


@lru_cache(maxsize=4096)
def _is_letter(char: str) -> bool:
    # Beyond the basic plane, a word changes only if its first letter has a case.
    return holds(category("L") or (), char) or (char > "\uffff" and ord(char) in upper())


@lru_cache(maxsize=4096)
def _is_mark(char: str) -> bool:
    return holds(category("Mn") or (), char)


@lru_cache(maxsize=4096)
def _is_latin(char: str) -> bool:
    return holds(latin(), char)


def normalize_diacritics(text: str) -> str:
    """Replace Latin letters with marks by plain ones. Other scripts keep their letters (й isn't и with an accent)."""
    if text.isascii():
        return text
    result: list[str] = []
    after_latin = False
    for char in unicodedata.normalize("NFD", text):
        if _is_mark(char):
            if not after_latin:
                result.append(char)
            continue
        after_latin = _is_latin(char)
        result.append(_REPLACED.get(char, char))
    return unicodedata.normalize("NFC", "".join(result))
