"""Read the values in profiles into the shadow of a new connector, so that its first run sends only differences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from upa_core.domain.connector import Connector
from upa_core.domain.drift.compare import order_in
from upa_core.domain.individual.compare import DateOrder, holds
from upa_core.domain.people.shadow import Shard
from upa_core.domain.plan.entry import Entry
from upa_core.ports.bundle import Ports
from upa_core.ports.single_profiles import SingleProfiles
from upa_core.services.drift.reader import AT_ONCE, NoCallsLeftError, Read, Reader
from upa_core.state.change_people import change_people_between_runs, next_sequence

BATCH = 200
PER_SECOND = 8.0
"""A slow, even rate [SP-64]; the tenant's budget of calls limits how many profiles are read in all."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """The numbers so far."""

    people: int = 0
    values: int = 0
    without_profile: int = 0
    unread: int = 0
    """Profiles that couldn't be read; their people stay unknown."""

    @property
    def looked_at(self) -> int:
        """How many people were read, or found unreadable."""
        return self.people + self.without_profile + self.unread


_WITHOUT_PROFILE = ("no_profile", "no_user_name", "not_in_directory")


def unconfirmed(entries: Iterable[Entry]) -> list[Entry]:
    """Return the people of a plan with a property that would be sent and that SharePoint never confirmed."""
    return [entry for entry in entries if any(entry.old.get(target) is None for target in entry.new)]


def adopt(
    ports: Ports,
    connector: Connector,
    profiles: SingleProfiles,
    entries: Sequence[Entry],
    *,
    per_second: float = PER_SECOND,
) -> Iterator[Adopted]:
    """Read people's profiles into the shadow, at most `per_second`; yield the totals after each batch.

    A string is taken as it is shown. A value of another type is taken where the profile holds what the plan would send,
    compared by its type; dates in the order in which they are shown to us. The object id shows whose profile it is. A
    person of whom something is known already is left as they are. It can be stopped and begun again; where the budget
    of calls is used up, it waits for the next five minutes.

    Raises as `ChangeSource.read`, `SingleProfiles.read`, and `ConflictError` where the people are being moved.
    """
    reader, total = Reader(ports, connector, profiles), Adopted()
    order = reader.order()
    try:
        for batch in _batches(entries):
            readings: dict[str, Read] = {}
            for at in range(0, len(batch), AT_ONCE):
                people = [entry.person for entry in batch[at : at + AT_ONCE]]
                began = ports.clock.monotonic()
                readings |= _read(ports, reader, people, connector.targets)
                ports.clock.sleep(max(0.0, len(people) / per_second - (ports.clock.monotonic() - began)))
            order = order or order_in((one.values for one in readings.values()), connector.active)
            missing = sum(one.why in _WITHOUT_PROFILE for one in readings.values())
            found = {
                entry.person: _held(connector, entry, readings[entry.person], order)
                for entry in batch
                if readings[entry.person].why is None
            }
            _write(ports, connector, found)
            total = Adopted(
                people=total.people + len(found),
                values=total.values + sum(len(values) for values in found.values()),
                without_profile=total.without_profile + missing,
                unread=total.unread + len(batch) - len(found) - missing,
            )
            yield total
    finally:
        reader.close()


def _read(ports: Ports, reader: Reader, people: Sequence[str], names: Sequence[str]) -> dict[str, Read]:
    while True:
        try:
            return reader.read(people, names)
        except NoCallsLeftError:
            ports.clock.sleep(max(1.0, (reader.free_at() - ports.clock.now()) / timedelta(seconds=1)))


def _held(connector: Connector, entry: Entry, one: Read, order: DateOrder | None) -> dict[str, str | None]:
    """Return the values of a profile that are known for sure, in the form in which they would be planned."""
    found: dict[str, str | None] = {}
    for mapping in connector.active:
        shown, planned = one.values.get(mapping.target, ""), entry.new.get(mapping.target)
        if mapping.type == "string":
            found[mapping.target] = shown
        elif shown and planned and holds(mapping.type, planned, shown, order):
            found[mapping.target] = planned
    return found


def _write(ports: Ports, connector: Connector, found: Mapping[str, Mapping[str, str | None]]) -> None:
    if not found:
        return
    sequence = next_sequence(ports, connector)

    def change(shard: Shard, person: str) -> None:
        known = shard.shadow(person)
        if known is None or all(value is None for value in known):
            shard.settle(person, found[person], sequence)

    change_people_between_runs(ports, connector, found, change)


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    source = iter(entries)
    while batch := list(islice(source, BATCH)):
        yield batch
