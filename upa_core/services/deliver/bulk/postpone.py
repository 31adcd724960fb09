"""Wait with a file in the lane, with growing pauses; after too many failures the run fails and the lane is free."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from upa_core.domain.documents.lane import Lane
from upa_core.domain.errors import RetryLaterError
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.next_step import Step
from upa_core.domain.pauses import MAX_TRIES, try_again_delay
from upa_core.services.deliver.bulk.flight import Flight
from upa_core.services.deliver.bulk.landing import fail, give_up_sending


def postpone(here: Flight, exc: RetryLaterError, *, unqueued: bool = False) -> Step:
    """Store when to try again.

    Args:
        unqueued: the queue call surely had no effect: it isn't counted against the day's budget.
    """
    flight, now = here.place, here.ports.clock.now()
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
    after = here.moved(later, uncount)
    pause = (later.not_before - now).total_seconds() if later.not_before is not None else 0.0
    here.tell(EventName.FILE_POSTPONED, Level.WARNING, tries=tries, seconds=pause, reason=str(exc))
    if tries >= MAX_TRIES and later.queues == 0:
        return fail(after, f"{tries} failed attempts: {exc}")
    if tries >= MAX_TRIES and unqueued:  # an earlier call's import job wasn't found, and may still appear
        return give_up_sending(after)
    return Step("poll", str(exc), at=later.not_before, run=flight.run, file=flight.file)
