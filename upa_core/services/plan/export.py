"""Export: turn the outbox into a plan, and the plan into a run, a hold or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.ids import run_id
from upa_core.domain.documents.lane import Lane
from upa_core.domain.documents.quarantine import QuarantineReason, reason_of
from upa_core.domain.documents.rounds import SealedRound
from upa_core.domain.documents.runs import Counts, Intent, Run
from upa_core.domain.documents.storage_layout import intent_key, report_key
from upa_core.domain.errors import ConflictError, FatalError
from upa_core.domain.gates import closed_gate
from upa_core.domain.health.events import Event, EventName
from upa_core.domain.next_step import Step
from upa_core.domain.pauses import LANE_BUSY
from upa_core.domain.plan.refused import still_refused
from upa_core.domain.plan.round_rules import full_round_comes, full_round_first, updates_are_exempt
from upa_core.ports.bundle import Ports
from upa_core.services.admin.connector_files import name_file, unname_file
from upa_core.services.admin.repair import repair_people
from upa_core.services.health.quarantine import emit_quarantine
from upa_core.services.plan.commit_plan import begin_run, commit_plan, still_due
from upa_core.services.plan.dating import Dating
from upa_core.services.plan.doubt_events import emit_doubts
from upa_core.services.plan.hold_reason import hold_reason
from upa_core.services.plan.joins import Joins
from upa_core.services.plan.make_plan import PlanResult, make_plan
from upa_core.services.plan.over_budget import BudgetFilter
from upa_core.services.target_change import refuse_other_tenant
from upa_core.services.wake import wake
from upa_core.state.attempts import failed, may_begin, tell_given_up
from upa_core.state.document import Stored, censuses_of, lane_of, put_document, state_of
from upa_core.state.outbox import ask_for_full_round
from upa_core.state.people import People
from upa_core.state.plan_writer import PlanWriter
from upa_core.state.reshard import fit_shards
from upa_core.state.run_end import after_failure, after_success, count_people, drop_segments, write_report
from upa_core.state.run_people.writer import PeopleWriter, store_people
from upa_core.state.run_shards import keep_shards

_STEP = "plan"
_GIVEN_UP = QuarantineReason.CONFIGURATION


def export(
    ports: Ports, connector: Connector, stored: Stored[ConnectorState] | None = None, lane: Lane | None = None
) -> Step:
    """Plan what is due and begin the run; nothing is sent yet.

    Nothing is planned while a run or a hold is open, in staging mode, in a pause, before a failed run's next try, while
    the configuration changed and its full round isn't there, and while the lane or the day's budget would make the
    plan wait: the rounds that arrive meanwhile are merged into one plan. State and lane as they were just read may be
    given.

    Raises:
        FatalError: a mapping refuses a value for the whole run, or stored state can't be read.
        RetryLaterError: the source or the storage can't be reached; everything stays in the outbox.
    """
    stored = stored or state_of(ports.store, connector.name).load()
    state, now = stored.value, ports.clock.now()
    refuse_other_tenant(connector, state)
    if state.run is not None:
        return Step("again", "a run is open", run=state.run.id)
    if state.urgent is not None:
        return Step("poll", "somebody is written at once", at=state.urgent.until, run=state.urgent.run.id)
    gate = closed_gate(connector, state, now)
    if gate is not None:
        return Step("poll" if gate.until is not None else "idle", gate.why, at=gate.until, run=gate.run)
    people = People(ports.store, connector, state.people)
    if not state.sealed and ((due := people.next_due()) is None or due > now):
        return Step("idle", "nothing is due", at=due)
    if state.watermark is None or state.watermark.fingerprint != connector.fingerprint:
        return Step("idle", "the configuration changed: waiting for its full round")
    if named := full_round_first(connector, state.sealed):
        if not full_round_comes(state):
            ask_for_full_round(ports, connector)
            wake(ports, ports.waker.continue_pull, connector.name, "")
        return Step("idle", f"rows of {named} people changed: they are planned with the next full round")
    return _lane_first(ports, connector, now, lane) or _plan_safely(ports, connector, stored)


def tomorrow(now: datetime) -> datetime:
    """Return when the next day's budget of import jobs begins."""
    return datetime.combine(now.date() + timedelta(days=1), time(), tzinfo=now.tzinfo)


