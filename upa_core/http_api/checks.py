"""The checks of a request; anything unexpected is answered as a problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from upa_core.domain.http import ProblemError, problem


def known_only(what: str, given: Mapping[str, Any], known: set[str]) -> None:
    """Raise `ProblemError` for an unknown name: a misspelt option must not be ignored."""
    if unknown := sorted(set(given) - known):
        names = ", ".join(sorted(known - {"code"})) or "none"
        check(holds=False, otherwise=f"unknown {what} {unknown[0][:40]!r}; known: {names}")


def check(holds: bool, otherwise: str, *, title: str = "The request can't be used") -> None:
    """Raise `ProblemError` (400) unless the condition holds."""
    if not holds:
        raise ProblemError(problem(400, title, otherwise))
