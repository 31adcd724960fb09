"""Characters as .NET counts and sorts them: UTF-16 units, its white space, letters and digits; its numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from tenant_sim.upa.newtonsoft.errors import BadJsonError

SPACES = frozenset(
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
MAX_INTEGER_LENGTH = 380
_INTEGER = re.compile(r"-?[0-9]+")
_DOUBLE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SPECIAL = re.compile("[. '/\"\\[\\]()\t\n\r\f\b\\\\\x85\u2028\u2029]")
_ESCAPES = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\f": r"\f", "\b": r"\b", "\\": r"\\", "'": r"\'"}


def split(text: str) -> str:
    """Cut characters beyond the basic plane into two, as .NET keeps them."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    raw = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(raw[n] | raw[n + 1] << 8) for n in range(0, len(raw), 2))


def join(text: str) -> str:
    """Put halves together again; half a character becomes U+FFFD."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def is_identifier(char: str) -> bool:
    """Return whether a name without quotes may hold it."""
    return char in ("_", "$") or is_letter_or_digit(char)


def is_letter_or_digit(char: str) -> bool:
    """`char.IsLetterOrDigit`."""
    kind = unicodedata.category(char)
    return kind[0] == "L" or kind == "Nd"


def is_number(char: str) -> bool:
    """`char.IsNumber`."""
    return unicodedata.category(char)[0] == "N"


def path_part(name: str, first: bool) -> str:
    """Write a name as a step of a path."""
    if not _SPECIAL.search(name):
        return name if first else f".{name}"
    return "['" + "".join(map(_escaped, name)) + "']"


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return f"\\u{ord(char):04x}" if char < " " or char in "\x85\u2028\u2029" else char


def number(text: str, fail: Callable[[str], BadJsonError]) -> int | float:
    """Read a number's text: decimal, hexadecimal after 0x, octal after 0; `fail` makes the error."""
    bad = f"Input string '{text}' is not a valid number."
    if text[0] == "0" and len(text) > 1 and text[1] not in ".eE":
        hexadecimal = text[:2].lower() == "0x"
        digits = text[2:] if hexadecimal else text
        if not re.fullmatch("[0-9a-fA-F]+" if hexadecimal else "[0-7]+", digits):
            raise fail(bad)
        value = int(digits, 16 if hexadecimal else 8)
        if value >= 2**64:
            raise fail(bad)
        return value - 2**64 if value >= 2**63 else value
    if _INTEGER.fullmatch(text):
        if len(text) > MAX_INTEGER_LENGTH and len(text.lstrip("-")) > 19:
            raise fail(f"JSON integer {text} is too large to parse.")
        return int(text)
    if not _DOUBLE.fullmatch(text):
        raise fail(bad)
    return float(text)
