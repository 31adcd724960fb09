"""Keys that change in the directory: which rows they move, and about whom a source must be asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.services.pull.test_leaving import TEAM, TeamWorld
from tests.support.joined import HR, JoinedWorld, row
from upa_core.domain.errors import UnavailableError
from upa_core.domain.people.changes import REMOVED
from upa_core.domain.sources.contract import KeyPart
from upa_core.services.pull import pull
from upa_core.services.pull.directory import pull_directory
from upa_core.services.pull.moved_keys import has_moved, newcomers
from upa_core.services.pull.result import RowsResult
from upa_core.state.document import state_of
from upa_core.state.rows.segments import SegmentReader

BY_NUMBER = replace(TEAM, match=(KeyPart("number", "employeeId"),))


@pytest.fixture
def team() -> TeamWorld:
    """Return four people, two of them named by their team; nothing is exported."""
    made = TeamWorld()
    made.members(0, 1)
    made.pull()
    return made


def ask(world: JoinedWorld) -> RowsResult:
    """Pull; return what came of the source."""
    (result,) = pull(world.ports(), world.connector).sources
    return result


def named(world: JoinedWorld) -> dict[str, bool]:
    """Return whom the newest round names, and whether with a row."""
    readers = [SegmentReader(world.store, segment) for segment in world.state.sealed[-1].segments]
    return {one[0]: one[1] != REMOVED for reader in readers for one in reader.rows(range(64))}


def moved(world: JoinedWorld) -> bool:
    """Read the directory alone; return whether a row has moved since the rows were matched."""
    held = world.source.current
    assert held is not None
    pull_directory(world.ports(), world.connector)
    keys = world.state.keys
    assert keys is not None
    return has_moved(world.store, world.connector.secondaries[0], held, keys)


def test_whoever_was_asked_about_and_isnt_named_is_planned_once(team: TeamWorld) -> None:
    """The first answer covers everybody; nothing new covers nobody else."""
    assert named(team) == {team.people[0]: True, team.people[1]: True, team.people[2]: False, team.people[3]: False}
    held = team.source.current
    assert held is not None
    assert (held.rows, held.known, ask(team)) == (2, team.state.keys, RowsResult("hr", "nothing new"))
    assert team.source.current == held


def test_a_newcomer_is_planned_when_the_source_was_asked_again(team: TeamWorld) -> None:
    """It names nobody new: they alone are, by a round of their own."""
    before = team.source.current
    assert before is not None
    person = team.hire("E4")
    result = ask(team)
    held, keys = team.source.current, team.state.keys
    assert held is not None
    assert keys is not None

    assert (result.status, result.named, named(team)) == ("sealed", 1, {person: False})
    assert held == replace(before, generation=before.generation + 1, matched=keys.stamp, known=keys)
    assert newcomers(team.store, TEAM, held, keys) == []
    assert ask(team) == RowsResult("hr", "nothing new")


def test_a_change_of_something_else_makes_nobody_a_newcomer(team: TeamWorld) -> None:
    """The key index is noted as the one of today; no round is sealed for it."""
    held = team.source.current
    assert held is not None
    team.edit(team.people[3], department="new")
    rounds = len(team.state.sealed)
    assert ask(team) == RowsResult("hr", "nothing new")
    keys = team.state.keys

    assert keys is not None
    assert team.source.current == replace(held, matched=keys.stamp, known=keys)
    assert len(team.state.sealed) == rounds + 1


def test_whom_a_source_that_fails_was_never_asked_about_stays_unknown() -> None:
    """Its rows follow a key that moved; a newcomer isn't taken for a stranger for that."""
    world = TeamWorld(secondary=BY_NUMBER)
    world.team.deliver({"number": "E0", "member": "true"}, {"number": "E1", "member": "true"})
    world.pull()
    known = world.source.current and world.source.current.known
    world.renumber(world.people[0], "E8")
    world.renumber(world.people[2], "E0")
    person = world.hire("E7")
    world.hr.hooks.fail("look", UnavailableError("down"))
    assert ask(world).status == "failed"

    held = world.source.current
    assert held is not None
    assert (held.known, person in named(world)) == (known, False)
    assert named(world)[world.people[2]]


@pytest.mark.parametrize(("percent", "held"), [(50.0, ()), (49.9, ("many_left",))])
def test_as_many_may_leave_as_the_limit_says(percent: float, held: tuple[str, ...]) -> None:
    """Half at fifty percent exactly; more than the limit waits for somebody."""
    world = TeamWorld(secondary=replace(TEAM, max_left=percent))
    world.members(0, 1)
    world.pull()
    world.change(p1=None)
    result = ask(world)

    assert (result.status, world.source.holds) == ("failed" if held else "sealed", held)
    if held:
        assert result.why.startswith("hr is held (many_left): 1 of 2 people would leave, more than 49.9 percent.")
        assert world.source.held == "changes 2"


