"""The tokens of a .NET date format. A single letter is a standard format, short for a longer one."""

from __future__ import annotations

from typing import NamedTuple

from upa_core.domain.errors import ConfigError

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

MAX_FORMAT = 100
MAX_FRACTION = 7
_LETTERS = "yMdHhmsfFtzg"
ZONES = ("GMT", "Z")
"""Words that mean UTC in a format that is read with."""
_STANDARD = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "f": "dddd, dd MMMM yyyy HH:mm",
    "F": "dddd, dd MMMM yyyy HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "M": "MMMM dd",
    "O": "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
    "R": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
    "s": "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "u": "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
    "U": "dddd, dd MMMM yyyy HH:mm:ss",
    "Y": "yyyy MMMM",
}
_STANDARD |= {"m": _STANDARD["M"], "o": _STANDARD["O"], "r": _STANDARD["R"], "y": _STANDARD["Y"]}
"""Of the invariant culture; the values are UTC, so that what .NET converts to UTC first needs no converting."""


class Token(NamedTuple):
    """A part of the date (its letter and how often it is repeated), or a literal text (no letter)."""

    letter: str
    width: int
    text: str
    """The text in the format; of a literal, the text that is written."""
    quoted: bool = False


def tokens_of(pattern: str, *, reading: bool = False) -> tuple[Token, ...]:
    """Cut a format into tokens, as .NET does.

    `%` before a letter ends a part when writing and says nothing when reading. `Z` and `GMT` are texts when writing
    and time zones when reading.

    Raises:
        ConfigError: the format isn't valid.
    """
    if not 1 <= len(pattern) <= MAX_FORMAT:
        raise ConfigError(f"date format {pattern!r} must have 1 to {MAX_FORMAT} characters, such as yyyy-MM-dd")
    if len(pattern) == 1:
        if pattern not in _STANDARD:
            raise ConfigError(f"date format {pattern!r} isn't a standard format of .NET; write one such as yyyy-MM-dd")
        pattern = _STANDARD[pattern]
    tokens: list[Token] = []
    at = 0
    while at < len(pattern):
        token, at = _token(pattern, at, reading=reading)
        if token:
            tokens.append(token)
    return tuple(tokens)


def _token(pattern: str, at: int, *, reading: bool) -> tuple[Token | None, int]:
    char, after = pattern[at], pattern[at + 1 : at + 2]
    if char in "'\"":
        return _quoted(pattern, at)
    if char == "\\":
        if not after:
            raise ConfigError(f"date format {pattern!r}: a character is missing after \\")
        return Token("", 1, after, quoted=True), at + 2
    if char == "%":
        if after in ("", "%", "'", '"', "\\"):
            raise ConfigError(f"date format {pattern!r}: '%{after}' isn't supported")
        if reading:
            return None, at + 1
        return (Token(after, 1, after) if after in _LETTERS + "K" else Token("", 1, after)), at + 2
    if reading and (zone := next((word for word in ZONES if pattern.startswith(word, at)), "")):
        return Token(zone, 1, zone), at + len(zone)
    if char == "K":
        return Token("K", 1, "K"), at + 1
    if char not in _LETTERS:
        return Token("", 1, char), at + 1
    width = len(pattern) - at - len(pattern[at:].lstrip(char))
    token = Token(char, width, char * width)
    if char in "fF" and width > MAX_FRACTION:
        raise ConfigError(f"date format {pattern!r}: {token.text!r} isn't supported, a fraction has at most 7 digits")
    return token, at + width


def _quoted(pattern: str, at: int) -> tuple[Token, int]:
    quote, text, start = pattern[at], "", at
    at += 1
    while pattern[at : at + 1] != quote:
        at += pattern[at : at + 1] == "\\"
        if at >= len(pattern):
            raise ConfigError(f"date format {pattern!r}: {pattern[start:]!r} isn't closed")
        text += pattern[at]
        at += 1
    return Token("", 1, text, quoted=True), at + 1
