"""The simulator's claims about the real services, each with its source.

The facts are those of the register (docs/facts) that this package cites by id: `[SP-17]`. A guess is marked in the code
as `ASSUMED [SP-70]`; a test holds tags, citations and register together.
"""

from __future__ import annotations

from dataclasses import dataclass

from tenant_sim.control.facts_table import TABLE


@dataclass(frozen=True)
class Fact:
    """One claim about the real services."""

    id: str
    text: str
    source: str
    """The public source; for a guess, its reason."""
    certainty: str
    """`verified`, `documented`, `reported` or `assumed`."""


def _read(table: str) -> tuple[Fact, ...]:
    rows = [[part.strip() for part in line.split("|")] for line in table.strip().splitlines()]
    return tuple(Fact(id_, text, source, certainty) for id_, certainty, text, source in rows)


FACTS: tuple[Fact, ...] = _read(TABLE)


def facts() -> tuple[Fact, ...]:
    """Return every claim."""
    return FACTS


def assumptions() -> tuple[Fact, ...]:
    """Return the guesses."""
    return tuple(fact for fact in FACTS if fact.certainty == "assumed")
