"""The cost of a source in calls at Graph, in words: shown before anything runs."""

from __future__ import annotations

from datetime import timedelta

from upa_core.domain.sources.joined.secondary import Secondary


def cost_of(secondary: Secondary, full_every: timedelta) -> str:
    """Return the calls that a source makes at Graph, "" for one that makes none.

    `full_every`: the time between two reads of everybody.
    """
    every = f"every {full_every.days} days" if full_every >= timedelta(days=1) else f"every {full_every}"
    if secondary.kind == "group" and secondary.nested == "include":
        return "at each pull 1 call, and 1 for each 999 members, twice where one changed"
    if secondary.kind == "group":
        return f"1 call at each pull, and 1 or more when members changed; {every} 2, and 1 for each 500 members"
    if secondary.kind == "manager":
        changed = "1 for each 20 people whose manager, or whose manager's attributes, changed"
        return f"1 call at each pull, and {changed}; {every} 1 for each 999 users"
    return ""
