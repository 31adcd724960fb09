"""The functions of the expression language: their arguments, checks and results.

Every result that the documentation shows is a test in tests/domain/mapping/test_functions.py
(entra-docs, docs/identity/app-provisioning/functions-for-customizing-application-data.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from upa_core.domain.errors import InvalidValueError
from upa_core.domain.values import as_text

MAX_TEXT = 32_768
"""Characters in any value on its way; more is invalid rather than slow."""
MAX_ITEMS = 1_000
"""Values in a list: an object holds at most 100 extension values, otherMails at most 250 (graph.md D)."""

Thunk = Callable[[Sequence[object]], object]
ResultType = Literal["text", "integer", "condition", "list", "any"]


@dataclass(frozen=True, slots=True)
class Argument:
    """What is known of an argument before any value is."""

    type: Literal["text", "integer", "condition", "list", "any", "omitted"]
    value: str | int | None = None
    """Its value, if it is constant."""
    attribute: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """One function: how its arguments are judged and how a call is compiled."""

    result: ResultType
    check: Callable[[tuple[Argument, ...]], str]
    """Return what is wrong with the arguments, or an empty text."""
    build: Callable[[tuple[Thunk | None, ...]], Thunk]


FUNCTIONS: dict[str, Function] = {}
