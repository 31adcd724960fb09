"""What the simulator claims, and on what ground: cited facts, and guesses that the code marks as ASSUMED.

A test holds code and table together: every tag `ASSUMED: <id>:` in the code has its line here, and the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass

from tenant_sim.control.facts_table import ASSUMED, CITED


@dataclass(frozen=True)
class Fact:
    """One claim about the real services."""

    id: str
    text: str
    source: str
    """Section of the reference, or for a guess what it leans on."""
    certainty: str
    """`cited` or `assumed`."""


def _read(table: str, certainty: str) -> tuple[Fact, ...]:
    rows = [[part.strip() for part in line.split("|")] for line in table.strip().splitlines()]
    return tuple(Fact(id_, text, source, certainty) for id_, text, source in rows)


FACTS: tuple[Fact, ...] = _read(CITED, "cited") + _read(ASSUMED, "assumed")


def facts() -> tuple[Fact, ...]:
    """Return every claim."""
    return FACTS


def assumptions() -> tuple[Fact, ...]:
    """Return the guesses."""
    return tuple(fact for fact in FACTS if fact.certainty == "assumed")
