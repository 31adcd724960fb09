"""A group's members, from Graph's delta to the profiles: by story, and by what may never happen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.related import GROUP, IN_PILOT, PILOT, RelatedWorld, grouped
from tests.support.world import with_limits
from upa_core.domain.people.scope import Clause, Scope
from upa_core.services.admin.controls import approve_offers
from upa_core.services.pull import pull


@pytest.fixture
def world() -> RelatedWorld:
    """Return six people at rest, of whom the first three are in the group."""
    return grouped()


def _calls(world: RelatedWorld) -> dict[str, int]:
    counts = {name: times for name, times in world.sim.calls.counts().items() if "groups." in name}
    world.sim.calls.reset()
    return counts


def test_members_take_part_and_the_group_is_read_once(world: RelatedWorld) -> None:
    """Nobody else does; afterwards a pull costs one call."""
    assert world.titles() == "T0 T1 T2 - - -"
    world.sim.calls.reset()
    world.pull()

    assert sum(_calls(world).values()) == 1
    assert world.source("pilot").label == "Pilot"


@pytest.mark.slow
def test_who_joins_or_leaves_is_planned_with_the_round_that_says_so(world: RelatedWorld) -> None:
    """Nothing else of them changed; what leaving means says `out_of_scope`."""
    world.sim.groups.join(PILOT, world.people[4])
    world.sim.groups.leave(PILOT, world.people[0])
    world.settle_down()
    assert world.titles() == "- T1 T2 - T4 -"

    world.sim.groups.leave(PILOT, world.people[4])
    world.sim.groups.join(PILOT, world.people[0])
    world.sim.groups.leave(PILOT, world.people[0])
    world.settle_down()
    assert world.titles() == "- T1 T2 - - -"


def test_out_of_scope_keep_leaves_values_where_they_are() -> None:
    """They aren't maintained any more."""
    world = grouped(scope=Scope(IN_PILOT.groups, "keep"))
    world.sim.groups.leave(PILOT, world.people[0])
    world.edit(world.people[0], jobTitle="later")
    world.settle_down()

    assert world.titles() == "T0 T1 T2 - - -"


def test_everybody_but_the_members_can_be_the_scope() -> None:
    """Nobody takes part before the group was read; a newcomer does once it was asked about them."""
    world = RelatedWorld(6, secondaries=(GROUP,), scope=Scope(((Clause("pilot.member", "IS NULL"),),), "clear"))
    world.sim.faults.add(surface="graph", operation="groups.*", status=503)
    world.settle_down()
    assert world.titles() == "- - - - - -"

    world.sim.faults.clear()
    world.settle_down(days=1)
    world.people.append(world.join(jobTitle="T6"))
    world.settle_down()
    assert world.titles() == "- - - T3 T4 T5 T6"


@pytest.mark.slow
def test_whom_the_group_wasnt_asked_about_is_left_alone_whatever_else_moves() -> None:
    """While it can't be reached rows follow who left the directory; that says nothing of whoever came meanwhile."""
    world = RelatedWorld(6, secondaries=(GROUP,), scope=Scope(((Clause("pilot.member", "IS NULL"),),), "clear"))
    world.settle_down(days=1)
    world.sim.faults.add(surface="graph", operation="groups.*", status=503)
    world.sim.directory.remove(world.people[1])
    world.people += [world.join(jobTitle="member"), world.join(jobTitle="other")]
    world.sim.groups.join(PILOT, world.people[6])
    world.settle_down()
    assert world.titles() == "- - T3 T4 T5 - -"

    world.sim.faults.clear()
    world.settle_down(days=1)
    assert world.titles() == "- - T3 T4 T5 - other"


@pytest.mark.slow
def test_a_member_who_is_deleted_and_comes_back(world: RelatedWorld) -> None:
    """Graph ends the membership with the user, and it comes back with them."""
    world.sim.directory.remove(world.people[1])
    world.settle_down()
    world.sim.directory.restore(world.people[1])
    world.sim.profiles.create(world.people[1])
    world.settle_down(days=2)

    assert world.titles() == "T0 T1 T2 - - -"


@pytest.mark.slow
@pytest.mark.parametrize("way", ["deleted", "never there"])
def test_a_group_that_is_gone_empties_nothing(way: str) -> None:
    """Its members as they were read last stay in force; the source says which group, everything else goes on."""
    world = grouped()
    world.sim.groups.remove(PILOT)
    if way == "never there":
        world.sim.groups.all.clear()
        world.sim.advance(8 * 24 * 3600)
    world.edit(world.people[0], jobTitle="planned")
    world.edit(world.people[4], jobTitle="outside")
    world.settle_down()

    assert world.titles() == "planned T1 T2 - - -"
    assert PILOT in world.source("pilot").why
    assert "stay in force" in world.source("pilot").why
    if way == "deleted":
        world.sim.groups.restore(PILOT)
        world.sim.groups.leave(PILOT, world.people[1])
        world.settle_down(days=1)
        assert (world.titles(), world.source("pilot").why) == ("planned - T2 - - -", "")


