"""Sources whose row ends with the offer that doesn't name it: who isn't named has no value, once that is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes import FakeRowSource
from tests.support.joined import JoinedWorld
from tests.support.world import MAPPINGS
from upa_core.config import parse_expression
from upa_core.domain.people.mapping import Mapping
from upa_core.domain.people.scope import Clause, Scope
from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.joined.secondary import Secondary
from upa_core.services.admin.controls import approve_offers
from upa_core.services.admin.forget import forget
from upa_core.services.pull import pull
from upa_core.services.pull.directory import pull_directory
from upa_core.services.upkeep.housekeeping import housekeeping

TEAM = Secondary("hr", (KeyPart("id", "id"),), on_missing="leave", max_left=50.0)
YES_OR_NO = Mapping("UpaCost", parse_expression('IIF(IsNullOrEmpty([hr.member]), "no", "yes")'))
MEMBERS = Scope(((Clause("hr.member", "IS NOT NULL"),),), "clear")


class TeamWorld(JoinedWorld):
    """A world with a team, of whose members rows tell."""

    def __init__(self, people: int = 4, secondary: Secondary = TEAM, **connector: Any) -> None:
        fields: dict[str, Any] = {"mappings": (*MAPPINGS, YES_OR_NO), "secondaries": (secondary,), **connector}
        super().__init__(people, **fields)
        self.team = self.rows["hr"] = self.hr = FakeRowSource(secondary.match)
        self.team.can_be_held = True

    def members(self, *people: int) -> None:
        """Let the team be these, by position."""
        self.team.deliver(*({"id": self.people[at], "member": "true"} for at in people))

    def change(self, **people: str | None) -> None:
        """Let people join (`p1="true"`) and leave (`p1=None`)."""
        self.team.change(*({"id": self.people[int(at[1:])], "member": said} for at, said in people.items()))

    def said(self) -> str:
        """Return what profiles hold, a word a person; "-" for nothing."""
        return " ".join(self.cost(person) or "-" for person in self.people)


@pytest.fixture
def world() -> TeamWorld:
    """Return four people at rest, two of them members."""
    made = TeamWorld()
    made.settle_down()
    made.members(0, 1)
    made.settle_down()
    return made


def test_who_isnt_named_has_no_value_once_the_source_was_asked() -> None:
    """Before the first snapshot nothing is known of anybody, and nothing is written."""
    world = TeamWorld()
    world.settle_down()
    assert world.said() == "- - - -"

    world.members(0, 1)
    world.settle_down()
    assert world.said() == "yes yes no no"


@pytest.mark.slow
def test_joining_and_leaving_is_planned_although_nobody_changed_in_the_directory(world: TeamWorld) -> None:
    """By a list of changes, in which no value means left, and by a snapshot that doesn't name somebody."""
    world.change(p1=None, p2="true")
    world.settle_down()
    assert world.said() == "yes no yes no"

    world.members(2, 3)
    world.settle_down()
    assert world.said() == "no no yes yes"
    assert world.source.current is not None
    assert (world.source.current.rows, world.source.current.missing) == (2, 0)


def test_whoever_leaves_is_out_of_scope_at_once() -> None:
    """What that means says the scope: here values are cleared, and nobody else's are."""
    world = TeamWorld(scope=MEMBERS)
    world.members(0, 1)
    world.settle_down()
    assert [world.profile(person)["UpaTitle"] for person in world.people] == ["T0", "T1", "", ""]

    world.change(p0=None)
    world.settle_down()
    assert [world.profile(person)["UpaTitle"] for person in world.people] == ["", "T1", "", ""]


def test_the_same_members_again_name_nobody(world: TeamWorld) -> None:
    """Replays of changes, and a full snapshot after a void position, plan nobody."""
    world.change(p0="true", p3=None)
    (again,) = pull(world.ports(), world.connector).sources
    world.members(1, 0)
    (whole,) = pull(world.ports(), world.connector).sources

    assert ((again.status, again.round), (whole.status, whole.round)) == (("sealed", ""), ("sealed", ""))


@pytest.mark.slow
@pytest.mark.parametrize("full", [False, True])
def test_nobody_is_taken_for_a_stranger_before_the_source_was_asked_about_them(world: TeamWorld, *, full: bool) -> None:
    """A newcomer who is planned before the source was asked again is left alone, and planned once it was."""
    world.people.append(world.hire("E4", jobTitle="T4"))
    pull_directory(world.ports(), world.connector, full=full)
    world.drain(hours=6)
    assert world.said() == "yes yes no no -"
    assert world.profile(world.people[4])["UpaTitle"] == "T4"

    world.settle_down()
    assert world.said() == "yes yes no no no"


@pytest.mark.slow
def test_a_newcomer_who_joins_at_once_is_planned_as_a_member(world: TeamWorld) -> None:
    """In one pull: the directory first, then the source."""
    world.people.append(world.hire("E4"))
    world.change(p4="true")
    world.settle_down()

    assert world.said() == "yes yes no no yes"


