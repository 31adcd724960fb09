"""Update what is known of a property after a read: since when it differs, and how often somebody changed it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from upa_core.domain.drift.compare import Verdict
from upa_core.domain.drift.record import KEPT, Difference


def after_read(
    before: Difference | None, verdict: Verdict, *, old: str | None, found: str, sequence: int, now: datetime
) -> Difference | None:
    """Return what is known of a property after a read; None: nothing.

    Six parameters: what is known and what was read.

    Args:
        before: what is known so far.
        verdict: how the value was judged.
        old: the confirmed value.
        found: what the profile shows.
        sequence: number of the batch that confirmed it.
        now: when it was read.
    """
    if verdict == "unsettled" or old is None:
        return before
    if verdict == "equal":
        if before is None or (before.over is not None and now - before.over > KEPT):
            return None
        return before if before.over is not None else replace(before, seen=now, over=now)
    fresh = Difference(verdict, old, found, now, now, sequence)
    if before is None:
        return fresh
    if before.over is None and before.found == found and before.sequence == sequence:
        return replace(before, verdict=verdict, old=old, seen=now)
    return replace(fresh, times=before.times + 1, repairs=before.repairs)
