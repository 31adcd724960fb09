"""Begin an ad hoc run: an administrator's plan becomes the connector's open run, in one write.

From then on it is a run like any other: the next wake-up continues it, here or in the function app.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import orjson

from upa_core.domain.connector import Connector
from upa_core.domain.documents.ad_hoc import AdHoc
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.ids import run_id
from upa_core.domain.documents.lane import Abandoned
from upa_core.domain.documents.runs import BULK, Counts, Run
from upa_core.domain.errors import CorruptStateError, RefusedError, UnavailableError
from upa_core.domain.gates import closed_for_all
from upa_core.domain.health.events import Event, EventName
from upa_core.domain.people.changes import spread
from upa_core.domain.plan.entry import Entry, count_changes
from upa_core.ports.bundle import Ports
from upa_core.services.plan.export import write_intent
from upa_core.services.target_change import refuse_other_tenant
from upa_core.services.wake import wake
from upa_core.state.document import lane_of, state_of
from upa_core.state.plan_reader import form_of, people_in
from upa_core.state.plan_writer import PlanWriter
from upa_core.state.run_people.writer import PeopleWriter, store_people


def begin_ad_hoc(
    ports: Ports, connector: Connector, entries: Sequence[Entry], ad_hoc: AdHoc, *, approved: bool = False
) -> Run:
    """Freeze a plan and make it the open run; nothing is sent yet.

    It obeys pause and hold, and waits for the lane like every run. A crash before the one write leaves nothing but
    files that housekeeping sweeps.

    Args:
        ports: the connector's ports.
        connector: the connector, with the mappings that the entries were planned with.
        entries: what is sent, at least one; each person once.
        ad_hoc: what kind of run it is, and who begins it.
        approved: nothing of it counts against the change threshold.

    Raises:
        RefusedError: the connector is paused, switched off or held.
        UnavailableError: a run is open; or a given-up import job may still write one of these values.
        ConfigError: the connector points to another tenant than its shadow is about.
        ValueError: there are no entries.
    """
    if not entries:
        raise ValueError("an ad hoc run of nobody")
    document = state_of(ports.store, connector.name)
    stored = document.load()
    check_may_begin(connector, stored.value)
    _check_abandoned(ports, connector, entries)
    now = ports.clock.now()
    name = run_id(now, ports.ids.token())
    index = stored.value.people
    rows = PeopleWriter(ports.store, connector, name, index)
    writer = PlanWriter(ports, connector, name, stored.value.sequence, rows=rows)
    for part in spread([entry.person for entry in entries], entries, index.shards):
        writer.add(part)
    updated, cleared = count_changes(entries)
    pairs = sum(len(entry.new) for entry in entries)
    run = Run(
        id=name,
        started=now,
        rounds=(),
        files=writer.close(),
        counts=Counts(people=len(entries), updated=updated, cleared=cleared, pairs=pairs),
        targets=connector.targets,
        fingerprint=connector.fingerprint,
        approved=approved,
        ad_hoc=ad_hoc,
    )
    store_people(ports.store, rows.close(writer.batches, now))
    write_intent(ports, connector, run)
    planned_from = (stored.value.sequence, stored.value.runs)

    def begin(state: ConnectorState) -> ConnectorState:
        check_may_begin(connector, state)
        if (state.sequence, state.runs) != planned_from:
            raise UnavailableError(f"{connector.name} was at work in between; nothing was begun")
        fresh = (state.last_full, state.sequence, state.people.token) == (None, 0, "")  # as in a first round
        return replace(
            state,
            run=run,
            sequence=run.files[-1].sequence,
            target=connector.target.lane,
            people=replace(state.people, token=name) if fresh else state.people,
        )

    document.update(begin, stored)
    fields = {"updated": updated, "cleared": cleared, "files": len(run.files)}
    ports.events.emit(Event(EventName.PLAN_MADE, connector.name, name, fields=fields))
    wake(ports, ports.waker.export, connector.name, name)
    return run


def check_may_begin(connector: Connector, state: ConnectorState) -> None:
    """Raise where an ad hoc run may not begin now; as `begin_ad_hoc`."""
    refuse_other_tenant(connector, state)
    gate = closed_for_all(state)
    if gate is not None:
        raise RefusedError(f"{connector.name} is {gate.why}: nothing is sent before upa resume")
    if state.hold is not None:
        raise RefusedError(f"a plan of {connector.name} is held ({state.hold.why}): decide it first. See upa hold show")
    if state.urgent is not None:
        raise UnavailableError(f"somebody is written at once until {state.urgent.until:%H:%M} UTC: try again then")
    if state.run is not None:
        raise UnavailableError(f"run {state.run.id} of {connector.name} is open: wait until it ended (upa status)")


def _check_abandoned(ports: Ports, connector: Connector, entries: Sequence[Entry]) -> None:
    """Refuse a value that an import job, which was given up, may still overwrite with an older one."""
    wanted = {entry.person: entry.new for entry in entries}
    for given_up in lane_of(ports.store, connector).load().value.abandoned:
        if people := _in_common(ports, given_up, wanted):
            raise UnavailableError(
                f"the import job of {given_up.file} was given up and may still write the same properties of "
                f"{people} of these people: wait until it ended (upa jobs list)"
            )


def _in_common(ports: Ports, given_up: Abandoned, wanted: Mapping[str, Mapping[str, str]]) -> int:
    form = form_of(ports, BULK)
    with suppress(CorruptStateError):
        pieces = people_in(ports, given_up.run, given_up.file, BULK)
        both = {person: pieces[person] for person in pieces.keys() & wanted.keys()}
        old = form.read(list(both.values()), orjson.loads)
        return sum(bool(values.keys() & wanted[person].keys()) for person, values in old.items())
    return len(wanted)  # the batch can't be read, so it may hold any of them
