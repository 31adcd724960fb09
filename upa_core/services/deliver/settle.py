"""Settle an import file from its archive alone: what is confirmed goes to the shadow, the rest to unknown or escrow."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import orjson

from upa_core.domain.bulk.import_file import read_people, split_import_file
from upa_core.domain.bulk.import_job import JobState
from upa_core.domain.bulk.job_log import Verdict, decode_pieces, judge, parse_log
from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import Abandoned, Outcome
from upa_core.domain.documents.storage_layout import file_key
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.domain.people.shadow import EscrowReason, Shard
from upa_core.ports.bundle import Ports
from upa_core.state.change_people import change_people, change_people_between_runs, next_sequence

_PIECE = 4 * 1024 * 1024
"""Bytes of a log that are read at a time."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What settling an import file came to; the same each time it is repeated."""

    confirmed: bool
    exported: int
    escrowed: int
    why: str = ""
    opaque: bool = False
    """Nobody is confirmed and nothing says why: the target may be down."""


def settle(ports: Ports, connector: Connector, outcome: Outcome) -> Settlement:
    """Write every property of the file to the shadow, confirmed or unknown, stamped with the file's number.

    Raises `CorruptStateError` where the archive can't be read.
    """
    people = _people_of(ports, outcome.run, outcome.file)
    verdict = _verdict(ports, outcome, people)

    def change(shard: Shard, pieces: Mapping[str, bytes]) -> None:
        part = read_people(pieces.values(), orjson.loads)
        failed = {person: verdict.failed[person] for person in part if person in verdict.failed}
        if verdict.confirmed:
            good = {person: values for person, values in part.items() if person not in failed} if failed else part
            shard.confirm(good, outcome.sequence)
        for person in failed if verdict.confirmed else part:
            shard.settle(person, dict.fromkeys(part[person]), outcome.sequence)
        for person, (reason, kind) in failed.items():
            shard.put_in_escrow(person, reason, now=outcome.ended, sequence=outcome.sequence, detail=kind)

    change_people(ports, connector, people, change, outcome.run)
    escrowed = len(verdict.failed)
    exported = len(people) - escrowed if verdict.confirmed else 0
    level = Level.INFO if verdict.confirmed else Level.WARNING
    fields: Fields = {"file": outcome.file, "exported": exported, "escrowed": escrowed, "why": verdict.why}
    jobs = outcome.import_jobs
    ports.events.emit(Event(EventName.FILE_SETTLED, connector.name, outcome.run, level, fields, jobs))
    _emit_escrowed(ports, connector, outcome, verdict)
    return Settlement(verdict.confirmed, exported, escrowed, verdict.why, verdict.opaque)


def doubt(ports: Ports, connector: Connector, entry: Abandoned) -> int:
    """Make everything in a file unknown, and its people due: an import job given up earlier has ended after all.

    The doubt is newer than every file so far, so that none of them overwrites it. Returns how many people are in doubt.
    """
    pieces = _people_of(ports, entry.run, entry.file)
    sequence = next_sequence(ports, connector)
    now = ports.clock.now()

    def change(shard: Shard, person: str) -> None:
        shard.doubt(person, read_people([pieces[person]], orjson.loads)[person], now=now, sequence=sequence)

    change_people_between_runs(ports, connector, pieces, change)
    return len(pieces)


def _people_of(ports: Ports, run: str, file: str) -> dict[str, bytes]:
    key = file_key(run, file)
    blob = ports.store.get(key)
    if blob is None:
        raise CorruptStateError(f"{key} is missing from the archive")
    return split_import_file(blob.data)


def _verdict(ports: Ports, outcome: Outcome, people: Collection[str]) -> Verdict:
    """Judge each import job of the file; what one of them confirmed is confirmed, they read the same bytes."""
    if outcome.given_up:
        return Verdict(confirmed=False, why=outcome.given_up, opaque=True)
    if not outcome.intact:
        return Verdict(confirmed=False, why="the file in the library wasn't the one that was uploaded")
    verdicts = []
    for job in outcome.jobs:
        if job.state == JobState.ERROR and any(log.job == job.id and not log.readable for log in outcome.logs):
            verdicts.append(Verdict(confirmed=False, why="a log couldn't be read", opaque=True))
            continue
        lines = []
        for log in outcome.logs:
            if log.job == job.id:
                lines += parse_log(decode_pieces(_pieces(ports, log.key)))
        verdicts.append(judge(job.state, job.error, lines, people))
    good = [verdict for verdict in verdicts if verdict.confirmed]
    if not good:
        return verdicts[0] if verdicts else Verdict(confirmed=False, why="no import job", opaque=True)
    failed = {person: why for person, why in good[0].failed.items() if all(person in v.failed for v in good)}
    return Verdict(confirmed=True, failed=failed)


def _pieces(ports: Ports, key: str) -> Iterator[bytes]:
    """Read an archived log piece by piece."""
    at = 0
    while (piece := ports.store.read_range(key, at, _PIECE)) or not at:
        if piece is None:
            raise CorruptStateError(f"{key} is missing from the archive")
        yield piece
        at += _PIECE


def _emit_escrowed(ports: Ports, connector: Connector, outcome: Outcome, verdict: Verdict) -> None:
    """Tell how many people wait for what; that a profile doesn't exist yet is nothing to be alarmed at."""
    reasons = [reason for reason, _ in verdict.failed.values()]
    for reason in sorted(set(reasons)):
        level = Level.INFO if reason is EscrowReason.PROFILE_NOT_CREATED else Level.WARNING
        fields: Fields = {"file": outcome.file, "reason": reason.value, "people": reasons.count(reason)}
        told = Event(EventName.PERSON_ESCROWED, connector.name, outcome.run, level, fields, outcome.import_jobs)
        ports.events.emit(told)
