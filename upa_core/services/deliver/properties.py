"""Note the properties that SharePoint refuses for everybody, and those that it accepts again; emit each once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.ids import run_id
from upa_core.domain.documents.runs import Run
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.domain.people.verdict import PersonVerdict
from upa_core.domain.plan.refused import Judged, Sent, judge_properties, kind_of, noted
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.delivery import Delivery
from upa_core.state.document import state_of
from upa_core.state.outbox import asking_for_full_round
from upa_core.state.people import People


def judge_safely(
    ports: Ports,
    connector: Connector,
    failed: Mapping[str, PersonVerdict],
    people: Collection[str],
    sent: Sent,
    tried: Collection[str],
) -> Judged:
    """Judge the properties of a batch; a property that somebody outside the batch has isn't refused for everybody.

    A batch of retries holds only people who were refused before. Repeating it gives the same result.

    Six parameters: those of `judge_properties`, and where people are known.
    """
    judged = judge_properties(failed, people, sent, tried)
    doubtful = judged.refused.keys() - set(tried)
    if not doubtful:
        return judged
    index = state_of(ports.store, connector.name).load().value.people
    known = People(ports.store, connector, index)
    for number in range(index.shards):
        shard = known.load(number).value
        places = [(at, target) for at, target in enumerate(shard.targets) if target in doubtful]
        for person, row in shard.rows.items():
            if person not in people:
                doubtful = doubtful - {target for at, target in places if row[at]}
    kept = {target: one for target, one in judged.refused.items() if target in doubtful or target in tried}
    return replace(judged, refused=kept)


def note_properties(delivery: Delivery, state: ConnectorState, judged: Judged, now: datetime) -> ConnectorState:
    """Return the state after a batch; an accepted property asks for a full round, which sends it to everybody."""
    refused = noted(delivery.connector, state.refused, judged, delivery.run.id, now)
    back = {one.target for one in state.refused} & judged.taken
    after = replace(state, refused=refused)
    return asking_for_full_round(after, run_id(now, delivery.ports.ids.token()), now) if back else after


def emit_properties(ports: Ports, connector: str, before: ConnectorState, after: ConnectorState, run: Run) -> None:
    """Emit the differences between two states."""
    old, new = ({one.target: one for one in state.refused} for state in (before, after))
    for target in new.keys() - old.keys():
        fields: Fields = {"property": target, "people": new[target].people, "detail": kind_of(new[target].detail)}
        event = Event(EventName.PROPERTY_REFUSED, connector, run.id, Level.ERROR, fields, run.import_jobs)
        ports.events.emit(event)
    for target in old.keys() - new.keys():
        ports.events.emit(Event(EventName.PROPERTY_TAKEN, connector, run.id, fields={"property": target}))