def _lane_first(ports: Ports, connector: Connector, now: datetime, lane: Lane | None) -> Step | None:
    """Return the step that waits for the lane or the budget; None where a plan made now could be sent."""
    lane = lane or lane_of(ports.store, connector).load().value
    if not lane.budget_left(now, connector.limits.import_jobs_per_day):
        return Step("poll", "the day's budget of import jobs is used up", at=tomorrow(now))
    flight = lane.in_flight
    if flight is not None and not flight.overdue(now):
        return Step("poll", f"{flight.connector} has the lane", at=now + LANE_BUSY)
    return None


def _plan_safely(ports: Ports, connector: Connector, stored: Stored[ConnectorState]) -> Step:
    """Plan; a configuration that makes planning fail slows the connector down before the error is raised."""
    document = f"plan {stored.value.runs}-{stored.value.sequence}"
    if not may_begin(ports, connector, _STEP, document):
        return _give_up_planning(ports, connector, stored.value, document, "whoever plans dies")
    try:
        return _plan(ports, connector, stored)
    except ConflictError as exc:
        return Step("idle", f"another instance is exporting ({exc})")
    except FatalError as exc:
        if failed(ports, connector, _STEP, document, exc):
            return _give_up_planning(ports, connector, stored.value, document, str(exc))
        if not still_due(stored.value, state_of(ports.store, connector.name).load().value):
            return Step("idle", f"another instance is exporting ({exc})")
        now, why, reason = ports.clock.now(), str(exc), reason_of(exc, refused=QuarantineReason.MAPPING)
        nothing = Run(stored.value.last_run, now, (), (), Counts(), fingerprint=connector.fingerprint)

        def slow_down(state: ConnectorState) -> ConnectorState:
            if not still_due(stored.value, state):
                return state
            after = after_failure(state, nothing, now, why, quarantine=reason)
            return replace(after, runs=state.runs)

        after = state_of(ports.store, connector.name).update(slow_down)
        emit_quarantine(ports, connector.name, stored.value, after.value)
        raise
    except Exception as exc:
        if failed(ports, connector, _STEP, document, exc):
            return _give_up_planning(ports, connector, stored.value, document, type(exc).__name__)
        raise


def _give_up_planning(ports: Ports, connector: Connector, before: ConnectorState, document: str, why: str) -> Step:
    """Give up a document that planning can't read: empty damaged shards, and let a full round name everybody again."""
    if not still_due(before, state_of(ports.store, connector.name).load().value):
        return Step("idle", "another instance is exporting")
    now = ports.clock.now()
    repair_people(ports, connector)
    tell_given_up(ports, connector, _STEP, document, "a full round follows")
    nothing = Run(before.last_run, now, (), (), Counts(), fingerprint=connector.fingerprint)

    def end(state: ConnectorState) -> ConnectorState:
        if not still_due(before, state):
            return state
        state = replace(state, sealed=tuple(one for one in state.sealed if not one.source))  # their rows come again
        return after_failure(state, nothing, now, f"planning was given up: {why}", quarantine=_GIVEN_UP)

    after = state_of(ports.store, connector.name).update(end)
    emit_quarantine(ports, connector.name, before, after.value)
    return Step("poll", "planning was given up; a full round follows", at=now + LANE_BUSY)


def _plan(ports: Ports, connector: Connector, stored: Stored[ConnectorState]) -> Step:
    """Write a plan, and begin its run, hold it, or end its rounds."""
    now = ports.clock.now()
    stored = _fitted(ports, connector, stored)
    state, run = stored.value, run_id(now, ports.ids.token())
    rows = PeopleWriter(ports.store, connector, run, state.people)
    dating = Dating(connector, state.sealed, now)
    most = state.people_of_a_file
    writer = PlanWriter(ports, connector, run, state.sequence, people=most, rows=rows, ages=dating.ages)
    people = People(ports.store, connector, state.people)
    plan = _written(ports, connector, state, people, writer, dating)
    planned = _as_run(connector, state, writer, plan, now)
    table = rows.close(writer.batches, now)
    if table.people and (planned.files or planned.rounds):
        store_people(ports.store, table)
    held = hold_reason(connector, state, plan, exempt=planned.exempt, now=now)
    if not planned.files and not held.kind:
        return _end_without_export(ports, connector, stored, planned)
    keep_shards(ports.store, run, state.people, people.kept or {})
    dating.store(ports, planned, writer.batches)
    write_intent(ports, connector, planned)
    return begin_run(ports, connector, stored, planned, held)


