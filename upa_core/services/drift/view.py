"""The differences and the unreadable people, person by person, from storage alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents.codec import instant
from upa_core.domain.drift.record import Difference, DriftPart, Unread
from upa_core.domain.redaction import Redactor
from upa_core.ports.bundle import Ports
from upa_core.state.drift.documents import parts_of

COLUMNS = ("id", "user", "property", "old", "found", "verdict", "since", "last_read", "times", "repairs", "contested")
"""The parts of a difference: keys of JSON, headings of CSV."""


@dataclass(frozen=True, slots=True)
class Drifted:
    """One property of one person that differs."""

    person: str
    target: str
    found: Difference


def drifted(ports: Ports, connector: Connector, target: str = "") -> Iterator[Drifted]:
    """Yield the present differences, in one property or in all, partition by partition."""
    for _, stored in parts_of(ports.store, connector.name):
        yield from _of_part(stored.value, target)


def some_drifted(
    ports: Ports, connector: Connector, target: str, first: int, least: int
) -> tuple[list[Drifted], int | None]:
    """Return differences from partition `first` on, at least `least` rows, and the next partition; None: the end."""
    found: list[Drifted] = []
    for number, stored in parts_of(ports.store, connector.name, first):
        if len(found) >= least:
            return found, number
        found += _of_part(stored.value, target)
    return found, None


def _of_part(part: DriftPart, target: str) -> Iterator[Drifted]:
    for person, found in sorted(part.found.items()):
        for name, one in sorted(found.items()):
            if one.over is None and target in ("", name):
                yield Drifted(person, name, one)


def unreadable(ports: Ports, connector: Connector) -> Iterator[tuple[str, Unread]]:
    """Yield the people who can't be read, each with a reason and since when."""
    for _, stored in parts_of(ports.store, connector.name):
        yield from sorted(stored.value.unread.items())


def drifted_json(connector: Connector, one: Drifted) -> dict[str, Any]:
    """Return a difference as JSON values, redacted."""
    redactor, found = Redactor(connector), one.found
    return {
        "id": one.person,
        "property": one.target,
        "old": redactor.value(one.target, found.old),
        "found": redactor.value(one.target, found.found),
        "verdict": found.verdict,
        "since": instant(found.since),
        "last_read": instant(found.seen),
        "times": found.times,
        "repairs": found.repairs,
        "contested": found.contested,
    }


def unreadable_json(person: str, one: Unread) -> dict[str, Any]:
    """Return why a person can't be read, as JSON values."""
    return {"id": person, "why": one.why, "code": one.code, "since": instant(one.since)}
