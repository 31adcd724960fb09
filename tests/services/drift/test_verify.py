"""An auditor is told how equal profiles are, as far as they were read."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.services.drift.test_read_back import settled
from tests.support.drifting import DriftWorld
from upa_core.domain.drift.exceptions import Excepted
from upa_core.domain.drift.record import moment_at
from upa_core.services.drift.verify import verify
from upa_core.services.drift.view import drifted, unreadable


def test_everybody_is_judged_by_the_worst_that_is_known() -> None:
    """Equal, different, unreadable, never read, not re-read, unsettled: each counts once."""
    world = settled(5)
    equal, different, gone, changed, _ = world.people
    world.hand(different, "UpaTitle", "King")
    world.sim.directory.edit(gone, userPrincipalName="not a name")
    world.read_all()
    world.edit(changed, jobTitle="Boss")
    fresh = world.join(department="new")
    world.sync()
    result = verify(world.ports(), world.connector, {})

    assert {name: n for name, n in result.counts.items() if n} == {
        "equal": 2,
        "different": 1,
        "unreadable": 1,
        "not_re_read": 1,
        "never_read": 1,
    }
    assert (result.people, result.read, result.passed) == (6, 4, False)
    assert result.different == {different: ("UpaTitle",)}
    assert (result.unreadable, result.never_read) == ({gone: "no_user_name"}, [fresh])
    assert equal not in result.different


@pytest.mark.slow
def test_what_was_sent_and_isnt_confirmed_is_unsettled() -> None:
    """Neither equal nor different."""
    world = settled(2)
    world.read_all()
    world.edit(world.people[0], jobTitle="Boss")
    world.sim.timer_job.plan("next", "internal_error")
    world.pull()
    world.far()
    world.end_run()
    world.read_all()

    assert verify(world.ports(), world.connector, {}).counts["unsettled"] == 1


def test_an_unreadable_person_passes_by_name_until_the_date_is_over() -> None:
    """The last day counts."""
    world = settled(2)
    gone = world.people[0]
    world.sim.directory.edit(gone, userPrincipalName="not a name")
    world.read_all()
    today = world.now.date()

    def passed(until: date) -> bool:
        return verify(world.ports(), world.connector, {gone: Excepted(gone, until, "blocked", "Ann")}).passed

    assert passed(today)
    assert not passed(today - timedelta(days=1))
    assert not verify(world.ports(), world.connector, {}).passed


def test_nothing_passes_before_everybody_was_read() -> None:
    """Neither a connector that has delivered nobody, nor one of whose people some were never read; nor is it failed."""
    world = DriftWorld(2)
    nobody = verify(world.ports(), world.connector, {})
    world.sync()
    unread = verify(world.ports(), world.connector, {})
    world.read_all()
    world.people.append(world.join(department="new"))
    world.sync()
    one_unread = verify(world.ports(), world.connector, {})
    world.read_all()

    assert [(one.passed, one.failed, one.unfinished) for one in (nobody, unread, one_unread)] == [
        (False, False, True)
    ] * 3
    assert verify(world.ports(), world.connector, {}).passed


def test_a_repaired_profile_passes_once_it_was_read_again() -> None:
    """Before, it is different."""
    world = settled(2)
    world.hand(world.people[0], "UpaTitle", "King")
    world.read_all()
    assert not verify(world.ports(), world.connector, {}).passed
    assert [(one.person, one.target) for one in drifted(world.ports(), world.connector)] == [
        (world.people[0], "UpaTitle")
    ]
    assert list(drifted(world.ports(), world.connector, "UpaCode")) == []
    world.hand(world.people[0], "UpaTitle", "T0")
    world.read_all()

    assert verify(world.ports(), world.connector, {}).passed
    assert (list(drifted(world.ports(), world.connector)), list(unreadable(world.ports(), world.connector))) == ([], [])


def test_who_was_never_delivered_is_counted_apart() -> None:
    """Somebody in escrow of whom nothing is confirmed; whoever waits beside confirmed values isn't one."""
    world = settled(2)
    world.join(profile=False, department="nobody yet")
    world.edit(world.people[0], jobTitle="x" * 41)
    world.sync()
    result = verify(world.ports(), world.connector, {})

    assert (len(world.escrow()), result.undelivered, result.people) == (2, 1, 2)


def test_only_the_properties_that_differ_now_are_named() -> None:
    """One that is right again isn't; the moments of the oldest and the newest read stand beside it."""
    world = settled(2)
    for target in ("UpaTitle", "UpaDepartment"):
        world.hand(world.people[0], target, "hand")
    world.read_all()
    world.hand(world.people[0], "UpaDepartment", "D0")
    world.read_all()
    result = verify(world.ports(), world.connector, {})
    newest = world.now
    reads = {moment_at(minute) for minute in world.reads().values()}

    assert result.different == {world.people[0]: ("UpaTitle",)}
    assert {result.oldest, result.newest} == reads
    assert newest - timedelta(minutes=1) < result.newest <= newest


def test_an_exception_that_has_ended_is_told_as_such() -> None:
    """With who asked for it and until when; whoever is readable needs none."""
    world = settled(2)
    gone, fine = world.people
    world.sim.directory.edit(gone, userPrincipalName="not a name")
    world.read_all()
    today = world.now.date()
    lasting, ended = (Excepted(gone, day, "blocked", "Ann") for day in (today, today - timedelta(days=1)))
    named = verify(world.ports(), world.connector, {gone: lasting, fine: lasting})
    late = verify(world.ports(), world.connector, {gone: ended})

    assert (named.excepted, named.expired) == ({gone: lasting}, {})
    assert (late.excepted, late.expired) == ({}, {gone: ended})
