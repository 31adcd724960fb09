"""The cost of a source in calls at Graph, in words: shown before anything runs."""

from __future__ import annotations

from datetime import timedelta

from upa_core.domain.sources.joined.secondary import Secondary

_LISTED, _IN_DELTA = 999, 500
"""People on a page of a list, and members on a page of a group's delta [GR-54, GR-56]."""


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


def calls_a_day(secondary: Secondary, rows: int, known: int, *, pulls: float, full_every: timedelta) -> float:
    """Return the calls that a source makes at Graph on a day without changes.

    Five parameters: a source of `rows` in a directory of `known` people, and how often it is read.

    Args:
        secondary: the source.
        rows: its rows: a group's members.
        known: people in the directory, as far as it was read.
        pulls: pulls a day.
        full_every: the time between two reads of everybody.
    """
    fulls = timedelta(days=1) / full_every
    if secondary.kind == "group" and secondary.nested == "include":
        return pulls * (1 + max(1, -(-rows // _LISTED)))
    if secondary.kind == "group":
        return pulls + fulls * (2 + rows // _IN_DELTA)
    if secondary.kind == "manager":
        return pulls + fulls * (1 + -(-known // _LISTED))
    return 0.0
