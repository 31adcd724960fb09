"""Settle an import file from its archive alone: what is confirmed goes to the shadow, the rest to unknown or escrow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from upa_core.domain.connector import Connector
from upa_core.domain.errors import ConflictError, CorruptStateError
from upa_core.domain.events import Event, EventName, Fields, Level
from upa_core.domain.import_file import read_import_file
from upa_core.domain.job_log import Verdict, judge, parse_log
from upa_core.domain.people import EscrowReason, Shard, shard_of
from upa_core.domain.state import Outcome
from upa_core.ports.bundle import Ports
from upa_core.services.documents import state_of
from upa_core.services.people import People
from upa_core.services.plan_writer import file_key

_TRIES = 8


@dataclass(frozen=True, slots=True)
class Settlement:
    """What settling an import file came to; the same each time it is repeated."""

    confirmed: bool
    exported: int
    escrowed: int
    why: str = ""


def settle(ports: Ports, connector: Connector, outcome: Outcome) -> Settlement:
    """Write every property of the file to the shadow, confirmed or unknown, stamped with the file's number.

    Raises `CorruptStateError` where the archive can't be read.
    """
    people = dict(_people_of(ports, outcome))
    verdict = _verdict(ports, outcome, people)

    def change(shard: Shard, person: str) -> None:
        values = people[person]
        if not verdict.confirmed or person in verdict.failed:
            shard.settle(person, dict.fromkeys(values), outcome.sequence)
        else:
            shard.settle(person, values, outcome.sequence)
            shard.leave_escrow(person, outcome.sequence)
        if person in verdict.failed:
            reason, kind = verdict.failed[person]
            shard.put_in_escrow(person, reason, now=outcome.ended, sequence=outcome.sequence, detail=kind)

    _change_people(ports, connector, people, change)
    escrowed = len(verdict.failed)
    exported = len(people) - escrowed if verdict.confirmed else 0
    level = Level.INFO if verdict.confirmed else Level.WARNING
    fields: Fields = {"file": outcome.file, "exported": exported, "escrowed": escrowed, "why": verdict.why}
    ports.events.emit(Event(EventName.FILE_SETTLED, connector.name, outcome.run, level, fields))
    return Settlement(verdict.confirmed, exported, escrowed, verdict.why)


def doubt(ports: Ports, connector: Connector, outcome: Outcome, sequence: int) -> int:
    """Make everything in a file unknown, and its people due: an import job given up earlier has ended after all.

    Args:
        outcome: the archive of the file, as it was written when the import job was given up.
        sequence: a number newer than every file so far, so that none of them overwrites the doubt.

    Returns:
        How many people are in doubt.

    """
    people = dict(_people_of(ports, outcome))
    now = ports.clock.now()

    def change(shard: Shard, person: str) -> None:
        shard.settle(person, dict.fromkeys(people[person]), sequence)
        shard.put_in_escrow(person, EscrowReason.IMPORT_JOB_ABANDONED, now=now, sequence=sequence, due=now)

    _change_people(ports, connector, people, change)
    return len(people)


def _people_of(ports: Ports, outcome: Outcome) -> Iterator[tuple[str, dict[str, str]]]:
    key = file_key(outcome.run, outcome.file)
    blob = ports.store.get(key)
    if blob is None:
        raise CorruptStateError(f"{key} is missing from the archive")
    yield from read_import_file(blob.data)


def _verdict(ports: Ports, outcome: Outcome, people: dict[str, dict[str, str]]) -> Verdict:
    """Judge each import job of the file; what one of them confirmed is confirmed, they read the same bytes."""
    if outcome.given_up:
        return Verdict(confirmed=False, why=outcome.given_up)
    if not outcome.intact:
        return Verdict(confirmed=False, why="the file in the library wasn't the one that was uploaded")
    verdicts = []
    for job in outcome.jobs:
        lines = []
        for log in outcome.logs:
            if log.job == job.id:
                blob = ports.store.get(log.key)
                lines += parse_log(blob.data.decode("utf-8", "replace") if blob is not None else "")
        verdicts.append(judge(job.state, job.error, lines, people))
    good = [verdict for verdict in verdicts if verdict.confirmed]
    if not good:
        return verdicts[0] if verdicts else Verdict(confirmed=False, why="no import job")
    failed = {person: why for person, why in good[0].failed.items() if all(person in v.failed for v in good)}
    return Verdict(confirmed=True, failed=failed)


def _change_people(
    ports: Ports,
    connector: Connector,
    everyone: dict[str, dict[str, str]],
    change: Callable[[Shard, str], None],
) -> None:
    """Apply a change to each person, shard by shard, in today's generation of shards."""
    for _ in range(_TRIES):
        index = state_of(ports.store, connector.name).load().value.people
        people = People(ports.store, connector, index)
        by_shard: defaultdict[int, list[str]] = defaultdict(list)
        for person in everyone:
            by_shard[shard_of(person, index.shards)].append(person)
        due = {}
        for number, persons in sorted(by_shard.items()):
            due[number] = _change_shard(people, number, persons, change)
        people.note_due(due)
        if state_of(ports.store, connector.name).load().value.people == index:
            return
    raise ConflictError("the people of this connector are being moved")


def _change_shard(
    people: People, number: int, persons: list[str], change: Callable[[Shard, str], None]
) -> datetime | None:
    for _ in range(_TRIES):
        stored = people.load(number)
        for person in persons:
            change(stored.value, person)
        try:
            people.save(number, stored)
        except ConflictError:
            continue
        return stored.value.next_due()
    raise ConflictError(f"shard {number} is being written by too many at once")
