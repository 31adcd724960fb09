"""Decide about a held run: approve exports its frozen plan, reject declines its values.

A hold about the round itself (`source_shrank`) is approved by accepting its number of people, and
rejected by reading everybody again.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Literal, NamedTuple

from upa_core.domain.connector import Connector
from upa_core.domain.documents.census import Census
from upa_core.domain.documents.connector_state import ConnectorState, RunRequest
from upa_core.domain.documents.ids import is_run_id, run_id
from upa_core.domain.documents.quarantine import left_by
from upa_core.domain.documents.runs import Decision, FileState, Hold, Intent
from upa_core.domain.documents.storage_layout import decision_key, file_key, intent_key
from upa_core.domain.errors import ConflictError, CorruptStateError, RefusedError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.people.shadow import Shard
from upa_core.domain.plan.entry import Entry
from upa_core.domain.plan.source_shrank import SOURCE_SHRANK
from upa_core.ports.bundle import Ports
from upa_core.services.health.quarantine import emit_quarantine
from upa_core.services.wake import wake
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.document import censuses_of, get_document, put_document, state_of
from upa_core.state.plan_reader import read_plan
from upa_core.state.run_end import after_success, count_people, drop_segments, write_report


def approve(ports: Ports, connector: Connector, run: str, by: str) -> None:
    """Release a held run: exactly its frozen plan is exported, later rounds are planned afterwards.

    A `source_shrank` hold: from now on full rounds are compared with its number of people. People whom the next two
    full rounds don't name either are ended.

    Approving again changes nothing. Raises `RefusedError` where no such run is held.
    """
    document = state_of(ports.store, connector.name)
    state = document.load().value
    if state.run is not None and state.run.id == run and state.run.approved:
        return
    hold = _held(state, run)
    _decide(ports, connector, hold, Decision(Decision.VERSION, run, "approved", by, ports.clock.now(), hold.why))

    now = ports.clock.now()
    if not hold.run.files:
        write_report(ports, connector.name, hold.run, "no_change")

    def begin(current: ConnectorState) -> ConnectorState:
        held = _held(current, run)
        begun = replace(
            current,
            run=replace(held.run, approved=True),
            hold=None,
            exported=(),
            quarantine=left_by(current.quarantine, "decision"),
        )
        if held.kind == SOURCE_SHRANK:
            begun = replace(begun, people=replace(current.people, known=held.run.counts.people))
        return begun if held.run.files else after_success(begun, held.run, now)

    emit_quarantine(ports, connector.name, state, document.update(begin).value, run)
    if hold.kind == SOURCE_SHRANK:
        accepted = Census(now, hold.run.counts.people)
        censuses_of(ports.store, connector.name).update(lambda kept: replace(kept, rounds=(accepted,)))
    if not hold.run.files:
        drop_segments(ports, [sealed for sealed in state.sealed if sealed.id in hold.run.rounds])
    wake(ports, ports.waker.export, connector.name, run)


class Decided(NamedTuple):
    """The decision about a run."""

    decision: Literal["approved", "rejected"]
    kind: Literal["", "source_shrank"]
    """As `Hold.kind`."""
    files: tuple[FileState, ...]
    """The files of its plan."""


def decided(ports: Ports, connector: Connector, run: str) -> Decided | None:
    """Return the decision about a run of this connector; None where it is held, or never was."""
    if (state := state_of(ports.store, connector.name).load().value).hold is not None and state.hold.run.id == run:
        return None
    if not is_run_id(run):
        return None
    intent = get_document(ports.store, intent_key(run), Intent)
    stored = get_document(ports.store, decision_key(run), Decision)
    if stored is None or intent is None or intent.value.connector != connector.name:
        return None
    doubted = stored.value.why_held.startswith(SOURCE_SHRANK)
    return Decided(stored.value.decision, "source_shrank" if doubted else "", intent.value.files)


def sample(ports: Ports, hold: Hold, most: int) -> list[Entry]:
    """Return some people of a held plan, at most `most`: of each import file, those with clears first."""
    entries: list[Entry] = []
    for file in hold.run.files:
        if len(entries) >= most:
            break
        if (plan := _readable(ports, hold.run.id, file)) is not None:
            entries += sorted(plan, key=lambda entry: not entry.clears)
    return entries[:most]


def lost_files(ports: Ports, hold: Hold) -> int:
    """Return how many files of a held plan are lost or damaged: they can be decided about, and are planned again."""
    return sum(_readable(ports, hold.run.id, file) is None for file in hold.run.files)


def _readable(ports: Ports, run: str, file: FileState) -> list[Entry] | None:
    """Return the entries of a file of the plan, None where the file isn't as it was written."""
    try:
        blob = ports.store.get(file_key(run, file.name))
        if blob is None or hashlib.sha256(blob.data).hexdigest() != file.sha256:
            return None
        return read_plan(ports, run, file)
    except CorruptStateError:
        return None


