"""From a planned value to what a set sends."""

from __future__ import annotations

from typing import Literal

from upa_core.domain.individual.answer import Value
from upa_core.domain.language.values import LISTS, ValueType, values_of

ClearForm = Literal["", "empty", "null"]
"""What clears a property, as the probe found out: an empty text or list, null, or nothing known."""


def to_wire(kind: ValueType, value: str, clear: ClearForm = "empty") -> Value:
    """Return what a set sends for a planned value, "" being a clear; `clear` is the form that was proven.

    Raises `InvalidValueError` for a list that isn't in its canonical form.
    """
    if value:
        return values_of(value) if kind in LISTS else value
    if clear == "null":
        return None
    return () if kind in LISTS else ""


def from_shown(kind: ValueType, shown: str) -> Value:
    """Return what sets a value that a profile shows, dates and integers in the form that they were shown in."""
    if kind in LISTS:
        return tuple(shown.split("|")) if shown else ()
    return shown
