"""Wait with a file in the lane, with growing pauses; after too many failures in a row the run fails, never the lane."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import InFlight, Lane, Run
from upa_core.domain.errors import RetryLaterError
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.next_step import Step
from upa_core.domain.timetable import MAX_TRIES, try_again_delay
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.finish import fail_run, give_up_sending
from upa_core.state.lane import emit, move


def postpone(
    ports: Ports,
    connector: Connector,
    run: Run,
    flight: InFlight,
    exc: RetryLaterError,
    *,
    unqueued: bool = False,
) -> Step:
    """Remember when to try again.

    Args:
        unqueued: the queue call surely had no effect: it isn't counted against the day's budget.

    """
    now = ports.clock.now()
    tries = flight.tries + 1

    def uncount(lane: Lane) -> Lane:
        return lane.uncount_job(now) if unqueued else lane

    later = replace(
        flight,
        tries=tries,
        not_before=now + max(try_again_delay(tries), timedelta(seconds=exc.retry_after or 0)),
        phase="uploaded" if unqueued else flight.phase,
        queues=flight.queues - 1 if unqueued else flight.queues,
    )
    move(ports, connector, flight, later, uncount)
    pause = (later.not_before - now).total_seconds() if later.not_before is not None else 0.0
    emit(ports, EventName.FILE_POSTPONED, flight, Level.WARNING, tries=tries, seconds=pause, reason=str(exc))
    if tries >= MAX_TRIES and later.queues == 0:
        return fail_run(ports, connector, run, later, f"{tries} failed attempts: {exc}")
    if tries >= MAX_TRIES and unqueued:  # an earlier call's import job was looked up in vain, and may yet turn up
        return give_up_sending(ports, connector, run, later)
    return Step("poll", str(exc), at=later.not_before, run=flight.run, file=flight.file)
