"""The change threshold: a plan that would change too much is held."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from upa_core.domain.connector import ChangeThreshold
from upa_core.domain.documents.runs import Counts, Exported

WINDOW = timedelta(hours=24)


def reason_to_hold(
    counts: Counts,
    *,
    known: int,
    earlier: Iterable[Exported],
    threshold: ChangeThreshold,
    now: datetime,
    updates_exempt: bool,
) -> str:
    """Return why the plan must be held, "" where it needn't be.

    Updates and clears are judged apart, over what was exported in the last 24 h and this plan together; what announced
    full rounds and approved runs exported isn't counted. Percentages are of the people known; an announced full round
    is exempt from the limits on updates.

    Six parameters: the facts that a decision needs, none of which belongs to another.
    """
    recent = [one for one in earlier if now - one.at < WINDOW]
    fresh = counts.updated - counts.again
    updated = fresh + sum(one.updated for one in recent)
    cleared = counts.cleared + sum(one.cleared for one in recent)
    limits: list[tuple[str, int, int | None, float | None]] = []
    if not updates_exempt:
        limits.append(("update", updated, threshold.updates_absolute, threshold.updates_percent))
    limits.append(("clear", cleared, threshold.clears_absolute, threshold.clears_percent))
    for what, people, absolute, percent in limits:
        own = fresh if what == "update" else counts.cleared
        if not own:
            continue
        if absolute is not None and people > absolute:
            return f"{what}s of {people} people in 24 h; the limit is {absolute}"
        if percent is not None and known and people * 100 > percent * known:
            share = f"{people * 100 / known:.1f} %"
            return f"{what}s of {people} people in 24 h, {share} of {known}; the limit is {percent:g} %"
    return ""
