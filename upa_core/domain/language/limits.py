"""What the functions of the expression language share: limits, and how a part is read as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from upa_core.domain.errors import InvalidValueError
from upa_core.domain.language.values import as_text

MAX_TEXT = 32_768
"""Characters in any value on its way; more is invalid rather than slow."""
MAX_ITEMS = 1_000
"""Values in a list: an object holds at most 100 extension values, otherMails at most 250 [GR-34]."""
TOO_LONG = f"becomes longer than {MAX_TEXT} characters on its way"

Thunk = Callable[[Sequence[object]], object]
"""A compiled part: from a row to a value, None for no value."""


def bounded(text: str) -> str:
    """Return a text unless it is too long to go on with."""
    if len(text) > MAX_TEXT:
        raise InvalidValueError(TOO_LONG)
    return text


def text_of(part: Thunk) -> Callable[[Sequence[object]], str | None]:
    """Read a part as text; None stays None."""

    def read(row: Sequence[object]) -> str | None:
        value = part(row)
        return value if value is None or isinstance(value, str) else as_text(value)

    return read
