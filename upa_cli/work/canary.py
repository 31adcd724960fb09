"""One real person end to end, apart from the connector's own state: it works in staging mode, and leaves nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from upa_cli.shell.context import Cli
from upa_cli.shell.exits import LATER, CommandError
from upa_cli.work.runner import RunResult, run_to_the_end
from upa_core.domain.connector import ChangeThreshold, Connector
from upa_core.domain.documents.connector_state import PeopleIndex
from upa_core.domain.documents.ids import CANARY, run_id
from upa_core.domain.documents.rounds import Link
from upa_core.domain.documents.storage_layout import connector_prefix, run_folder, state_key
from upa_core.ports.bundle import Ports
from upa_core.ports.change_source import ChangeSource, Page
from upa_core.services.insight.explain import Explanation, explain
from upa_core.services.insight.one_person import shard_with
from upa_core.services.upkeep.retention import sweep_storage
from upa_core.state.document import Stored, lane_of, state_of
from upa_core.state.people import People

SUFFIX = CANARY


class OnePerson:
    """Implements `ChangeSource`: a directory that holds one person of another source."""

    def __init__(self, source: ChangeSource, person: str, select: Sequence[str]) -> None:
        """Show one person only."""
        self._source, self._person, self._select = source, person, select

    def begin(self, select: Sequence[str]) -> Link:  # noqa: ARG002 - the canary has a selection of its own
        """Return the one link there is."""
        return Link("canary:begin", "initial")

    def page(self, link: Link) -> Page:  # noqa: ARG002 - there is one page only
        """Return the person as they are today."""
        record = self._source.read([self._person], self._select).get(self._person)
        return Page([record] if record is not None else [], Link("canary:end", "delta"))

    def read(self, ids: Sequence[str], select: Sequence[str]) -> Mapping[str, dict[str, Any] | None]:
        """Pass on."""
        return self._source.read(ids, select)


@dataclass(frozen=True, slots=True)
class Canary:
    """How it went."""

    result: RunResult
    told: Explanation


def fly(cli: Cli, person: str) -> Canary:
    """Send one person's values through the whole pipeline and wait for SharePoint.

    The canary has a state of its own, deleted at the end; the target tenant's lane is shared, so that only one import
    job is ever in flight. One that was stopped midway is finished first.
    """
    connector = canary_of(cli)
    flight = lane_of(cli.ports.store, connector).load().value.in_flight
    if flight is not None and flight.connector != connector.name:
        text = f"{flight.connector} has an import job in flight, and only one may be: wait for it (upa status)"
        raise CommandError(text, LATER)
    if state_of(cli.ports.store, connector.name).load().value.run is None:
        forget(cli.ports, connector)
    else:
        cli.note("an earlier canary was stopped midway: finishing it first", "yellow")
        run_to_the_end(_ports(cli, connector, person), connector)
        forget(cli.ports, connector)
    sweep_storage(cli.ports, connector)
    _seed(cli, connector, person)
    ports = _ports(cli, connector, person)
    with cli.progress.waiting() as narrate:
        result = run_to_the_end(ports, connector, narrate=narrate)
    return Canary(result, explain(ports, connector, person))


def _seed(cli: Cli, connector: Connector, person: str) -> None:
    """Give the canary a copy of what is known of the person, every value unknown.

    So every value is sent, but none that an administrator rejected, and what a doubt left is sent again.
    """
    ports = cli.ports
    index = PeopleIndex(token=run_id(ports.clock.now(), ports.ids.token()))
    People(ports.store, connector, index).save(0, Stored(shard_with(ports, cli.connector, person, resend=True), None))
    state_of(ports.store, connector.name).update(lambda state: replace(state, people=index))


def canary_of(cli: Cli) -> Connector:
    """Return the canary's connector: the same mappings, scope and target under another name, without limits."""
    name = cli.connector.name + SUFFIX
    if name in cli.app.connectors:
        raise CommandError(f"the connector file has a connector {name}: rename it, canaries use that name")
    none = ChangeThreshold(
        updates_absolute=None, updates_percent=None, clears_absolute=None, clears_percent=None, shrink_percent=None
    )
    return replace(cli.connector, name=name, staging=False, threshold=none)


def forget(ports: Ports, connector: Connector, *runs: str) -> None:
    """Delete the canary's own state, and the runs and rounds named; others stay within the retention."""
    for info in list(ports.store.list(connector_prefix(connector.name))):
        if info.key != state_key(connector.name):
            ports.store.delete(info.key)
    ports.store.delete(state_key(connector.name))
    for run in runs:
        for info in list(ports.store.list(run_folder(run))):
            ports.store.delete(info.key)


def _ports(cli: Cli, connector: Connector, person: str) -> Ports:
    return replace(cli.ports, source=OnePerson(cli.ports.source, person, connector.select))
