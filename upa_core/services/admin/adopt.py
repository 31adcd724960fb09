"""Reads what profiles hold already into the shadow of a new connector, so that its first run sends only differences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from upa_core.domain.connector import Connector
from upa_core.domain.errors import RefusedError
from upa_core.domain.people.shadow import Shard
from upa_core.domain.plan.planner import Entry
from upa_core.ports.bundle import Ports
from upa_core.ports.profiles import Profiles
from upa_core.state.change_people import change_people_between_runs, next_sequence

BATCH = 200
PER_SECOND = 8.0
"""No spikes [SP-64]; how many profiles are read in all is up to the tenant's budget of calls."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was read so far."""

    people: int = 0
    values: int = 0
    without_profile: int = 0
    unread: int = 0
    """Profiles that couldn't be read; their people stay unknown."""

    @property
    def looked_at(self) -> int:
        """How many people were looked at."""
        return self.people + self.without_profile + self.unread


def unconfirmed(entries: Iterable[Entry]) -> list[str]:
    """Return the people of a plan of whom SharePoint never confirmed some property that would be sent."""
    return [entry.person for entry in entries if any(entry.old.get(target) is None for target in entry.new)]


def adopt(
    ports: Ports, connector: Connector, profiles: Profiles, people: Sequence[str], *, per_second: float = PER_SECOND
) -> Iterator[Adopted]:
    """Read people's profiles into the shadow, at most `per_second`; yields the totals so far after each batch.

    Only strings are taken: how SharePoint writes back dates and numbers isn't documented. A person of whom something
    is known already is left as they are. It can be stopped and begun again.
    Raises as `ChangeSource.read`, `Profiles.properties` (a profile that is refused counts as unread), and
    `ConflictError` where the people are being moved.
    """
    strings = {mapping.target for mapping in connector.active if mapping.type == "string"}
    clock, total = ports.clock, Adopted()
    for batch in _batches(people):
        names = ports.source.read(batch, ["id", "userPrincipalName"])
        found: dict[str, dict[str, str | None]] = {}
        for person in batch:
            name = (names.get(person) or {}).get("userPrincipalName")
            began = clock.now()
            try:
                profile = profiles.properties(str(name)) if name else None
            except RefusedError:
                total = replace(total, unread=total.unread + 1)
                continue
            if profile is None:
                total = replace(total, without_profile=total.without_profile + 1)
            else:
                found[person] = {target: profile[target] for target in strings if target in profile}
            clock.sleep(max(0.0, 1 / per_second - (clock.now() - began).total_seconds()))
        _write(ports, connector, found)
        values = sum(len(values) for values in found.values())
        total = replace(total, people=total.people + len(found), values=total.values + values)
        yield total


def _write(ports: Ports, connector: Connector, found: Mapping[str, Mapping[str, str | None]]) -> None:
    if not found:
        return
    sequence = next_sequence(ports, connector)

    def change(shard: Shard, person: str) -> None:
        known = shard.shadow(person)
        if known is None or all(value is None for value in known):
            shard.settle(person, found[person], sequence)

    change_people_between_runs(ports, connector, found, change)


def _batches(people: Iterable[str]) -> Iterator[list[str]]:
    source = iter(people)
    while batch := list(islice(source, BATCH)):
        yield batch