def reject(ports: Ports, connector: Connector, run: str, by: str) -> int:
    """End a held run without exporting it; its values aren't planned again until their source changes.

    A `source_shrank` hold: the round is dropped. No value is declined, and a full round reads everybody again.

    A lost part of the plan can't be declined: it is planned again, and held again.

    Returns how many people's values were declined. Raises `RefusedError` where no such run is held.
    """
    document = state_of(ports.store, connector.name)
    hold = _held(document.load().value, run)
    readable = [file for file in hold.run.files if _readable(ports, run, file) is not None]  # before the decision
    _decide(ports, connector, hold, Decision(Decision.VERSION, run, "rejected", by, ports.clock.now(), hold.why))
    people = 0
    doubted = hold.kind == SOURCE_SHRANK
    for file in readable if not doubted else ():
        people += _decline(ports, connector, run, file)
    write_report(ports, connector.name, hold.run, "rejected", f"rejected by {by}: {hold.why}")
    now, token = ports.clock.now(), ports.ids.token()
    before = document.load().value

    def end(current: ConnectorState) -> ConnectorState:
        ended = after_success(current, _held(current, run).run, now)
        quarantine = left_by(current.quarantine, "decision")
        ended = replace(ended, last_success=current.last_success, retry=current.retry, quarantine=quarantine)
        if not doubted:
            return ended
        asked = current.requested or RunRequest(run_id(now, token), full=True, at=now)
        requested = replace(asked, full=True)
        return replace(ended, requested=requested, people=current.people)

    emit_quarantine(ports, connector.name, before, document.update(end).value, run)
    count_people(ports, connector.name, hold.run, believed=not doubted)
    drop_segments(ports, [sealed for sealed in before.sealed if sealed.id in hold.run.rounds])
    wake(ports, ports.waker.continue_pull if doubted else ports.waker.export, connector.name, "")
    return people


def _held(state: ConnectorState, run: str) -> Hold:
    if state.hold is None or state.hold.run.id != run:
        raise RefusedError(f"run {run} isn't held")
    return state.hold


def _decide(ports: Ports, connector: Connector, hold: Hold, decision: Decision) -> None:
    """Record who decided, before the decision has an effect; only the first decision counts."""
    try:
        put_document(ports.store, decision_key(decision.run), decision, if_absent=True)
    except ConflictError:
        stored = get_document(ports.store, decision_key(decision.run), Decision)
        if stored is not None and stored.value.decision != decision.decision:
            who = f"{stored.value.by} already {stored.value.decision} it"
            raise RefusedError(f"run {decision.run} can't be {decision.decision}: {who}") from None
    fields = {"decision": decision.decision, "by": decision.by, "why": hold.why}
    ports.events.emit(Event(EventName.HOLD_DECIDED, connector.name, decision.run, Level.WARNING, fields))


def _decline(ports: Ports, connector: Connector, run: str, file: FileState) -> int:
    declined = {entry.person: entry.new for entry in read_plan(ports, run, file)}

    def change(shard: Shard, person: str) -> None:
        shard.declined[person] = {**shard.declined.get(person, {}), **declined[person]}

    change_people_between_runs(ports, connector, declined, change)
    return len(declined)