@pytest.mark.slow
def test_an_emptied_group_waits_for_somebody(world: RelatedWorld) -> None:
    """As does one that loses more than half."""
    for person in world.people[:3]:
        world.sim.groups.leave(PILOT, person)
    world.settle_down()
    assert (world.titles(), world.source("pilot").holds) == ("T0 T1 T2 - - -", ("nobody_named",))

    world.sim.groups.join(PILOT, world.people[0])
    world.settle_down(days=1)
    assert (world.titles(), world.source("pilot").holds) == ("T0 T1 T2 - - -", ("many_left",))
    approve_offers(world.ports(), world.connector, ["pilot"], "somebody")
    world.settle_down()
    assert (world.titles(), world.source("pilot").holds) == ("T0 - - - - -", ())


def test_an_approval_is_for_that_very_change(world: RelatedWorld) -> None:
    """Somebody else leaves meanwhile: it waits again."""
    for person in world.people[:2]:
        world.sim.groups.leave(PILOT, person)
    world.settle_down()
    approve_offers(world.ports(), world.connector, ["pilot"], "somebody")
    world.sim.groups.leave(PILOT, world.people[2])
    world.settle_down()

    assert (world.titles(), world.source("pilot").holds) == ("T0 T1 T2 - - -", ("nobody_named",))


@pytest.mark.parametrize("void", ["old", "resync", "410"])
def test_a_void_position_reads_everybody_anew(world: RelatedWorld, void: str) -> None:
    """Who left in the meantime leaves then: the whole group doesn't name them."""
    world.sim.groups.leave(PILOT, world.people[0])
    if void == "old":
        world.sim.advance(6.5 * 24 * 3600)
    elif void == "410":
        world.sim.delta.options.expired_status, world.sim.delta.options.token_lifetime_s = 410, 1.0
        world.sim.advance(60)
    else:
        world.sim.delta.resync()
    world.sim.calls.reset()
    world.pull()
    assert _calls(world)["graph groups.get"] == 1
    world.sim.delta.options.token_lifetime_s = 7 * 24 * 3600
    world.settle_down()

    assert world.titles() == "- T1 T2 - - -"


@pytest.mark.slow
def test_everybody_is_read_anew_after_a_while_without_a_change(world: RelatedWorld) -> None:
    """What delta lost is found: here it never told that somebody left."""
    world.connector = with_limits(world.connector, full_round_every=timedelta(days=1))
    del world.sim.groups.all[PILOT].members[world.people[0]]
    world.settle_down()
    assert world.titles() == "T0 T1 T2 - - -"

    world.settle_down(days=2)
    assert world.titles() == "- T1 T2 - - -"


def test_a_round_that_breaks_off_changes_nobody(world: RelatedWorld) -> None:
    """A page of members is lost: those of the pages before don't count either."""
    world.sim.groups.leave(PILOT, world.people[0])
    for person in world.people[3:]:
        world.sim.groups.join(PILOT, person)
    world.sim.faults.add(surface="graph", operation="groups.delta", nth=tuple(range(3, 9)), status=500)
    (result,) = pull(world.ports(), world.connector).sources
    assert (result.status, world.state.sealed) == ("failed", ())

    world.sim.faults.clear()
    world.settle_down(days=1)
    assert world.titles() == "- T1 T2 T3 T4 T5"


def test_a_group_that_changes_while_it_is_read_is_right_in_the_end(world: RelatedWorld) -> None:
    """What isn't in this round is in the next."""
    for person in world.people[3:]:
        world.sim.groups.join(PILOT, person)
    once = [True]

    def meanwhile(record: object) -> None:
        if getattr(record, "operation", "") == "groups.delta" and once:
            once.clear()
            world.sim.groups.leave(PILOT, world.people[5])
            world.sim.groups.leave(PILOT, world.people[0])

    record = world.sim.calls.record
    world.sim.calls.record = lambda call: (record(call), meanwhile(call))[0]
    world.settle_down()

    assert world.titles() == world.wanted_titles() == "- T1 T2 T3 T4 -"


@pytest.mark.slow
def test_groups_in_the_group_are_refused_by_name_ignored_or_included() -> None:
    """Nobody is left out in silence."""
    world = RelatedWorld(6, secondaries=(GROUP,), scope=IN_PILOT)
    inner = world.sim.groups.add("Inner", world.people[4])
    world.sim.groups.join(PILOT, inner)
    world.sim.groups.join(PILOT, "a device", "#microsoft.graph.device")
    world.settle_down()
    assert world.titles() == "- - - - - -"
    assert inner in world.source("pilot").why

    for nested, titles in (("ignore", "T0 T1 T2 - - -"), ("include", "T0 T1 T2 - T4 -")):
        changed = type(GROUP)(**{**{f: getattr(GROUP, f) for f in GROUP.__slots__}, "nested": nested})
        world.connector = world.connect(secondaries=(changed,), scope=IN_PILOT)
        world.settle_down(days=1)
        assert world.titles() == titles
    world.sim.groups.leave(inner, world.people[4])
    world.sim.groups.join(inner, world.people[5])
    world.settle_down()
    assert world.titles() == "T0 T1 T2 - - T5"
    assert world.source("pilot").why == ""


def test_a_missing_role_is_told_and_nobody_leaves(world: RelatedWorld) -> None:
    """The source fails; the members stay."""
    world.sim.apps.identity.revoke("graph", "GroupMember.Read.All")
    world.tokens = type(world.tokens)(world.sim)
    world.sim.groups.leave(PILOT, world.people[0])
    world.until(world.now + timedelta(hours=1))
    world.settle_down()

    assert world.titles() == "T0 T1 T2 - - -"
    assert "403" in world.source("pilot").why
