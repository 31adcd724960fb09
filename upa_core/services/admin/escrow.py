"""Escrow by cause (a property and a reason): each cause is listed once, and can be retried or given up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents.codec import to_json
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.domain.people.escrow_entry import EscrowEntry, EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.domain.plan.refused import CORRECT_MAPPING, still_refused
from upa_core.ports.bundle import Ports
from upa_core.services.wake import wake
from upa_core.state.change_people import change_people_between_runs, next_sequence
from upa_core.state.document import state_of
from upa_core.state.people import People

EXAMPLES = 5
"""The most people who are named with a cause."""
ADVICE = {
    EscrowReason.PROFILE_NOT_CREATED: "SharePoint has no profile yet: they are retried until it appears",
    EscrowReason.INVALID_VALUE: "correct the value in Entra, or the mapping's type",
    EscrowReason.REFUSED_BY_SHAREPOINT: "correct the value in Entra, or the mapping; see upa doctor --probe",
    EscrowReason.REQUESTED: "they go at the next export",
    EscrowReason.NOT_READABLE_YET: "they are read again within the hour",
    EscrowReason.OTHER_PERSON: "they are retried until SharePoint has caught up with their user name",
    EscrowReason.USER_NAME_CHANGED: "they are retried until SharePoint has seen their new user names",
    EscrowReason.OTHER_GEO: "make a connector for their geo, and leave them out of this one's scope",
    EscrowReason.USER_EDITED: "decide with on_user_edit: overwrite, or leave it",
    EscrowReason.NOT_KEPT: "ask the user whether the value is hidden (Only me)",
    EscrowReason.NOT_WRITTEN: "upa doctor --probe-individual USER tells what SharePoint allows",
    EscrowReason.DRIFT: "the profile was changed by hand, and the value goes again; see upa drift",
    EscrowReason.OVER_BUDGET: "they are planned again when the budget renews",
    EscrowReason.IMPORT_JOB_ABANDONED: "they are sent again",
    EscrowReason.OVERRIDDEN: "they are sent again",
    EscrowReason.OVERTAKEN: "they are sent again",
}
ON_PAGE = {
    EscrowReason.REFUSED_BY_SHAREPOINT: "correct the value in Entra, or the mapping, then press Retry now",
    EscrowReason.INVALID_VALUE: "correct the value in Entra, or the mapping's type; a corrected value goes by itself",
    EscrowReason.NOT_WRITTEN: "in a terminal: upa doctor --probe-individual USER tells what SharePoint allows",
    EscrowReason.DRIFT: "the profile was changed by hand, and the value goes again; Drift lists it",
}
"""What to do for a reader of the page, where that differs."""
COLUMNS = ("person", "user", "property", "reason", "since", "tries", "due", "detail")
"""The parts of an entry: keys of JSON, headings of CSV."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something waits: one property and one reason, for any number of people."""

    property: str
    """`*`: the whole person."""
    reason: EscrowReason
    detail: str
    """The kind of answer and SharePoint's own words, or the error in the value; never a value."""
    people: int
    since: datetime
    """When the first of them began to wait."""
    next_try: datetime | None
    """The first of their next tries; None: at the next full round."""
    tries: int
    """The highest number of tries of any of them."""
    todo: str
    """What to do; it names commands."""
    on_page: str
    """The same for a reader of the page; it names buttons."""
    everybody: bool = False
    """The property is refused for everybody: it is set aside, and nobody waits for it."""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """The entries to retry or give up: of a cause, or of people; "" and none: any."""

    property: str = ""
    reason: str = ""
    people: Collection[str] = ()
    """Object ids."""
    detail: str = ""
    """Of the entries of a property and a reason, those with these words."""

    def has(self, person: str, target: str, entry: EscrowEntry) -> bool:
        """Return whether an entry is chosen."""
        if self.people and person not in self.people:
            return False
        fits = self.property in ("", target) and self.reason in ("", entry.reason.value)
        return fits and self.detail in ("", entry.detail)


def entries(ports: Ports, connector: Connector) -> Iterator[tuple[str, str, EscrowEntry]]:
    """Yield the entries, by person and property, shard by shard: memory stays flat."""
    for _, found in _shards(ports, connector):
        yield from found


