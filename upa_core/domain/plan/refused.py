"""A property that is refused for everybody has one cause: the property is set aside, not the people.

A few people are still tried: at any time those with another value than the refused one, and at a full round anybody.
The first accepted value brings the property back.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import RefusedProperty
from upa_core.domain.people.escrow import Escrow
from upa_core.domain.people.escrow_entry import WHOLE, EscrowReason
from upa_core.domain.people.mapping import Mapping as PropertyMapping
from upa_core.domain.people.verdict import PersonVerdict, Refusal
from upa_core.domain.plan.tally import Tally

LEAST_PEOPLE = 10
"""If fewer people are all refused, each may have a bad value of their own."""
TRIES = 3
"""People in one plan with whom a property that was set aside is tried."""

CORRECT_MAPPING = "correct the mapping, or the property's type in SharePoint; a few people are tried at each full round"

FOR_EVERYBODY = "refused for everybody: the property is set aside"
"""Why a value of such a property isn't sent, in a run's rows."""

Sent = Callable[[str], Collection[str]]
"""Returns the properties that a batch held of a person."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the answer to one batch says about properties."""

    refused: Mapping[str, Refusal] = field(default_factory=dict)
    """Properties refused for everybody who had them in the batch, with the first of the reasons."""
    people: Mapping[str, int] = field(default_factory=dict)
    """The number of these people."""
    taken: frozenset[str] = frozenset()
    """Properties that were set aside before and that SharePoint accepted for somebody now."""


def judge_properties(
    failed: Mapping[str, PersonVerdict], people: Iterable[str], sent: Sent, tried: Collection[str]
) -> Judged:
    """Judge the properties of a batch by its people: those who `failed`, all `people`, and what was `sent` of each.

    Args:
        tried: properties that were set aside when the batch was planned: one person is enough to judge them.
    """
    if len(failed) < LEAST_PEOPLE and not tried:
        return Judged()
    found: dict[str, Refusal] = {}
    counts: Counter[str] = Counter()
    clean: set[str] = set()
    for person, verdict in failed.items():
        for target in sent(person):
            if (refusal := blamed(verdict, target, sent(person))) is None:
                clean.add(target)
            else:
                found.setdefault(target, refusal)
                counts[target] += 1
    open_ = {target for target in found if counts[target] >= LEAST_PEOPLE or target in tried} - clean
    taken = {target for one in failed.values() for target in one.confirmed if target in tried}
    asked = open_ | set(tried)
    for person in people:
        if not asked:
            break
        if person not in failed:
            held = asked.intersection(sent(person))
            taken |= held.intersection(tried)
            open_ -= held
            asked -= held
    return Judged(
        {target: found[target] for target in sorted(open_)},
        {target: counts[target] for target in open_},
        frozenset(taken),
    )


def blamed(verdict: PersonVerdict, target: str, sent: Collection[str]) -> Refusal | None:
    """Return why a property of a person was refused; None where it wasn't, or where that isn't known.

    An answer that names the person alone means the one property that was sent.
    """
    refusal = verdict.refused.get(target) or (verdict.refused.get(WHOLE) if len(sent) == 1 else None)
    return refusal if refusal is not None and refusal.reason is EscrowReason.REFUSED_BY_SHAREPOINT else None


def without(refused: Mapping[str, Refusal], aside: Collection[str], sent: Collection[str]) -> dict[str, Refusal]:
    """Return the properties that an answer refused for a person, without those that are set aside."""
    whole = {WHOLE} if aside and set(sent) <= set(aside) else set()
    return {target: one for target, one in refused.items() if target not in {*aside, *whole}}


def hash_of(mapping: PropertyMapping) -> str:
    """Return the hash of a mapping: with another hash it gives other values than the refused ones."""
    return hashlib.sha256(json.dumps(mapping.describe(), sort_keys=True).encode()).hexdigest()[:16]


def still_refused(connector: Connector, known: Iterable[RefusedProperty]) -> tuple[RefusedProperty, ...]:
    """Return the refused properties whose mapping hasn't changed since."""
    hashes = {mapping.target: hash_of(mapping) for mapping in connector.active}
    return tuple(one for one in known if hashes.get(one.target) == one.mapping)


def kind_of(detail: str) -> str:
    """Return the kind of an answer without the service's own words, for logs and mails."""
    return detail.partition(":")[0]


def why_refused(refused: Collection[RefusedProperty]) -> str:
    """Return a sentence that names the refused properties."""
    named = ", ".join(
        f"{one.target} ({kind_of(one.detail) or 'no reason given'}, {one.people} people)" for one in refused
    )
    return f"property refused: SharePoint refuses {named} for everybody, so it isn't sent"


def noted(
    connector: Connector, known: Iterable[RefusedProperty], judged: Judged, run: str, now: datetime
) -> tuple[RefusedProperty, ...]:
    """Return the refused properties after a batch."""
    left = {one.target: one for one in still_refused(connector, known) if one.target not in judged.taken}
    mappings = {mapping.target: mapping for mapping in connector.active}
    for target, refusal in judged.refused.items():
        if target in mappings and target not in left:
            made = hash_of(mappings[target])
            left[target] = RefusedProperty(target, made, now, run, judged.people[target], refusal.detail)
    return tuple(left[target] for target in sorted(left))


class Aside:
    """The properties that a plan doesn't send, except to a few people with whom they are tried."""

    def __init__(self, targets: Iterable[str] = ()) -> None:
        """Begin a plan without these properties."""
        self._left = dict.fromkeys(targets, TRIES)

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._left)

    def leave_out(
        self, escrow: Escrow, person: str, new: dict[str, str], tally: Tally, *, full_round: bool
    ) -> dict[str, str]:
        """Return a person's new values without the properties that aren't sent."""
        if not self._left:
            return new
        asked = self._left.keys() & new.keys()
        out = {target for target in asked if not self._tries(escrow, person, target, new[target], full_round)}
        tally.held_back += len(out)
        for target in () if full_round else out:  # a full round concerns everybody: one cause is enough
            tally.leave(person, target, EscrowReason.REFUSED_BY_SHAREPOINT.value, FOR_EVERYBODY, new[target])
        return {target: value for target, value in new.items() if target not in out}

    def _tries(self, escrow: Escrow, person: str, target: str, value: str, full_round: bool) -> bool:
        whole = escrow.of(person).get(WHOLE)
        if whole is not None and whole.reason is EscrowReason.REQUESTED:
            return True
        if not full_round and escrow.was_allowed(person, {target: value}):
            return False
        self._left[target] -= 1
        return self._left[target] >= 0
