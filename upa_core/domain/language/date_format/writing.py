"""Write a moment by the tokens of a .NET date format, in the invariant culture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import attrgetter

from upa_core.domain.language.date_format.tokens import DAYS, MONTHS, Token

_PARTS = {"M": "month", "d": "day", "H": "hour", "m": "minute", "s": "second"}
_NUMBERS = {letter * width: (f"%0{width}d", part) for letter, part in _PARTS.items() for width in (1, 2)}
_NUMBERS["yyyy"] = ("%04d", "year")


def plain_writer(tokens: Sequence[Token]) -> Callable[[datetime], str] | None:
    """Return the quick way to write a moment where all tokens are plain numbers and literals; else None."""
    parts = [token.text for token in tokens if token.letter]
    if not parts or not _NUMBERS.keys() >= set(parts):
        return None
    template = "".join(_NUMBERS[token.text][0] if token.letter else token.text.replace("%", "%%") for token in tokens)
    if parts == ["yyyy", "MM", "dd"] and template == "%04d-%02d-%02d":
        return lambda moment: moment.date().isoformat()
    numbers = attrgetter(*(_NUMBERS[part][1] for part in parts))
    return lambda moment: template % numbers(moment)


def write(tokens: Sequence[Token], moment: datetime) -> str:
    """Return a moment of UTC as text."""
    text = ""
    for token in tokens:
        part = token.text if not token.letter else _write(token, moment)
        if token.letter == "F" and not part:
            text = text.removesuffix(".")  # .NET drops a dot before an empty fraction
        text += part
    return text


def _write(token: Token, moment: datetime) -> str:
    letter, width = token.letter, token.width
    match letter:
        case "y":
            return f"{moment.year if width > 2 else moment.year % 100:0{width}}"
        case "M" if width > 2:
            name = MONTHS[moment.month - 1]
            return name if width > 3 else name[:3]
        case "d" if width > 2:
            name = DAYS[moment.weekday()]
            return name if width > 3 else name[:3]
        case "f":
            return f"{moment.microsecond:06}0"[:width]
        case "F":
            return f"{moment.microsecond:06}0"[:width].rstrip("0")
        case "t":
            return ("AM" if moment.hour < 12 else "PM")[: min(width, 2)]
        case "z":
            return "+00:00" if width > 2 else f"+{0:0{width}}"
        case "K":
            return "Z"
        case "g":
            return "A.D."
        case "h":
            number = moment.hour % 12 or 12
        case _:
            number = getattr(moment, _PARTS[letter])
    return f"{number:0{min(width, 2)}}"