@pytest.mark.slow
def test_a_member_whom_the_directory_doesnt_name_yet_waits(world: TeamWorld) -> None:
    """And somebody unknown who left is nobody's row."""
    stranger = "00000000-0000-4000-a000-000000000009"
    world.team.change({"id": stranger, "member": "true"}, {"id": "gone", "member": None})
    world.settle_down()
    assert world.waiting() == {stranger: "unmatched"}

    world.people.append(world.join(id=stranger))
    world.settle_down()
    assert (world.said(), world.waiting()) == ("yes yes no no yes", {})


def test_rows_of_another_team_say_nothing() -> None:
    """A connector file that names another group: until that one was read nobody is known to be in it, or not."""
    world = TeamWorld(scope=MEMBERS)
    world.members(0, 1)
    world.settle_down()
    world.connector = replace(world.connector, secondaries=(replace(TEAM, kind="group", group="other"),))
    world.team.look = lambda _cursor, _approved="": None
    world.edit(world.people[0], jobTitle="planned")
    world.settle_down()

    assert [world.profile(person)["UpaTitle"] for person in world.people] == ["T0", "T1", "", ""]
    assert world.source.current is not None


def test_a_person_is_forgotten_in_what_the_source_was_asked_about(world: TeamWorld) -> None:
    """Also in the key index of that time, which stays as long as rows refer to it."""
    known = world.source.current.known
    assert known is not None
    pull_directory(world.ports(), world.connector, full=True)
    world.drain(hours=6)
    world.sim.advance(8 * 24 * 3600)
    housekeeping(world.ports(), world.connector)
    assert all(segment.key in world.store.blobs for segment in known.segments)

    person = world.people[3]
    world.sim.directory.remove(person, hard=True)
    world.settle_down()
    forget(world.ports(), world.connector, person, "Ann")
    assert [key for key, blob in world.store.blobs.items() if person.encode() in blob and "/sources/" in key] == []
    assert [key for key, blob in world.store.blobs.items() if person.encode() in blob and "/keys/" in key] == []


@pytest.mark.slow
def test_a_team_that_loses_too_many_waits_for_somebody(world: TeamWorld) -> None:
    """More than `max_left` percent, or all: their rows stay until somebody approves."""
    world.members(0, 1, 2)
    world.settle_down()
    world.change(p0=None, p1=None)
    world.settle_down()
    assert (world.said(), world.source.holds) == ("yes yes yes no", ("many_left",))
    assert "2 of 3 people would leave, more than 50 percent" in world.source.why

    approve_offers(world.ports(), world.connector, ["hr"], "somebody")
    world.settle_down()
    assert (world.said(), world.source.holds) == ("no no yes no", ())


@pytest.mark.parametrize("first", [True, False])
def test_an_empty_team_waits_for_somebody(*, first: bool) -> None:
    """At the beginning too: a wrong id names nobody."""
    world = TeamWorld()
    if not first:
        world.members(0)
    world.settle_down()
    before = world.said()
    world.members()
    world.settle_down()

    assert (world.said(), world.source.holds) == (before, ("nobody_named",))
    approve_offers(world.ports(), world.connector, ["hr"], "somebody")
    world.settle_down()
    assert world.said() == "no no no no"


def test_a_snapshot_of_which_a_row_is_set_aside_waits(world: TeamWorld) -> None:
    """It may be somebody's who would leave for want of it."""
    world.team.whole = False
    world.members(0, 1, 2)
    world.settle_down()

    assert (world.said(), world.source.holds) == ("yes yes no no", ("many_left",))


@pytest.mark.slow
def test_of_whom_nobody_can_tell_whose_row_it_is_nothing_is_known() -> None:
    """Two people with one key: neither is taken for somebody whom no row names; then the key is one person's."""
    secondary = replace(TEAM, match=(KeyPart("number", "employeeId"),), max_left=100.0)
    world = TeamWorld(secondary=secondary)
    world.team.deliver({"number": "E0", "member": "true"}, {"number": "E1", "member": "true"})
    world.settle_down()
    world.renumber(world.people[2], "E0")
    world.settle_down()
    assert world.said() == "yes yes no no"
    assert world.waiting() == {"E0": "ambiguous"}
    world.edit(world.people[0], department="planned")
    world.settle_down()
    assert world.said() == "yes yes no no"

    world.team.deliver({"number": "E1", "member": "true"})
    world.settle_down()
    assert world.said() == "no yes no no"


def test_a_key_that_changed_makes_a_stranger_of_a_member() -> None:
    """The row is of the number that they had; it is given to its new owner as soon as the directory says so."""
    secondary = replace(TEAM, match=(KeyPart("number", "employeeId"),), max_left=100.0)
    world = TeamWorld(secondary=secondary)
    world.team.deliver({"number": "E0", "member": "true"})
    world.settle_down()
    world.renumber(world.people[0], "E9")
    world.renumber(world.people[3], "E0")
    world.settle_down()

    assert world.said() == "no no no yes"
