"""Reads what profiles hold already into the shadow of a new connector, so that its first run sends only differences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from upa_cli.shell.context import Cli
from upa_core.domain.errors import RefusedError
from upa_core.domain.people.shadow import Shard
from upa_core.domain.plan.planner import Entry
from upa_core.state.change_people import change_people_between_runs, next_sequence

BATCH = 200
PER_SECOND = 8.0
"""PeopleManager allows 3,000 calls in 5 minutes to the smallest tenants [SP-64]; this leaves a margin."""


@dataclass(slots=True)
class Adopted:
    """What was read."""

    people: int = 0
    values: int = 0
    without_profile: int = 0
    unread: int = 0
    """Profiles that couldn't be read; they stay unknown."""


def adopt(cli: Cli, entries: Iterable[Entry], *, per_second: float, told: Callable[[int], None]) -> Adopted:
    """Read the profiles of these people, no faster than allowed, and write what they hold into the shadow.

    Only strings are taken: how SharePoint writes back dates and numbers isn't documented. A person already known is
    left.
    """
    connector, ports, clock = cli.connector, cli.ports, cli.ports.clock
    strings = {mapping.target for mapping in connector.active if mapping.type == "string"}
    manager = cli.app.people_manager(connector)
    result = Adopted()
    unknown = [entry.person for entry in entries if any(entry.old.get(target) is None for target in entry.new)]
    for batch in _batches(unknown):
        names = ports.source.read(batch, ["id", "userPrincipalName"])
        found: dict[str, dict[str, str | None]] = {}
        for person in batch:
            name = (names.get(person) or {}).get("userPrincipalName")
            began = clock.now()
            try:
                profile = manager.properties(str(name)) if name else None
            except RefusedError:
                result.unread += 1
                continue
            if profile is None:
                result.without_profile += 1
            else:
                found[person] = {target: profile[target] for target in strings if target in profile}
            clock.sleep(max(0.0, 1 / per_second - (clock.now() - began).total_seconds()))
        _write(cli, found)
        result.people += len(found)
        result.values += sum(len(values) for values in found.values())
        told(result.people + result.without_profile + result.unread)
    return result


def _write(cli: Cli, found: dict[str, dict[str, str | None]]) -> None:
    if not found:
        return
    sequence = next_sequence(cli.ports, cli.connector)

    def change(shard: Shard, person: str) -> None:
        known = shard.shadow(person)
        if known is None or all(value is None for value in known):
            shard.settle(person, found[person], sequence)

    change_people_between_runs(cli.ports, cli.connector, found, change)


def _batches(people: Iterable[str]) -> Iterator[list[str]]:
    source = iter(people)
    while batch := list(islice(source, BATCH)):
        yield batch
