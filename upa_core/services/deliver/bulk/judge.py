"""Judge the archive of an import file: whom did its import jobs confirm?"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping

import orjson

from upa_core.domain.bulk.batch import read
from upa_core.domain.bulk.import_job import JobState
from upa_core.domain.bulk.job_log import decode_pieces, judge, parse_log
from upa_core.domain.documents.lane import LogFile, Outcome
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.verdict import Verdict
from upa_core.ports.bundle import Ports

_PIECE = 4 * 1024 * 1024
"""Bytes of a log that are read at a time."""


def judge_archive(ports: Ports, outcome: Outcome, people: Mapping[str, bytes]) -> Verdict:
    """Judge each import job of the file; all of them read the same bytes, so a value that one confirmed is confirmed.

    Raises `CorruptStateError` where a log that the archive names is missing or damaged.
    """
    if outcome.given_up:
        return Verdict(confirmed=False, why=outcome.given_up, opaque=True)
    if not outcome.intact:
        return Verdict(confirmed=False, why="the file in the library wasn't the one that was uploaded")
    verdicts = []

    def sent(person: str) -> Collection[str]:
        return read([people[person]], orjson.loads)[person]

    for job in outcome.jobs:
        if job.state == JobState.ERROR and any(log.job == job.id and not log.readable for log in outcome.logs):
            verdicts.append(Verdict(confirmed=False, why="a log couldn't be read", opaque=True))
            continue
        lines = []
        for log in outcome.logs:
            if log.job == job.id:
                lines += parse_log(decode_pieces(_pieces(ports, log)))
        verdicts.append(judge(job.state, job.error, lines, people, sent))
    good = [verdict for verdict in verdicts if verdict.confirmed]
    if not good:
        return verdicts[0] if verdicts else Verdict(confirmed=False, why="no import job", opaque=True)
    failed = {person: why for person, why in good[0].failed.items() if all(person in v.failed for v in good)}
    return Verdict(confirmed=True, failed=failed)


def _pieces(ports: Ports, log: LogFile) -> Iterator[bytes]:
    """Read an archived log piece by piece; one that has changed since confirms nobody."""
    at, digest = 0, hashlib.sha256()
    while (piece := ports.store.read_range(log.key, at, _PIECE)) or not at:
        if piece is None:
            raise CorruptStateError(f"{log.key} is missing from the archive")
        digest.update(piece)
        yield piece
        at += _PIECE
    if digest.hexdigest() != log.sha256:
        raise CorruptStateError(f"{log.key} is damaged: its hash isn't that of the log that was archived")
