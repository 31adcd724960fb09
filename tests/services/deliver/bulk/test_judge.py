"""Whom an archive confirms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.ended import DELIVERED, NAMED, log_of, unresolved
from tests.support.world import World
from upa_core.domain.bulk import batch
from upa_core.domain.connector import Limits
from upa_core.domain.documents.lane import JobOutcome, LogFile, Outcome
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.verdict import Verdict
from upa_core.domain.plan.entry import Entry
from upa_core.services.deliver.bulk import judge
from upa_core.services.deliver.bulk.judge import judge_archive

RUN = "20261122T101500Z-7f3k"
ANN, BOB = (f"{n}000000a-0000-4000-8000-000000000000" for n in (1, 2))
OTHER = replace(NAMED, id="other")


def verdict(world: World, jobs: tuple[JobOutcome, ...], logs: tuple[LogFile, ...], **fields: Any) -> Verdict:
    file = batch.begin(Limits())
    file.add([Entry(person, {"UpaTitle": "x"}, {}) for person in (ANN, BOB)])
    outcome = Outcome(1, "hr", RUN, "file", 1, world.now, jobs, logs, **{"intact": True, **fields})
    return judge_archive(world.ports(), outcome, batch.split(file.content()))


def test_what_was_given_up_or_replaced_confirms_nobody_whatever_the_import_job_says() -> None:
    """Why is said; only of a file that was given up nobody knows whether the target is down."""
    world = World()
    given_up = verdict(world, (DELIVERED,), (), given_up="too late")
    replaced = verdict(world, (DELIVERED,), (), intact=False)

    assert (given_up.confirmed, given_up.why, given_up.opaque) == (False, "too late", True)
    assert (replaced.confirmed, replaced.opaque) == (False, False)
    assert "wasn't the one that was uploaded" in replaced.why


@pytest.mark.parametrize(
    ("job", "unread", "confirmed"),
    [
        (NAMED, ["job"], False),
        (NAMED, ["job", "job"], False),
        (NAMED, ["other"], True),
        (DELIVERED, ["job"], True),
    ],
)
def test_an_unreadable_log_spoils_the_failure_that_it_would_explain(
    job: JobOutcome, unread: list[str], confirmed: bool
) -> None:
    """Beside one that can be read too. An import job that succeeded needs no log, nor another one's."""
    world = World()
    read = log_of(world, RUN, "job", unresolved(ANN))
    logs = [replace(read, job=name, key=f"{read.key}{n}", readable=False) for n, name in enumerate(unread)]
    if not job.error:  # what can't be read was stored as nothing
        read = log_of(world, RUN, "job")
    for log in logs:
        world.store.put(log.key, b"")
    logs = [replace(log, sha256=log_of(world, RUN, "none").sha256) for log in logs]
    found = verdict(world, (job,), (read, *logs))

    assert (found.confirmed, found.opaque) == (confirmed, not confirmed)
    assert set(found.failed) == ({ANN} if confirmed and job is NAMED else set())


def test_whom_one_import_job_of_two_delivered_is_delivered() -> None:
    """Both read the same bytes; an import job that confirmed nobody takes nothing back."""
    world = World()
    both = (log_of(world, RUN, "job", unresolved(ANN), unresolved(BOB)), log_of(world, RUN, "other", unresolved(BOB)))
    spoilt = (both[0], log_of(world, RUN, "spoilt", "DataFileNotJson\t\tx"))

    assert set(verdict(world, (NAMED, OTHER), both).failed) == {BOB}
    assert set(verdict(world, (replace(NAMED, id="spoilt"), NAMED), spoilt).failed) == {ANN, BOB}


def test_without_an_import_job_nobody_is_confirmed() -> None:
    """Nothing says why."""
    found = verdict(World(), (), ())

    assert (found.confirmed, found.why, found.opaque) == (False, "no import job", True)


def test_an_archived_log_is_read_piece_by_piece_and_only_as_it_was_archived(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole, whatever the pieces; one that has changed, or is lost, is no verdict."""
    monkeypatch.setattr(judge, "_PIECE", 7)
    world = World()
    log = log_of(world, RUN, "job", unresolved(ANN), unresolved(BOB))
    whole = verdict(world, (NAMED,), (log,))
    world.store.put(log.key, world.store.blobs[log.key].replace(b"x", b"y"))
    with pytest.raises(CorruptStateError, match="is damaged"):
        verdict(world, (NAMED,), (log,))
    world.store.delete(log.key)
    with pytest.raises(CorruptStateError, match="is missing"):
        verdict(world, (NAMED,), (log,))

    assert set(whole.failed) == {ANN, BOB}
