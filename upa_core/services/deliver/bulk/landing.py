"""Take an import file out of the lane: delivered, failed or given up."""

from __future__ import annotations

from upa_core.domain.bulk.import_job import state_name
from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, Debt
from upa_core.domain.documents.lane import Abandoned, InFlight, Lane, Outcome
from upa_core.domain.documents.quarantine import QuarantineReason
from upa_core.domain.errors import ConflictError
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.next_step import Step
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.bulk.archive import archive_given_up
from upa_core.services.deliver.bulk.flight import Flight
from upa_core.services.deliver.delivery import Delivery
from upa_core.services.deliver.finish import close_route, finish
from upa_core.services.deliver.library_debts import pay_debts
from upa_core.state.document import Stored, lane_of, watcher_of
from upa_core.state.lane import abandon, move
from upa_core.state.run_people.results import note_batch


def land(delivery: Delivery, outcome: Outcome, read: Stored[ConnectorState] | None = None) -> Step:
    """Settle from the archive, write the outcome of the file, free the lane if the file is in it, clean."""
    step, state = finish(delivery, outcome, read)
    if isinstance(delivery, Flight):
        free_lane(delivery.ports, delivery.connector, delivery.place, outcome)
    left = pay_debts(delivery.ports, delivery.connector, state)
    if isinstance(delivery, Flight):
        _note_moments(delivery, outcome, clean=not left)
    return step


def _note_moments(here: Flight, outcome: Outcome, *, clean: bool) -> None:
    """Write the file's moments for the view of the run."""
    now, place = here.ports.clock.now(), here.place
    watcher = watcher_of(here.ports.store, here.connector).load().value.of(place.file)
    for job in outcome.jobs:
        watcher = watcher.saw(state_name(job.state), outcome.ended)
    moments = {
        "uploaded": place.asked,
        "queued": place.queued,
        "states": watcher.states,
        "settled": outcome.ended,
        "cleaned": now if clean else None,
    }
    note_batch(here.ports.store, place.run, place.file, moments)


def free_lane(
    ports: Ports, connector: Connector, flight: InFlight, outcome: Outcome | None, *, alive: bool = False
) -> None:
    """Take the file out of the lane; an import job that was given up and may still run stays on the books.

    Args:
        alive: without an outcome, whether an import job of the file may still run.
    """
    abandoned = outcome.abandoned if outcome is not None else alive
    now = ports.clock.now()
    move(ports, connector, flight, None, abandon(flight, now) if abandoned else _unchanged)


def fail(here: Flight, why: str, *, quarantine: QuarantineReason | None = None, stored: bool = True) -> Step:
    """End the bulk route of a run: no import job can exist for this file; free the lane.

    Args:
        stored: the file may be in the library.
    """
    debts = (Debt(here.place.source_uri, is_folder=False, since=here.ports.clock.now()),) if stored else ()
    if lane_of(here.ports.store, here.connector).load().value.in_flight != here.place:  # another instance has sent it
        raise ConflictError("the lane was moved by somebody else")
    step, _ = close_route(here, why, quarantine=quarantine, debts=debts)
    move(here.ports, here.connector, here.place, None)
    return step


def give_up_sending(here: Flight) -> Step:
    """End an import file whose queue calls were neither answered nor listed: an import job may still appear."""
    why = f"given up: queue calls neither answered nor listed: {here.place.queues}"
    outcome = archive_given_up(here.ports, here.connector, here.place, why, abandoned=True)
    here.tell(EventName.IMPORT_JOB_ABANDONED, Level.ERROR, reason=why)
    return land(here, outcome)


def give_up_taken_over(delivery: Delivery, entry: Abandoned) -> Step:
    """Finish a file whose place in the lane another connector took over: its import job is on the books already."""
    flight = InFlight(
        connector=delivery.connector.name,
        run=delivery.run.id,
        file=delivery.file.name,
        sequence=delivery.file.sequence,
        phase="queued",
        since=entry.since,
        upload=entry.upload,
        source_uri=entry.source_uri,
        jobs=entry.jobs,
    )
    why = "given up: the lane was taken over"
    return land(delivery, archive_given_up(delivery.ports, delivery.connector, flight, why, abandoned=True))


def _unchanged(lane: Lane) -> Lane:
    return lane
