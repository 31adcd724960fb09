"""Values that an administrator rejected with a held plan: list them, and lift the rejection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from upa_core.domain.connector import Connector
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.people.shadow import Shard, shard_of
from upa_core.domain.redaction import Redactor
from upa_core.ports.bundle import Ports
from upa_core.services.admin.requests import request_people
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.document import state_of
from upa_core.state.people import People

Declined = tuple[str, Mapping[str, str]]
"""A person's object id, and the values that aren't sent, by property."""
COLUMNS = ("person", "user", "property", "value")
"""The parts of a declined value as CSV."""


def all_declined(ports: Ports, connector: Connector) -> Iterator[Declined]:
    """Yield everybody with declined values, shard by shard; every shard is read."""
    people = _people(ports, connector)
    for number in range(people.index.shards):
        yield from sorted(people.load(number).value.declined.items())


def csv_rows(connector: Connector, found: Iterable[Declined], names: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield a row for each declined value, as it may be shown; `names`: user names by object id."""
    redactor = Redactor(connector)
    for person, values in found:
        for target, value in sorted(values.items()):
            shown = redactor.value(target, value) or ""
            yield {"person": person, "user": names.get(person, ""), "property": target, "value": shown}


def declined_of(ports: Ports, connector: Connector, persons: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """Return the declined values of these people, without people who have none."""
    people = _people(ports, connector)
    found: dict[str, Mapping[str, str]] = {}
    for person in persons:
        values = people.load(shard_of(person, people.index.shards)).value.declined.get(person)
        if values:
            found[person] = dict(values)
    return found


def lift(ports: Ports, connector: Connector, persons: Iterable[str], by: str) -> int:
    """Lift the rejection of these people's values; they are read again and planned at the next export.

    Returns how many people had any.
    """
    found = declined_of(ports, connector, [person.lower() for person in persons])
    if not found:
        return 0

    def change(shard: Shard, person: str) -> None:
        shard.declined.pop(person, None)

    change_people_between_runs(ports, connector, found, change)
    fields = {"control": f"lift declined values of {len(found)} people", "by": by}
    ports.events.emit(Event(EventName.CONTROLLED, connector.name, level=Level.WARNING, fields=fields))
    request_people(ports, connector, list(found))
    return len(found)


def _people(ports: Ports, connector: Connector) -> People:
    return People(ports.store, connector, state_of(ports.store, connector.name).load().value.people)
