"""Write one person at once, beside other work: claimed in the state, archived, settled like any batch.

While the claim lasts nothing is planned, so that no batch touches the person. A worker that dies leaves the claim.
The next worker settles it after its end: as archived, or else as unknown, and the person is due.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.lane import LogFile, Outcome
from upa_core.domain.documents.runs import INDIVIDUAL, Counts, Urgent
from upa_core.domain.documents.storage_layout import log_key
from upa_core.domain.errors import (
    AccessDeniedError,
    CorruptStateError,
    RefusedError,
    RetryLaterError,
    ThrottledError,
    UpaError,
)
from upa_core.domain.individual.answer import Fault, Profile
from upa_core.domain.individual.batch import Task, tasks
from upa_core.domain.individual.record import PersonRecord, write_records
from upa_core.domain.next_step import Step
from upa_core.domain.people.escrow_entry import UNANSWERED, WHOLE, EscrowEntry, EscrowReason
from upa_core.domain.people.mapping import Mapping as PropertyMapping
from upa_core.domain.people.shadow import Shard
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.archive import load_outcome, write_outcome
from upa_core.services.deliver.individual.counted import Counted
from upa_core.services.deliver.individual.person import Writer, site_host_of
from upa_core.services.deliver.individual.route import IndividualRoute
from upa_core.services.deliver.individual.slices import CLAIM_LASTS, REQUEST_TIMEOUT
from upa_core.services.deliver.settle import Settlement, settle
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.document import state_of
from upa_core.state.individual import CallBudget
from upa_core.state.plan_reader import people_in
from upa_core.state.run_end import after_delivery, write_report

DIED = "whoever wrote them died"


@dataclass(frozen=True, slots=True)
class Written:
    """The result for a person who was written at once."""

    record: PersonRecord | None
    """The answers; None where a write has none and its result is unknown."""
    settlement: Settlement
    calls: int
    """The calls of PeopleManager that were made."""
    requests: int
    """The requests with these calls."""


def send_now(
    ports: Ports,
    connector: Connector,
    route: IndividualRoute,
    mappings: Mapping[str, PropertyMapping],
    urgent: Urgent,
    *,
    began: float,
    calls: CallBudget,
) -> Written:
    """Write the claimed person and settle the result.

    Seven parameters: the claim, and the means to send. `began`: the monotonic clock before the claim was written.
    Raises `RefusedError`, `ThrottledError` and `RetryLaterError` where nothing was sent; the claim is then given up.
    """
    proof = route.proof(ports, connector)
    if proof is None:
        _release(ports, connector, urgent)
        raise RefusedError("the probe's result is gone")
    profiles = Counted(route.profiles)
    writer = Writer(ports, profiles, connector.name, urgent.run.id, mappings, proof, site_host_of(connector))
    task = _task(ports, urgent)
    last = began + CLAIM_LASTS.total_seconds() - REQUEST_TIMEOUT
    try:
        if task.unanswered:
            writer.look_back(task)
        reading = writer.read({task.account: list(task.values)})[task.account]
        if isinstance(reading, Fault) and reading.kind == "denied":
            raise AccessDeniedError(reading.code)
        record = writer.look(task, reading)
        if record is None and ports.clock.monotonic() >= last:
            raise RetryLaterError("the profile was read too slowly")
    except (UpaError, TypeError) as exc:
        _release(ports, connector, urgent)
        _note(ports, connector, route, calls, exc)
        raise
    if record is None and isinstance(reading, Profile):
        try:
            record = writer.write(task, reading, until=last)
        except (ThrottledError, AccessDeniedError, RefusedError) as exc:
            _release(ports, connector, urgent)
            _note(ports, connector, route, calls, exc)
            raise
        except RetryLaterError:
            settlement = end_urgent(ports, connector, urgent, given_up="SharePoint didn't answer")
            return Written(None, settlement, profiles.calls, profiles.requests)
        if record.denial:
            route.deny(ports, connector, record.denial)
    settlement = _archive(ports, connector, urgent, record)
    return Written(record, settlement, profiles.calls, profiles.requests)


def end_overdue(ports: Ports, connector: Connector, urgent: Urgent) -> Step:
    """Settle a claim whose worker died; before the claim ends nothing is done."""
    if ports.clock.now() < urgent.until:
        return Step("poll", "somebody is written at once", at=urgent.until, run=urgent.run.id)
    end_urgent(ports, connector, urgent, given_up=DIED)
    return Step("again", "settled what was written at once", run=urgent.run.id)


def end_urgent(ports: Ports, connector: Connector, urgent: Urgent, *, given_up: str = "") -> Settlement:
    """Settle from the archive, report, and end the claim; repeatable. `given_up`: why there may be no archive."""
    run, (file,) = urgent.run, urgent.run.files
    outcome = load_outcome(ports, run.id, file.name)
    if outcome is None:
        outcome = write_outcome(ports, _outcome(ports, connector, urgent, (), given_up or DIED))
    try:
        settlement = settle(ports, connector, outcome, beside=True)
    except CorruptStateError as exc:
        settlement = Settlement(confirmed=False, exported=0, escrowed=0, why=str(exc))
    if not settlement.confirmed:
        change_people_between_runs(ports, connector, [urgent.person], lambda shard, _: _doubt(ports, shard, urgent))
    counts = Counts(exported=settlement.exported, escrowed=settlement.escrowed, waiting=settlement.waiting)
    settled = replace(file, settled=True, confirmed=settlement.confirmed)
    ended = replace(run, files=(settled,), counts=run.counts.plus(counts))
    write_report(ports, connector.name, ended, "success" if settlement.confirmed else "failed", settlement.why)
    now = ports.clock.now()

    def end(state: ConnectorState) -> ConnectorState:
        if state.urgent is None or state.urgent.run.id != run.id:
            return state
        return after_delivery(replace(state, urgent=None), ended, settled, now)

    state_of(ports.store, connector.name).update(end)
    return settlement


def _doubt(ports: Ports, shard: Shard, urgent: Urgent) -> None:
    """Make the values of the write unknown, and the person due: nobody knows what the profile holds."""
    sequence = urgent.run.files[0].sequence
    shard.settle(urgent.person, dict.fromkeys(urgent.run.targets), sequence)
    now, file = ports.clock.now(), urgent.run.files[0].name
    shard.escrow.ask(urgent.person, EscrowReason.REQUESTED, now=now, sequence=sequence)
    whole = shard.escrow[urgent.person].get(WHOLE) or EscrowEntry(EscrowReason.REQUESTED, now, 0, now, sequence)
    shard.escrow.put(urgent.person, WHOLE, replace(whole, detail=f"{UNANSWERED}{urgent.run.id} {file}"))


def _task(ports: Ports, urgent: Urgent) -> Task:
    (task,) = tasks(people_in(ports, urgent.run.id, urgent.run.files[0].name, INDIVIDUAL).values(), orjson.loads)
    return task


def _archive(ports: Ports, connector: Connector, urgent: Urgent, record: PersonRecord | None) -> Settlement:
    content = write_records([record] if record is not None else [])
    digest, (file,) = hashlib.sha256(content).hexdigest(), urgent.run.files
    key = log_key(urgent.run.id, file.name, 0, digest)
    ports.store.put(key, content)
    log = LogFile(job="", name="answers", key=key, sha256=digest)
    write_outcome(ports, _outcome(ports, connector, urgent, (log,), ""))
    return end_urgent(ports, connector, urgent)


def _outcome(ports: Ports, connector: Connector, urgent: Urgent, logs: tuple[LogFile, ...], given_up: str) -> Outcome:
    (file,) = urgent.run.files
    return Outcome(
        version=Outcome.VERSION,
        connector=connector.name,
        run=urgent.run.id,
        file=file.name,
        sequence=file.sequence,
        ended=ports.clock.now(),
        jobs=(),
        logs=logs,
        intact=True,
        given_up=given_up,
        route=INDIVIDUAL,
    )


def _release(ports: Ports, connector: Connector, urgent: Urgent) -> None:
    """Give the claim up: nothing was sent."""

    def change(state: ConnectorState) -> ConnectorState:
        mine = state.urgent is not None and state.urgent.run.id == urgent.run.id
        return replace(state, urgent=None) if mine else state

    state_of(ports.store, connector.name).update(change)


def _note(ports: Ports, connector: Connector, route: IndividualRoute, calls: CallBudget, exc: Exception) -> None:
    if isinstance(exc, ThrottledError):
        calls.throttled(exc.retry_after)
    elif isinstance(exc, AccessDeniedError):
        route.deny(ports, connector, str(exc))
