"""Steps that fail, or kill the process, are counted; an outage isn't."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.world import World
from upa_core.domain.documents.attempts import DEAD_AFTER, FORGOTTEN_AFTER, MAX_FAILURES, Attempts
from upa_core.domain.documents.storage_layout import attempts_key
from upa_core.domain.errors import ConflictError, RetryLaterError
from upa_core.state.attempts import ended, failed, may_begin
from upa_core.state.document import get_document

HOURS = timedelta(hours=2.5).total_seconds()


def noted(world: World) -> list[tuple[str, bool, int, int]]:
    """Return of each noted document: its name, whether its step has begun, failures, deaths."""
    stored = get_document(world.store, attempts_key("hr"), Attempts)
    entries = stored.value.entries if stored is not None else ()
    return [(one.document, one.begun is not None, one.failures, one.deaths) for one in entries]


def fails(world: World, error: Exception, times: int = MAX_FAILURES) -> list[bool]:
    found = []
    for _ in range(times):
        may_begin(world.ports(), world.connector, "step", "one")
        found.append(failed(world.ports(), world.connector, "step", "one", error))
        world.sim.advance(HOURS)
    return found


def test_the_fourth_failure_of_a_step_in_six_hours_gives_it_up() -> None:
    """It doesn't begin any more; another document's does."""
    world = World()

    assert fails(world, ValueError()) == [False, False, False, True]
    assert not may_begin(world.ports(), world.connector, "step", "one")
    assert may_begin(world.ports(), world.connector, "step", "two")


def test_a_step_that_was_given_up_is_taken_again_after_a_week() -> None:
    """To ask for it every day doesn't put that off."""
    world = World()
    fails(world, ValueError())
    begun = []
    for _ in range(FORGOTTEN_AFTER.days + 1):
        begun.append(may_begin(world.ports(), world.connector, "step", "one"))
        world.sim.advance(86_400)

    assert begun == [False] * FORGOTTEN_AFTER.days + [True]


@pytest.mark.parametrize("error", [RetryLaterError("down"), ConflictError("moved"), ImportError("deployment")])
def test_what_says_nothing_of_the_document_counts_neither_as_failure_nor_as_death(error: Exception) -> None:
    """An outage, a race, a broken deployment, however long."""
    world = World()

    assert fails(world, error, times=9) == [False] * 9
    assert noted(world) == []


def test_a_step_that_never_ends_kills() -> None:
    """After some deaths it isn't taken any more; one that says that it ended has not died."""
    world, begun = World(), []
    for _ in range(MAX_FAILURES + 2):
        begun.append(may_begin(world.ports(), world.connector, "step", "one"))
        world.sim.advance(max(HOURS, DEAD_AFTER.total_seconds()))
    for _ in range(MAX_FAILURES + 2):
        assert may_begin(world.ports(), world.connector, "step", "two", alone=False)
        ended(world.ports(), world.connector, "step", "two")
        world.sim.advance(HOURS)

    assert (begun[0], begun[-1]) == (True, False)
    assert [one[0] for one in noted(world)] == ["one"]


def test_a_step_on_the_next_document_ends_the_one_before_where_it_is_taken_on_one_at_a_time() -> None:
    """Otherwise only the one that it says it ended well on."""
    for alone, after, left in ((True, "", ["two"]), (False, "one", ["two"]), (False, "", ["one", "two"])):
        world = World()
        may_begin(world.ports(), world.connector, "step", "one", alone=alone)
        may_begin(world.ports(), world.connector, "step", "two", alone=alone, after=after)

        assert [one[0] for one in noted(world)] == left


def test_counts_that_cant_be_read_count_as_none() -> None:
    """They are no obstacle themselves."""
    world = World()
    world.store.put(attempts_key("hr"), b"{")

    assert may_begin(world.ports(), world.connector, "step", "one")
    assert noted(world) == [("one", True, 0, 0)]