def some_entries(
    ports: Ports, connector: Connector, first: int, least: int
) -> tuple[list[tuple[str, str, EscrowEntry]], int | None]:
    """Return entries from people shard `first` on, at least `least` of them, and the next shard; None: the end."""
    found: list[tuple[str, str, EscrowEntry]] = []
    for number, some in _shards(ports, connector, first):
        if len(found) >= least:
            return found, number
        found += some
    return found, None


def entry_json(person: str, target: str, entry: EscrowEntry, user: str | None) -> dict[str, Any]:
    """Return an entry as JSON values."""
    return {
        "person": person,
        "user": user,
        "property": target,
        "reason": entry.reason.value,
        "since": to_json(entry.since),
        "tries": entry.tries,
        "due": to_json(entry.due),
        "detail": entry.detail,
    }


def _shards(
    ports: Ports, connector: Connector, first: int = 0
) -> Iterator[tuple[int, list[tuple[str, str, EscrowEntry]]]]:
    people = People(ports.store, connector, state_of(ports.store, connector.name).load().value.people)
    for number in sorted(people.books()):
        if number >= first:
            yield number, sorted(people.load(number).value.escrow.entries(), key=lambda one: one[:2])


def causes(ports: Ports, connector: Connector) -> list[Cause]:
    """Return every cause once: refusals for everybody first, then by number of people, most first."""
    found: dict[tuple[str, EscrowReason, str], Cause] = {}
    for person, target, entry in entries(ports, connector):
        detail = "" if entry.detail == target else entry.detail
        key = (target, entry.reason, detail)
        before = found.get(key)
        if before is None:
            todo = ADVICE.get(entry.reason, "")
            found[key] = Cause(
                target,
                entry.reason,
                detail,
                1,
                entry.since,
                entry.due,
                entry.tries,
                todo,
                ON_PAGE.get(entry.reason, todo),
                examples=(person,),
            )
            continue
        due = [one for one in (before.next_try, entry.due) if one is not None]
        found[key] = replace(
            before,
            people=before.people + 1,
            since=min(before.since, entry.since),
            next_try=min(due, default=None),
            tries=max(before.tries, entry.tries),
            examples=before.examples if len(before.examples) >= EXAMPLES else (*before.examples, person),
        )
    state = state_of(ports.store, connector.name).load().value
    reason = EscrowReason.REFUSED_BY_SHAREPOINT
    why = (CORRECT_MAPPING, CORRECT_MAPPING)
    shared = [
        Cause(one.target, reason, one.detail, one.people, one.since, None, 1, *why, everybody=True)
        for one in still_refused(connector, state.refused)
    ]
    return shared + sorted(found.values(), key=lambda one: (-one.people, one.property, one.reason))


def retry(ports: Ports, connector: Connector, chosen: Chosen, by: str) -> int:
    """Make the chosen entries due now; return how many people. They are read again and planned at the next export.

    The request is newer than every file so far, so that one in flight doesn't answer it.
    """
    now, sequence = ports.clock.now(), next_sequence(ports, connector)

    def ask(shard: Shard, person: str) -> None:
        for target, entry in dict(shard.escrow.of(person)).items():
            if chosen.has(person, target, entry):
                shard.escrow.put(person, target, replace(entry, due=now, sequence=max(sequence, entry.sequence)))

    people = _change(ports, connector, chosen, ask, "escrow retry", by)
    wake(ports, ports.waker.export, connector.name, "")
    return people


def give_up(ports: Ports, connector: Connector, chosen: Chosen, by: str) -> int:
    """Remove the chosen entries until the source changes or a full round comes; return how many people."""

    def leave(shard: Shard, person: str) -> None:
        targets = [target for target, entry in shard.escrow.of(person).items() if chosen.has(person, target, entry)]
        shard.escrow.drop(person, targets)

    return _change(ports, connector, chosen, leave, "escrow give up", by)


def _change(
    ports: Ports, connector: Connector, chosen: Chosen, change: Callable[[Shard, str], None], control: str, by: str
) -> int:
    """Change the chosen people and emit who asked for it. Six parameters: what, whose, and for the record."""
    people = dict.fromkeys(
        person for person, target, entry in entries(ports, connector) if chosen.has(person, target, entry)
    )
    if people:
        change_people_between_runs(ports, connector, people, change)
        fields: Fields = {"control": control, "by": by, "people": len(people)}
        ports.events.emit(Event(EventName.CONTROLLED, connector.name, level=Level.WARNING, fields=fields))
    return len(people)
