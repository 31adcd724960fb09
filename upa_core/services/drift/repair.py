"""Put right values that a profile no longer holds: they become unknown and due for the next plan."""

from __future__ import annotations

from collections.abc import Mapping

from upa_core.domain.connector import Connector
from upa_core.domain.documents.runs import INDIVIDUAL
from upa_core.domain.drift.put_right import put_right as rule
from upa_core.domain.people.shadow import Shard
from upa_core.ports.bundle import Ports
from upa_core.services.wake import wake
from upa_core.state.change_people import change_people_between_runs, next_sequence


def put_right(ports: Ports, connector: Connector, drifted: Mapping[str, Mapping[str, str]]) -> None:
    """Make properties unknown and their people due, each with the value that was confirmed.

    They are planned like any change, within the change threshold and behind every gate. Repeating it changes nothing.
    Raises `ConflictError` where the people are being moved.
    """
    if not drifted:
        return
    now, sequence = ports.clock.now(), next_sequence(ports, connector)
    single = [mapping.target for mapping in connector.active if mapping.route == INDIVIDUAL]

    def change(shard: Shard, person: str) -> None:
        rule(shard, person, drifted[person], single, now=now, sequence=sequence)

    change_people_between_runs(ports, connector, drifted, change)
    wake(ports, ports.waker.export, connector.name, "")
