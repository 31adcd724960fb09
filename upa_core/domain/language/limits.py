"""The limits that all functions of the expression language share, and reading a part as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from upa_core.domain.errors import InvalidValueError
from upa_core.domain.language.values import as_text

MAX_TEXT = 32_768
"""Characters in any intermediate value; a longer one is invalid."""
MAX_ITEMS = 1_000
"""Values in a list: an object holds at most 100 extension values, otherMails at most 250 [GR-34]."""
TOO_LONG = f"becomes longer than {MAX_TEXT} characters while it is computed"

Thunk = Callable[[Sequence[object]], object]
"""A compiled part: a function from a row to a value, None for no value."""


def bounded(text: str) -> str:
    """Return a text; raise `InvalidValueError` where it is too long."""
    if len(text) > MAX_TEXT:
        raise InvalidValueError(TOO_LONG)
    return text


def text_of(part: Thunk) -> Callable[[Sequence[object]], str | None]:
    """Return a function that reads a part as text; None stays None."""

    def read(row: Sequence[object]) -> str | None:
        value = part(row)
        return value if value is None or isinstance(value, str) else as_text(value)

    return read
