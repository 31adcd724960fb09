"""The properties of a person that a batch, a held plan or an import job that was given up may still write."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.runs import BULK
from upa_core.domain.errors import CorruptStateError
from upa_core.ports.bundle import Ports
from upa_core.state.document import lane_of
from upa_core.state.plan_reader import form_of, people_in


def busy_properties(ports: Ports, connector: Connector, state: ConnectorState, person: str) -> dict[str, str]:
    """Return why properties of a person mustn't be written singly now: by property, what may still write it.

    Where a batch can't be read, it may name every property.
    """
    found: dict[str, str] = {}
    for run, file, route, why in _on_their_way(ports, connector, state):
        for target in _named(ports, connector, run, file, route, person):
            found.setdefault(target, why)
    return found


def _on_their_way(ports: Ports, connector: Connector, state: ConnectorState) -> Iterator[tuple[str, str, str, str]]:
    """Yield run, batch, route, and the reason of everything on its way."""
    if state.run is not None:
        for file in state.run.waiting():
            yield state.run.id, file.name, file.route, f"run {state.run.id}, which is on its way, names it"
    if state.hold is not None:
        for file in state.hold.run.files:
            why = f"a held plan names it: decide {state.hold.run.id} first"
            yield state.hold.run.id, file.name, file.route, why
    lane = lane_of(ports.store, connector).load().value
    flight = lane.in_flight
    if flight is not None and flight.connector == connector.name:
        yield flight.run, flight.file, BULK, f"run {flight.run}, which is on its way, names it"
    for given_up in lane.abandoned:
        if given_up.connector == connector.name:
            why = "an import job that was given up may still write it: see upa jobs list"
            yield given_up.run, given_up.file, BULK, why


def _named(ports: Ports, connector: Connector, run: str, file: str, route: str, person: str) -> list[str]:
    """Return the properties of a person in a batch. Six parameters: which batch, and which person."""
    try:
        form = form_of(ports, route)
        pieces = {one.lower(): piece for one, piece in people_in(ports, run, file, route).items()}
        if person not in pieces:
            return []
        (values,) = form.read([pieces[person]], orjson.loads).values()
    except CorruptStateError:
        return list(connector.targets)
    return list(values)
