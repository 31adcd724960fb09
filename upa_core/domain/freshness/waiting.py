"""The changes that wait to be accepted, since when and why: from state, lane, escrow and the last plans' counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.ids import moment_of
from upa_core.domain.documents.lane import Lane
from upa_core.domain.documents.runs import BULK, Run
from upa_core.domain.freshness.record import Freshness, PlannedBatch, PlannedRun
from upa_core.domain.gates import closed_for_all, closed_gate

Where = Literal["escrow", "run", "held", "failed_run", "round", "pull"]
"""escrow: by reason. run: planned, and on its way. held: planned, and waits for a decision. failed_run: planned, and
planned again. round: read, and not planned yet. pull: being read."""
_PHASES = {"queued": "SharePoint has the import file"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """Changes that wait at one place for one reason."""

    where: Where
    since: datetime
    """Since the round that first showed the oldest of them."""
    why: str
    people: int | None = None
    """None before a plan was made: nobody knows how many of the round's people differ."""
    records: int = 0
    """The number of records of a round that isn't planned."""
    run: str = ""


class ReasonWaiting(NamedTuple):
    """People in escrow for one reason."""

    people: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """The last plan's changes that SharePoint hasn't accepted."""

    where: Where
    run: str
    rounds: frozenset[str]
    people: int = 0
    """People who aren't in escrow."""
    new: int = 0
    """Of them, people without any value in SharePoint yet."""
    oldest: datetime | None = None
    values: Mapping[datetime, int] = field(default_factory=dict)
    """The values of people who weren't in escrow, by the start of their wait."""


def on_its_way(state: ConnectorState, known: Freshness) -> OnItsWay | None:
    """Return the planned changes that aren't accepted; None where there are none.

    A failed run counts until its rounds are planned again; runs that an administrator sends by hand aren't counted.
    """
    run = state.hold.run if state.hold is not None else state.run
    if run is not None:
        if run.ad_hoc is not None:
            return None
        where: Where = "held" if state.hold is not None else "run"
        return _planned(where, run.id, known.runs.get(run.id) or _uncounted(run))
    failed = known.runs.get(state.last_run) if state.retry is not None else None
    return _planned("failed_run", state.last_run, failed) if failed is not None else None


def _planned(where: Where, run: str, made: PlannedRun) -> OnItsWay:
    left = {name: batch for name, batch in made.batches.items() if batch.state != "accepted"}
    shared = [one for one in made.shared if not left.keys().isdisjoint(one.batches)]
    values: Counter[datetime] = Counter()
    for batch in left.values():
        values.update({at: held for at, held in zip(batch.moments, batch.fresh, strict=True) if held})
    return OnItsWay(
        where,
        run,
        frozenset(made.rounds),
        people=sum(batch.people for batch in left.values()) + sum(one.waiting for one in shared),
        new=sum(batch.new for batch in left.values()) + sum(one.new for one in shared),
        oldest=min(values, default=None),
        values=values,
    )


def _uncounted(run: Run) -> PlannedRun:
    """Return a run that no plan of this release counted, from the state: all of it since its oldest round."""
    began = min((at for name in run.rounds if (at := moment_of(name)) is not None), default=run.started)
    batches = {
        file.name: PlannedBatch(
            (began,), (file.pairs,), (file.pairs,), people=file.people, state="accepted" if file.settled else "planned"
        )
        for file in run.files
    }
    return PlannedRun(run.rounds, batches)


def waiting(
    connector: Connector,
    state: ConnectorState,
    lane: Lane,
    escrow: Mapping[str, ReasonWaiting],
    planned: OnItsWay | None,
    now: datetime,
) -> Iterator[Waiting]:
    """Yield everything that waits. Six parameters: each is another fact.

    Args:
        connector: the connector.
        state: its state.
        lane: the lane of its target tenant.
        escrow: who is in escrow, by reason.
        planned: as `on_its_way` found it.
        now: this moment.

    """
    for reason, one in escrow.items():
        yield Waiting("escrow", one.oldest, reason, one.people)
    taken: frozenset[str] = frozenset()
    if planned is not None:
        taken = planned.rounds
        if planned.oldest is not None:
            why = _why_planned(connector, state, lane, planned, now)
            yield Waiting(planned.where, planned.oldest, why, planned.people, run=planned.run)
    for sealed in state.sealed:
        if sealed.rows and sealed.id not in taken:
            yield Waiting("round", sealed.started, _why_not_planned(connector, state, lane, now), records=sealed.rows)
    opened = state.open_round
    rows = sum(segment.rows for segment in opened.segments) if opened is not None else 0
    if opened is not None and rows:
        yield Waiting("pull", opened.started, "the round is still being read", records=rows)


def _why_planned(connector: Connector, state: ConnectorState, lane: Lane, planned: OnItsWay, now: datetime) -> str:
    if planned.where == "held" and state.hold is not None:
        return f"held: {state.hold.why}"
    if planned.where == "failed_run" and state.retry is not None:
        return f"the run failed ({state.retry.why}); tried again at {state.retry.not_before:%Y-%m-%d %H:%M} UTC"
    if (gate := closed_for_all(state)) is not None:
        return gate.why
    flight = lane.in_flight
    if flight is not None and flight.connector == connector.name:
        return _PHASES.get(flight.phase, "the import file is being handed over")
    if state.run is not None and not state.run.waiting(BULK):
        return "single writes are under way"
    return _why_lane(connector, lane, now) or "sent next"


def _why_not_planned(connector: Connector, state: ConnectorState, lane: Lane, now: datetime) -> str:
    if (gate := closed_gate(connector, state, now)) is not None:
        return gate.why
    if state.run is not None:
        return "another run is on its way"
    return _why_lane(connector, lane, now) or "the plan isn't made yet"


def _why_lane(connector: Connector, lane: Lane, now: datetime) -> str:
    flight = lane.in_flight
    if flight is not None and flight.connector != connector.name:
        return f"waits for the import job of {flight.connector}"
    if not lane.budget_left(now, connector.limits.import_jobs_per_day):
        return "the day's budget of import jobs is used up"
    return ""
