"""What the simulator claims, and on what ground: cited facts, and guesses that the code marks as ASSUMED."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """One claim about the real services."""

    id: str
    text: str
    source: str
    certainty: str
    """`cited` or `assumed`."""


FACTS: tuple[Fact, ...] = ()


def facts() -> tuple[Fact, ...]:
    """Return every claim."""
    return FACTS


def assumptions() -> tuple[Fact, ...]:
    """Return the guesses."""
    return tuple(fact for fact in FACTS if fact.certainty == "assumed")
