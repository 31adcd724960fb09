"""Why does this person have these values? A timeline from storage alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from upa_core.domain.bulk.import_job import state_name
from upa_core.domain.bulk.job_log import decode_log, parse_log
from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.lane import Outcome
from upa_core.domain.documents.runs import Run
from upa_core.domain.gates import closed_gate
from upa_core.domain.people.escrow_entry import EscrowEntry
from upa_core.domain.people.shadow import Shard, shard_of
from upa_core.domain.plan.refused import still_refused, why_refused
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.archive import load_outcome
from upa_core.state.document import lane_of, state_of
from upa_core.state.people import People
from upa_core.state.plan_reader import find_in_plan
from upa_core.state.reports import reports_of

Change = tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class Planned:
    """What one run planned for the person, and the result."""

    run: str
    file: str
    at: datetime
    changes: dict[str, Change]
    """Property → old (None: unknown) and new value."""
    result: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that our storage knows about one person."""

    person: str
    known: dict[str, str | None]
    """Property → the value that SharePoint confirmed, None: unknown."""
    escrow: dict[str, EscrowEntry]
    """By property; `*`: the whole person."""
    missed: str
    """The first full round that didn't name the person."""
    declined: dict[str, str]
    timeline: tuple[Planned, ...]
    """Oldest first."""
    waiting: str
    """What a new change would wait for, "" for nothing."""


def explain(ports: Ports, connector: Connector, person: str, *, runs: int = 200) -> Explanation:
    """Return what is known about a person: shadow, escrow, and the plans and archives of the last `runs` runs."""
    state = state_of(ports.store, connector.name).load().value
    person = person.lower()
    shard = People(ports.store, connector, state.people).load(shard_of(person, state.people.shards)).value
    timeline = sorted(_timeline(ports, connector, state, person, runs), key=lambda one: one.at)
    return Explanation(
        person=person,
        known=_known(shard, person),
        escrow=dict(shard.escrow.of(person)),
        missed=shard.missed.get(person, ""),
        declined=dict(shard.declined.get(person, {})),
        timeline=tuple(timeline),
        waiting=_waiting(ports, connector, state),
    )


def _known(shard: Shard, person: str) -> dict[str, str | None]:
    cells = shard.shadow(person)
    return dict(zip(shard.targets, cells, strict=True)) if cells is not None else dict.fromkeys(shard.targets)


def _timeline(ports: Ports, connector: Connector, state: ConnectorState, person: str, runs: int) -> Iterator[Planned]:
    for run, status in _runs(ports, connector, state, runs):
        for file in run.files:
            entry = find_in_plan(ports, run.id, file, person)
            if entry is not None:
                changes = {target: (entry.old.get(target), value) for target, value in entry.new.items()}
                outcome = load_outcome(ports, run.id, file.name)
                result = _result(ports, outcome, person) if outcome is not None else status
                yield Planned(run.id, file.name, run.started, changes, result)


def _runs(ports: Ports, connector: Connector, state: ConnectorState, most: int) -> Iterator[tuple[Run, str]]:
    """Yield open, held and ended runs; of the ended ones the newest."""
    if state.run is not None:
        yield state.run, "on its way"
    if state.hold is not None:
        yield state.hold.run, f"held: {state.hold.why}"
    for report in islice(reports_of(ports.store, connector.name), most):
        run = Run(report.run, report.started, report.rounds, report.files, report.counts)
        yield run, report.outcome + (f": {report.why}" if report.why else "")


def _result(ports: Ports, outcome: Outcome, person: str) -> str:
    if outcome.given_up:
        return outcome.given_up
    for log in outcome.logs:
        blob = ports.store.get(log.key)
        for line in parse_log(decode_log(blob.data)) if blob is not None else ():
            if line.identity.lower() == person:
                return f"{line.kind}: {line.message}"
    jobs = ", ".join(f"{job.id}: {state_name(job.state)}" for job in outcome.jobs)
    return f"accepted (import job {jobs})"


def _waiting(ports: Ports, connector: Connector, state: ConnectorState) -> str:
    gate = closed_gate(connector, state, ports.clock.now())
    if gate is not None:
        return gate.why if gate.until is None else f"{gate.why}, next try at {gate.until:%Y-%m-%d %H:%M} UTC"
    flight = lane_of(ports.store, connector).load().value.in_flight
    if flight is not None:
        return f"an import job of {flight.connector} is in flight"
    refused = still_refused(connector, state.refused)
    return why_refused(refused) if refused else ""
