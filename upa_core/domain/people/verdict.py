"""The verdict over a batch: the same three outcomes for every route, by person and property."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from upa_core.domain.people.escrow_entry import EscrowReason


class Refusal(NamedTuple):
    """Why something of a person was refused."""

    reason: EscrowReason
    detail: str = ""
    """The kind of answer, with the service's own words; never a value."""


@dataclass(frozen=True, slots=True)
class PersonVerdict:
    """The result of one person who isn't wholly confirmed."""

    refused: Mapping[str, Refusal]
    """By property; `*`: the answer names none."""
    confirmed: Collection[str] = ()
    """Properties of the batch that are confirmed although others failed; the rest is unknown."""
    unsent: Collection[str] = ()
    """Properties that were surely not sent, where the answer says so."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a batch for its people."""

    confirmed: bool
    """False: nobody is confirmed; everything in the batch is unknown."""
    failed: Mapping[str, PersonVerdict] = field(default_factory=dict)
    """People whom the answer names; everybody else is confirmed."""
    why: str = ""
    """Why nobody is confirmed."""
    opaque: bool = False
    """Nobody is confirmed and the answer doesn't say why: the target may be down."""
