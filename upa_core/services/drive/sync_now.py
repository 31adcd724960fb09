"""Write one person at once: their differences go singly, also those of bulk properties, beside other work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from upa_core.domain.connector import Connector
from upa_core.domain.documents.ad_hoc import AdHoc
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.ids import run_id
from upa_core.domain.documents.runs import INDIVIDUAL, Counts, Run, Urgent
from upa_core.domain.errors import ConflictError, RefusedError
from upa_core.domain.gates import closed_for_all
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.individual.batch import Task
from upa_core.domain.individual.judge import judge
from upa_core.domain.individual.proof import Proof, why_not
from upa_core.domain.people.escrow_entry import WHOLE
from upa_core.domain.people.mapping import Mapping as PropertyMapping
from upa_core.domain.people_calls import Part
from upa_core.domain.plan.entry import Entry, count_changes
from upa_core.domain.plan.threshold import reason_to_hold
from upa_core.ports.bundle import Ports
from upa_core.services.admin.declined import declined_of
from upa_core.services.deliver.individual.route import IndividualRoute
from upa_core.services.deliver.individual.slices import CLAIM_LASTS
from upa_core.services.deliver.individual.urgent import Written, end_overdue, send_now
from upa_core.services.drive.busy_properties import busy_properties
from upa_core.services.plan.export import write_intent
from upa_core.services.plan.one_person import plan_person
from upa_core.services.target_change import refuse_other_tenant
from upa_core.state.document import state_of
from upa_core.state.individual import CallBudget
from upa_core.state.plan_writer import PlanWriter

PATIENCE: Final = timedelta(minutes=6)
"""The longest wait for calls: until the next five minutes of the budget begin."""
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Now:
    """The result for a person written at once; never a value."""

    person: str
    run: str = ""
    """Its run; "" where nothing was sent."""
    results: Mapping[str, str] = field(default_factory=dict)
    """By property that was written: `confirmed`, the reason in escrow, or `unknown`."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """By property that differs and wasn't written: the reason."""
    calls: int = 0
    """Calls of PeopleManager: one for each read and each set."""
    requests: int = 0
    """The requests with these calls."""
    waited: float = 0.0
    """Seconds of waiting for the budget of calls."""
    seconds: float = 0.0
    """From the request to the last settled value, by the connector's clock."""


def sync_now(ports: Ports, connector: Connector, person: str, by: str, *, patience: timedelta = PATIENCE) -> Now:
    """Read a person, and write the differences to their profile at once; when it returns, the values are settled.

    A property isn't written if a batch, a held plan or an import job may still write it, or if the probe didn't prove
    it; nothing is written past the change threshold. The sent values are archived and reported like any run.

    Args:
        ports: the connector's.
        connector: whose mappings count.
        person: object id.
        by: who asks, for the record.
        patience: how long calls are waited for.

    Raises:
        RefusedError: switched off, paused, in staging, not in the directory, over the threshold, another one is being
            written, or the budget of calls is used up; nothing was sent.
        AccessDeniedError, FatalError: as writing and planning; nothing was sent.
        RetryLaterError: nothing was sent; try again.
    """
    began, person = ports.clock.monotonic(), person.lower()
    route = ports.routes.get(INDIVIDUAL)
    if not isinstance(route, IndividualRoute):
        raise RefusedError("single profiles can't be written here")
    for _ in range(_TRIES):
        try:
            result = _once(ports, connector, person, by, route, patience)
        except ConflictError:
            continue
        return replace(result, seconds=round(ports.clock.monotonic() - began, 1))
    raise RefusedError(f"{connector.name} is at work: try again in a minute")


def _once(ports: Ports, connector: Connector, person: str, by: str, route: IndividualRoute, patience: timedelta) -> Now:
    """Try once; `ConflictError`: the state changed in between. Six parameters: see `sync_now`."""
    document = state_of(ports.store, connector.name)
    stored = document.load()
    if stored.value.urgent is not None:
        if end_overdue(ports, connector, stored.value.urgent).kind != "again":
            raise RefusedError("somebody else is being written: try again in a few minutes")
        stored = document.load()
    _check_gates(connector, stored.value)
    proof = route.proof(ports, connector)
    single = as_single(connector, proof)
    entry = _differences(ports, single, person)
    declined = dict.fromkeys(declined_of(ports, connector, [person]).get(person, ()), "rejected: upa declined lift")
    if entry is None:
        return Now(person, refused=declined)
    refused = {
        **_unproven(connector, proof, entry, ports.clock.now()),
        **busy_properties(ports, connector, stored.value, person),
    }
    refused = {target: why for target, why in refused.items() if target in entry.new}
    left = {target: value for target, value in entry.new.items() if target not in refused}
    refused |= declined
    if not left:
        return Now(person, refused=refused)
    entry = entry._replace(new=left, old={target: old for target, old in entry.old.items() if target in left})
    _check_threshold(connector, stored.value, entry, ports.clock.now())
    with CallBudget(ports.store, ports.clock, connector, part=Part(any_hour=True), block=1) as calls:
        most = connector.individual.calls_for(len(left))
        waited = _take(ports, calls, most, patience)
        writer = PlanWriter(ports, single, run_id(ports.clock.now(), ports.ids.token()), stored.value.sequence)
        urgent = _freeze(ports, connector, entry, by, writer)
        monotonic = ports.clock.monotonic()
        claimed = replace(stored.value, urgent=urgent, sequence=urgent.run.files[0].sequence)
        document.save(stored, replace(claimed, target=connector.target.lane))
        fields = {"control": "sync-user --now", "by": by}
        ports.events.emit(Event(EventName.CONTROLLED, connector.name, urgent.run.id, Level.WARNING, fields))
        mappings = {one.target: one for one in single.active}
        written = send_now(ports, connector, route, mappings, urgent, began=monotonic, calls=calls)
        calls.put_back(most - written.calls)
    return Now(
        person,
        urgent.run.id,
        _results(entry, written),
        refused,
        calls=written.calls,
        requests=written.requests,
        waited=waited,
    )


