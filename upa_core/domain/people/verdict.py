"""What the answer to a batch leaves of its people: the same three outcomes for every route, by person and property."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from upa_core.domain.people.escrow_entry import EscrowReason


class Refusal(NamedTuple):
    """Why something of a person wasn't taken."""

    reason: EscrowReason
    detail: str = ""
    """The answer's kind; never a value."""


@dataclass(frozen=True, slots=True)
class PersonVerdict:
    """What the answer leaves of one person who isn't wholly confirmed."""

    refused: Mapping[str, Refusal]
    """By property; `*`: the answer names none."""
    confirmed: Collection[str] = ()
    """Properties of the batch that are confirmed all the same; all others are unknown."""
    unsent: Collection[str] = ()
    """Properties that were surely not sent, where the answer tells."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the answer to a batch leaves of the people in it."""

    confirmed: bool
    """False: it confirms nobody; everything in the batch is unknown."""
    failed: Mapping[str, PersonVerdict] = field(default_factory=dict)
    """People whom the answer names; everybody else is confirmed."""
    why: str = ""
    """Why nobody is confirmed."""
    opaque: bool = False
    """Nobody is confirmed and the answer doesn't say why: the target may be down."""
