"""From a planned value to the value that a set sends."""

from __future__ import annotations

from typing import Literal

from upa_core.domain.individual.answer import Value
from upa_core.domain.language.values import LISTS, ValueType, values_of

ClearForm = Literal["", "empty", "null"]
"""The value that clears a property, as the probe found: an empty text or list, null, or nothing known."""


def to_wire(kind: ValueType, value: str, clear: ClearForm = "empty") -> Value:
    """Return the value to send for a planned value; "" is a clear, and `clear` is its proven form.

    Raises `InvalidValueError` for a list that isn't in its canonical form.
    """
    if value:
        return values_of(value) if kind in LISTS else value
    if clear == "null":
        return None
    return () if kind in LISTS else ""


def from_shown(kind: ValueType, shown: str) -> Value:
    """Return the value that writes a shown value again; dates and integers stay in the form in which they are shown."""
    if kind in LISTS:
        return tuple(shown.split("|")) if shown else ()
    return shown