def as_single(connector: Connector, proof: Proof | None) -> Connector:
    """Return the connector with every mapping on the individual route; bulk values are never the user's."""

    def single(mapping: PropertyMapping) -> PropertyMapping:
        if mapping.route == INDIVIDUAL:
            known = proof.properties.get(mapping.target) if proof is not None else None
            return replace(mapping, unproven="", clears=known is not None and known.clear != "")
        return replace(mapping, route=INDIVIDUAL, on_user_edit="overwrite", clears=mapping.can_clear)

    return replace(connector, mappings=tuple(single(mapping) for mapping in connector.mappings))


def _check_gates(connector: Connector, state: ConnectorState) -> None:
    refuse_other_tenant(connector, state)
    if (gate := closed_for_all(state)) is not None:
        raise RefusedError(f"{connector.name} is {gate.why}: nothing is sent before upa resume")
    if connector.in_staging(state):
        raise RefusedError(f"{connector.name} is in staging mode: nothing is sent before upa go")


def _differences(ports: Ports, single: Connector, person: str) -> Entry | None:
    record = ports.source.read([person], single.select).get(person)
    if record is None:
        raise RefusedError("the directory knows no such user")
    return plan_person(ports, single, person, record, asked=True).entry


def _unproven(connector: Connector, proof: Proof | None, entry: Entry, now: datetime) -> dict[str, str]:
    """Return why properties can't be written singly, also properties of the bulk route."""
    found: dict[str, str] = {}
    for mapping in connector.active:
        value = entry.new.get(mapping.target)
        if value is None:
            continue
        why = why_not(proof, mapping.target, mapping.type, now)
        if why and mapping.route != INDIVIDUAL:
            why += " --with-bulk"
        known = proof.properties.get(mapping.target) if proof is not None else None
        if not why and not value and known is not None and not known.clear:
            why = "the probe found nothing that clears it"
        if why:
            found[mapping.target] = why
    return found


def _check_threshold(connector: Connector, state: ConnectorState, entry: Entry, now: datetime) -> None:
    updated, cleared = count_changes([entry])
    why = reason_to_hold(
        Counts(updated=updated, cleared=cleared),
        known=state.people.known,
        earlier=state.exported,
        threshold=connector.threshold,
        now=now,
        updates_exempt=False,
    )
    if why:
        raise RefusedError(f"the change threshold is reached: {why}")


def _take(ports: Ports, calls: CallBudget, wanted: int, patience: timedelta) -> float:
    """Take calls, and wait for them if needed; return the seconds of waiting."""
    began, until = ports.clock.monotonic(), ports.clock.now() + patience
    while not calls.take(wanted, one=True):
        at, now = calls.free_at(), ports.clock.now()
        if at > until:
            raise RefusedError(f"the budget of calls is used up until {at:%Y-%m-%d %H:%M} UTC")
        ports.clock.sleep(max(1.0, (at - now).total_seconds()))
    return round(ports.clock.monotonic() - began, 1)


def _freeze(ports: Ports, connector: Connector, entry: Entry, by: str, writer: PlanWriter) -> Urgent:
    """Store the plan and the intent; nobody finds them before the state names the run."""
    writer.add([entry])
    now, files = ports.clock.now(), writer.close()
    updated, cleared = count_changes([entry])
    run = Run(
        id=writer.run,
        started=now,
        rounds=(),
        files=files,
        counts=Counts(people=1, updated=updated, cleared=cleared, pairs=len(entry.new)),
        targets=tuple(entry.new),
        fingerprint=connector.fingerprint,
        ad_hoc=AdHoc("now", by),
    )
    write_intent(ports, connector, run)
    return Urgent(run, entry.person, now + CLAIM_LASTS)


def _results(entry: Entry, written: Written) -> dict[str, str]:
    if written.record is None or not written.settlement.confirmed:
        return dict.fromkeys(entry.new, "unknown")
    verdict = judge([Task(entry.person, entry.account, entry.new)], [written.record]).failed.get(entry.person)
    if verdict is None:
        return dict.fromkeys(entry.new, "confirmed")
    if WHOLE in verdict.refused:
        return dict.fromkeys(entry.new, verdict.refused[WHOLE].reason.value)
    return {
        target: "confirmed" if target in verdict.confirmed else verdict.refused[target].reason.value
        for target in entry.new
    }