def _full_rounds(state: ConnectorState) -> list[SealedRound]:
    return [one for one in state.sealed if one.kind == "full"]


def _fitted(ports: Ports, connector: Connector, stored: Stored[ConnectorState]) -> Stored[ConnectorState]:
    """Before a full round is planned, adjust the number of shards to the people that it names."""
    state = stored.value
    full = _full_rounds(state)
    return fit_shards(ports, connector, stored, max(full[-1].rows, state.people.known)) if full else stored


def _written(
    ports: Ports, connector: Connector, state: ConnectorState, people: People, writer: PlanWriter, dating: Dating
) -> PlanResult:
    """Plan what is due, and write the batches; emit what was doubted, and who is over the budget of single writes.

    Six parameters: what is planned, from what, and where it is written.
    """
    full = _full_rounds(state)
    if not full:
        people.kept = {}
    cut = BudgetFilter(ports, connector, writer.run)

    def check() -> None:
        if not still_due(state, state_of(ports.store, connector.name).load().value):
            raise ConflictError("the outbox was planned by somebody else")

    plan = make_plan(
        ports,
        connector,
        people,
        state.sealed,
        writer,
        keep_books=True,
        sequence=state.sequence,
        censuses=censuses_of(ports.store, connector.name).load().value.rounds if full else (),
        refused=state.refused,
        joins=Joins(ports.store, connector, state.sources, state.keys),
        check=check,
        cut=cut,
        dating=dating,
    )
    emit_doubts(ports, connector, writer.run, plan)
    cut.announce()
    return plan


def _as_run(connector: Connector, state: ConnectorState, writer: PlanWriter, plan: PlanResult, now: datetime) -> Run:
    """Return the run of a plan; the last batch of each route is written by it."""
    return Run(
        id=writer.run,
        started=now,
        rounds=tuple(one.id for one in state.sealed),
        files=writer.close(),
        counts=replace(plan.counts, again=0),
        targets=connector.targets,
        full=bool(_full_rounds(state)),
        fingerprint=connector.fingerprint,
        exempt=updates_are_exempt(connector, state.sealed),
        tried=tuple(one.target for one in still_refused(connector, state.refused)),
    )


def _end_without_export(ports: Ports, connector: Connector, stored: Stored[ConnectorState], planned: Run) -> Step:
    """End the rounds without a file or an import job: nothing differs."""
    now = ports.clock.now()
    state = stored.value
    if planned.rounds:
        name_file(ports, connector, planned.id)
        write_report(ports, connector.name, planned, "no_change")
    try:
        after = commit_plan(ports, connector, stored, lambda current: after_success(current, planned, now))
    except ConflictError:
        ports.store.delete(report_key(planned.id))
        unname_file(ports, connector, planned.id)
        raise
    emit_quarantine(ports, connector.name, state, after, planned.id)
    count_people(ports, connector.name, planned, believed=True)
    drop_segments(ports, state.sealed)
    ports.events.emit(Event(EventName.PLAN_EMPTY, connector.name, planned.id, fields={"people": planned.counts.people}))
    return Step("again", "no difference", run=planned.id)


def write_intent(ports: Ports, connector: Connector, planned: Run) -> None:
    """Write the run's intent, and its connector file, before the first effect."""
    name_file(ports, connector, planned.id)
    intent = Intent(
        version=Intent.VERSION,
        connector=connector.name,
        run=planned.id,
        fingerprint=connector.fingerprint,
        property_map={target: target for target in planned.targets},
        folder=connector.target.folder,
        rounds=planned.rounds,
        files=planned.files,
        counts=planned.counts,
        made=planned.started,
    )
    put_document(ports.store, intent_key(planned.id), intent, if_absent=True)
