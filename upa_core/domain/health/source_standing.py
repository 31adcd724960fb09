"""The state of a file or a query: the last delivery, the next one, and the obstacle, if there is one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from upa_core.domain.documents.sources import SourceState
from upa_core.domain.sources.joined.expectation import expected_after, first_expected, in_words, missed
from upa_core.domain.sources.joined.secondary import Secondary


@dataclass(frozen=True, slots=True)
class SourceStanding:
    """The state of one source; no person's value."""

    name: str
    file: str
    """People's name for the last accepted delivery."""
    rows: int
    """Its number of rows."""
    people: int
    """People with a row."""
    unmatched: int
    """Rows that match nobody."""
    missing: int
    """People whom the last snapshots didn't name."""
    delivered: datetime | None
    accepted: datetime | None
    asked: datetime | None
    next_expected: datetime | None
    late: bool
    missed: int
    """Deadlines that have passed without a delivery."""
    held: tuple[str, ...]
    """Why something of it waits for a decision."""
    why: str
    """The error of the last try, or the reason for waiting."""


def standing_of(secondary: Secondary, state: SourceState, now: datetime, *, since: datetime | None) -> SourceStanding:
    """Return the state of a source; `since`: when it was first watched; the first delivery is expected from then on."""
    current, expected, late = state.current, None, 0
    if secondary.expect is not None:
        if state.delivered is not None:
            expected = expected_after(secondary.expect, state.delivered)
        elif since is not None:
            expected = first_expected(secondary.expect, since)
        late = missed(secondary.expect, expected, now) if expected is not None else 0
    return SourceStanding(
        name=secondary.name,
        file=state.label,
        rows=state.delivered_rows,
        people=current.rows if current is not None else 0,
        unmatched=current.waiting_rows if current is not None else 0,
        missing=current.missing if current is not None else 0,
        delivered=state.delivered,
        accepted=state.last_full,
        asked=state.last_pull,
        next_expected=expected,
        late=late > 0,
        missed=late,
        held=state.holds if state.held and state.approved != state.held else (),
        why=state.why,
    )


def trouble_of(one: SourceStanding, secondary: Secondary) -> tuple[str, str]:
    """Return the notice about a source, and a reason; a new reason is notified again."""
    if one.held:
        return f"{one.name} waits for a decision ({', '.join(one.held)})", f"{one.name} held {' '.join(one.held)}"
    if one.next_expected is not None and secondary.expect is not None and one.missed:
        more = f", {one.missed} times in a row" if one.missed > 1 else ""
        text = f"{one.name} was expected by {in_words(secondary.expect, one.next_expected)}{more}"
        return text, f"{one.name} late {one.missed}"  # once for each deadline
    if secondary.on_missing == "report" and one.missing:
        people = "1 person" if one.missing == 1 else f"{one.missing:,} people"
        return f"{people} of {one.name} aren't named any more", f"{one.name} missing"
    return "", ""


def troubles(standings: Iterable[tuple[SourceStanding, Secondary]]) -> tuple[str, str]:
    """Return the notice about all sources together; two empty texts where all is well."""
    found = [told for told in (trouble_of(one, secondary) for one, secondary in standings) if told[0]]
    return "; ".join(text for text, _ in found), ", ".join(reason for _, reason in found)
