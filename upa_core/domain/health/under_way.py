"""The work under way: what it is, how far it is, when it should end. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.lane import FilePhase, InFlight, Lane

PHASES: dict[FilePhase, str] = {
    "reserved": "prepared",
    "uploaded": "uploaded",
    "queueing": "handing_over",
    "queued": "handed_over",
}
"""The phase of an import file in our own words: none of them is a state of SharePoint's import job."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One thing that is under way."""

    what: str
    since: datetime | None = None
    done: int = 0
    of: int = 0
    """The total; 0 where it isn't known."""
    unit: str = ""
    expected: datetime | None = None
    """When it should end, judged by earlier runs; None without earlier runs, or where the moment has passed."""
    run: str = ""


def under_way(
    connector: Connector, state: ConnectorState, lane: Lane, now: datetime, typical_hours: float | None
) -> tuple[Movement, ...]:
    """Return the work under way for a connector.

    Args:
        connector: the connector.
        state: its state.
        lane: the lane of its target tenant.
        now: this moment.
        typical_hours: how long an import file usually takes; None where that isn't known.
    """
    found = [_reading(state, now)] if state.open_round is not None else []
    if state.run is not None:
        found.append(_sending(connector, state, lane, now, typical_hours))
    elif state.sealed and state.hold is None:
        found.append(
            Movement("rounds that wait to be planned", done=len(state.sealed), unit=_rounds(len(state.sealed)))
        )
    return tuple(found)


def _reading(state: ConnectorState, now: datetime) -> Movement:
    opened = state.open_round
    assert opened is not None
    rows, whole = sum(segment.rows for segment in opened.segments), 0
    ends: datetime | None = None
    if opened.kind == "full" and state.people.known >= rows:
        whole = state.people.known
        ends = now + (now - opened.started) * ((whole - rows) / rows) if rows else None
    return Movement(
        f"reading the directory, {opened.kind} round", opened.started, rows, whole, "people", _ahead(ends, now)
    )


def _sending(
    connector: Connector, state: ConnectorState, lane: Lane, now: datetime, typical_hours: float | None
) -> Movement:
    run, flight = state.run, lane.in_flight
    assert run is not None
    settled = sum(file.settled for file in run.files)
    if flight is not None and flight.connector != connector.name:
        what = f"waiting for the import job of {flight.connector}"
        return Movement(what, flight.since, settled, len(run.files), "import files", run=run.id)
    if flight is None:
        return Movement("sending", run.started, settled, len(run.files), "import files", run=run.id)
    ends: datetime | None = None
    if typical_hours is not None:
        ends = (flight.queued or flight.since) + timedelta(hours=typical_hours) * (len(run.files) - settled)
    since = flight.queued or flight.since
    return Movement(_said(flight), since, settled, len(run.files), "import files", _ahead(ends, now), run.id)


def _said(flight: InFlight) -> str:
    if flight.phase == "queued":
        return "SharePoint has the import file"
    return f"import file {PHASES[flight.phase].replace('_', ' ')}"


def _ahead(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and moment > now else None


def _rounds(number: int) -> str:
    return "round" if number == 1 else "rounds"