def test_a_whole_snapshot_is_needed_to_leave() -> None:
    """A row that was set aside may be theirs; a list of changes says what it says."""
    world = TeamWorld(secondary=replace(TEAM, max_left=100.0))
    world.members(0, 1)
    world.pull()
    world.team.whole = False
    world.members(0, 1)
    result = ask(world)
    assert "rows are set aside or contradict each other: whomever they name would leave" in result.why
    world.sim.advance(901)
    world.change(p1=None, p2="true")
    assert ask(world).status == "sealed"


def test_a_first_answer_that_names_nobody_waits_and_an_empty_team_that_was_empty_doesnt() -> None:
    """Whoever had no row has none to lose."""
    world = TeamWorld()
    world.members()
    result = ask(world)
    assert (result.status, world.source.holds, world.source.current) == ("failed", ("nobody_named",), None)
    assert "hr is held (nobody_named): it names nobody in the directory" in result.why
    world.sim.advance(901)
    approved = replace(world.source, approved="snapshot 1")
    state_of(world.store, "hr").update(lambda state: state.with_source(approved))
    assert ask(world).status == "sealed"
    world.members()
    assert ask(world).status == "sealed"


@pytest.mark.parametrize(("strangers", "held"), [(1, ()), (2, ("key_share_unmatched",))])
def test_as_many_rows_may_be_nobodys_as_the_limit_says(strangers: int, held: tuple[str, ...]) -> None:
    """A quarter at twenty-five percent exactly; with more the key is probably wrong."""
    world = JoinedWorld(3, secondaries=(replace(HR, max_unmatched=25.0),))
    world.hr.can_be_held = True
    world.deliver(*(row(f"E{n}", f"{n}") for n in range(3)), *(row(f"F{n}", "x") for n in range(strangers)))
    result = ask(world)

    assert (result.status, world.source.holds) == ("failed" if held else "sealed", held)
    if held:
        assert result.why.startswith(
            "hr is held (key_share_unmatched): 2 of 5 rows are nobody's, more than 25 percent."
        )
        assert world.source.held == "snapshot 1"


def test_changes_alone_are_never_held_for_whom_they_match(team: TeamWorld) -> None:
    """They say nothing of the other rows; nor is an offer without a name, which nobody could approve."""
    world = JoinedWorld(3, secondaries=(replace(HR, max_unmatched=25.0),))
    world.hr.can_be_held = True
    world.deliver(*(row(f"E{n}", f"{n}") for n in range(3)))
    world.pull()
    world.hr.change(*(row(f"F{n}", "x") for n in range(9)))
    assert ask(world).status == "sealed"
    world.hr.can_be_held = False
    world.deliver(*(row(f"F{n}", "x") for n in range(9)))
    assert ask(world).status == "sealed"


def numbered(*numbers: str | None, secondary: Any = HR) -> JoinedWorld:
    """Return people with these employee ids, and rows for E0, E1 and E5."""
    world = JoinedWorld(0, secondaries=(secondary,))
    world.people = [world.hire(number) for number in numbers]
    world.deliver(row("E0", "0"), row("E1", "1"), row("E5", "5"))
    world.pull()
    return world


def test_a_row_moves_with_a_key_that_leaves_it_or_comes_to_it() -> None:
    """From its person, to a newcomer who has the key of a waiting row, and by a deletion in the directory."""
    world = numbered("E0", "E1", None)
    assert not moved(world)
    world.renumber(world.people[0], "E9")
    assert moved(world)

    world = numbered("E0", "E1", None)
    world.renumber(world.people[2], "E5")
    assert moved(world)

    world = numbered("E0", "E1", None)
    world.sim.directory.remove(world.people[1])
    assert moved(world)


def test_a_key_without_a_row_moves_none() -> None:
    """Nor does a change of anything else, or somebody who leaves without a row."""
    world = numbered("E0", "E1", None)
    world.renumber(world.people[2], "E8")
    world.edit(world.people[0], department="other")
    world.sim.directory.remove(world.people[2])

    assert not moved(world)


def test_the_row_of_two_moves_when_one_of_them_gets_another_key() -> None:
    """The other may have it now."""
    world = numbered("E0", "E1", "E1")
    assert world.waiting()["E1"] == "ambiguous"
    assert not moved(world)
    world.renumber(world.people[2], "E8")
    assert moved(world)


def test_a_second_owner_of_a_key_moves_the_row_only_where_no_row_says_something() -> None:
    """`leave`: whose row it is can't be told any more; elsewhere the row stays with the first."""
    for on_missing, expected in (("keep", False), ("leave", True)):
        world = numbered("E0", "E1", None, secondary=replace(HR, on_missing=on_missing, max_left=100.0))
        world.renumber(world.people[2], "E1")
        assert moved(world) is expected


def test_a_source_that_was_never_asked_about_anybody_makes_newcomers_of_all_without_a_row(team: TeamWorld) -> None:
    """Current rows of an earlier release don't say who was asked about."""
    held, keys = team.source.current, team.state.keys
    assert held is not None
    assert keys is not None
    found = newcomers(team.store, TEAM, replace(held, known=None), keys)

    assert {one[0] for one in found} == set(team.people[2:])
