"""Pauses: before the next poll of an import job, the next try of a person in escrow, the next run after a failure."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_POLL = timedelta(seconds=30)
LONGEST_POLL = timedelta(minutes=15)
STALLED_AFTER = timedelta(hours=6)
GIVEN_UP_AFTER = timedelta(hours=24)
LATE_LOG_PATIENCE = timedelta(hours=2)
SENDER_PATIENCE = timedelta(minutes=5)
"""A sender who began an upload or a queue call is left alone this long; then it counts as dead."""
LOOK_UP_AGAIN = timedelta(minutes=5)
SOURCE_PAUSE = timedelta(minutes=1)
"""Least pause after the source failed and named none."""
LANE_BUSY = timedelta(minutes=5)
FOREIGN_LANE_PATIENCE = timedelta(hours=26)
"""A lane that another connector has held for longer is taken over: no import job is given more than 24 h."""
ABANDONED_POLL = timedelta(hours=1)
ABANDONED_HORIZON = timedelta(days=30)
"""An import job that was given up is watched this long; then its people are doubted once, and it is forgotten."""
LATEST_ARCHIVE = timedelta(hours=24)
"""If the library can't be read for this long after an import job ended, the run fails and the lane is free."""
MAX_TRIES = 12
"""Failed tries in a row at one step of sending before the run fails: about two hours."""
MAX_QUEUE_CALLS = 2
"""Queue calls that were neither answered nor listed before the run fails."""
HOLD_ALERT_EVERY = timedelta(days=7)
RHYTHM_SLACK = timedelta(minutes=5)
"""A tick may come a little early or late: a run that is early by this much is on time."""
LONGEST_PAUSE = timedelta(days=2)
"""No pause of ours is longer than a day."""
PROFILE_PATIENCE = timedelta(days=7)
"""Profiles of blocked, unlicensed and education accounts come late: no alarm before [SP-35]."""

ANOTHER_DAY = timedelta(days=1)
"""The pause before somebody is looked at again of whom nothing can be sent now, for want of a valid value."""

_ESCROW_STEPS = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=12), timedelta(hours=24))
_ESCROW_HORIZON = timedelta(days=30)
_FAILED_RUN_STEPS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))


def is_early(not_before: datetime | None, now: datetime) -> bool:
    """Return whether a pause still lasts; a pause longer than any of ours came from a clock that was ahead."""
    return not_before is not None and timedelta(0) < not_before - now <= LONGEST_PAUSE


def poll_delay(age: timedelta) -> timedelta:
    """Return the pause before the next poll of an import job queued `age` ago.

    Half its age, from 30 s to 15 min: an import job of 2.5 h costs about 20 polls.
    """
    return min(max(age / 2, FIRST_POLL), LONGEST_POLL)


def escrow_due(since: datetime, now: datetime, tries: int) -> datetime | None:
    """Return when a person in escrow is tried again.

    After 1 h, 6 h, 12 h, 24 h, then daily up to 30 days; after that None: at full rounds only. What waits for longer,
    and now for another reason, has these four tries all the same.
    """
    if now - since >= _ESCROW_HORIZON and tries > len(_ESCROW_STEPS):
        return None
    return now + _ESCROW_STEPS[min(max(tries - 1, 0), len(_ESCROW_STEPS) - 1)]


def failed_run_pause(failures: int) -> timedelta:
    """Return the pause after the `failures`-th failed run in a row (1 = the first)."""
    return _FAILED_RUN_STEPS[min(max(failures, 1), len(_FAILED_RUN_STEPS)) - 1]


def resync_pause(restarts: int) -> timedelta:
    """Return the pause after the source asked for the `restarts`-th resync of one round in a row.

    1 min, doubling, at most 4 h 16 min.
    """
    doublings: int = min(max(restarts, 1) - 1, 8)
    return SOURCE_PAUSE * (1 << doublings)


def try_again_delay(attempt: int) -> timedelta:
    """Return the pause after the `attempt`-th failed attempt at one step: 30 s, doubling, at most 15 min."""
    doublings: int = min(max(attempt, 1) - 1, 10)
    return min(FIRST_POLL * (1 << doublings), LONGEST_POLL)
