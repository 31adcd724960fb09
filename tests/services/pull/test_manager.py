"""Managers' attributes, from Graph to the profiles: by story, and by what may never happen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.related import BOSS, MANAGER, RelatedWorld, managed
from tests.support.world import MAPPINGS, NO_THRESHOLD, with_limits
from upa_core.domain.health.events import EventName
from upa_core.domain.people.mapping import direct
from upa_core.services.admin.controls import approve_offers

EXTENSION = "extension_00000000000000000000000000000001_CostCode"


@pytest.fixture
def world() -> RelatedWorld:
    """Return six people at rest: p0 manages p1 and p2, p1 manages p3."""
    return managed()


def test_everybody_has_their_managers_name_and_who_has_none_has_no_value(world: RelatedWorld) -> None:
    """Read from the list of users; afterwards a pull costs one call beside the directory's own."""
    assert world.bosses() == world.wanted_bosses() == "- P0 P0 P1 - -"
    world.sim.calls.reset()
    world.pull()

    assert world.sim.calls.counts() == {"graph users.delta": 2}


def test_another_manager_reaches_the_profile_although_nothing_else_changed(world: RelatedWorld) -> None:
    """One who comes, one who goes, one in place of another."""
    people = world.people
    world.sim.managers.set(people[4], people[3])
    world.sim.managers.set(people[1], None)
    world.sim.managers.set(people[2], people[5])
    world.settle_down()

    assert world.bosses() == world.wanted_bosses() == "- - P5 P1 P3 -"


def test_a_renamed_manager_makes_all_reports_due(world: RelatedWorld) -> None:
    """And nobody else; the reports' own records didn't change."""
    world.edit(world.people[0], displayName="Renamed")
    world.sim.calls.reset()
    world.settle_down()

    assert world.bosses() == "- Renamed Renamed P1 - -"
    assert world.sim.calls.counts()["graph users.manager"] == 3  # the manager, and two reports


def test_attributes_that_nobody_maps_bother_nobody(world: RelatedWorld) -> None:
    """A manager's other changes aren't followed."""
    world.edit(world.people[0], department="elsewhere")
    world.sim.calls.reset()
    world.settle_down()

    assert "graph users.manager" not in world.sim.calls.counts()


@pytest.mark.slow
def test_a_manager_who_is_deleted_is_nobodys(world: RelatedWorld) -> None:
    """The reports are asked about again: no manager is no value, and `on_empty` decides."""
    world.sim.managers.set(world.people[4], world.people[1])
    world.settle_down()
    world.sim.directory.remove(world.people[0])
    world.people = world.people[1:]
    world.settle_down()

    assert world.bosses() == world.wanted_bosses() == "- - P1 P1 -"


@pytest.mark.slow
def test_a_manager_who_comes_back_is_found_when_all_is_read_anew(world: RelatedWorld) -> None:
    """Delta needn't tell of the reports; reading all anew does."""
    world.connector = with_limits(world.connector, full_round_every=timedelta(days=1))
    world.sim.directory.remove(world.people[1])
    world.settle_down()
    world.sim.directory.restore(world.people[1])
    world.sim.profiles.create(world.people[1])
    world.settle_down(days=2)

    assert world.bosses() == world.wanted_bosses() == "- P0 P0 P1 - -"


@pytest.mark.slow
def test_a_circle_and_a_manager_out_of_scope_are_no_matter(world: RelatedWorld) -> None:
    """Only the immediate manager is read, whoever that is."""
    world.sim.managers.set(world.people[0], world.people[1])
    world.sim.managers.set(world.people[5], world.people[5])
    world.settle_down()

    assert world.bosses() == world.wanted_bosses() == "P1 P0 P0 P1 - P5"


def test_on_empty_keep_keeps_the_last_managers_name() -> None:
    """As for any other attribute."""
    world = managed(mappings=(*MAPPINGS, direct("manager.displayName", "UpaBoss")))
    world.sim.managers.set(world.people[3], None)
    world.settle_down()

    assert world.bosses() == "- P0 P0 P1 - -"


@pytest.mark.slow
def test_a_newcomer_has_their_manager_from_the_first_plan(world: RelatedWorld) -> None:
    """And so has somebody whose manager is new as well."""
    boss, person = (world.join(jobTitle="new") for _ in range(2))
    world.people += [boss, person]
    world.sim.managers.set(person, boss)
    world.settle_down()

    assert world.bosses() == world.wanted_bosses() == "- P0 P0 P1 - - - P6"


def test_a_read_that_lags_behind_never_brings_yesterdays_manager(world: RelatedWorld) -> None:
    """What delta says outright of the link, and of the manager's attributes, beats what is read."""
    people, before = world.people, dict(world.sim.managers._of)
    world.sim.managers.set(people[3], people[5])
    world.edit(people[0], displayName="Renamed")
    now = world.sim.managers.of
    lagging = {people[3]: before[people[3]]}
    routes = world.sim._surfaces["graph"]._relations  # type: ignore[attr-defined]
    told = routes._sim.managers

    class Lag:
        """The replica that single reads come from: it knows yesterday's manager and yesterday's name."""

        def of(self, person: str) -> str | None:
            return lagging.get(person, now(person))

    world.sim.managers = Lag()
    world.settle_down()
    world.sim.managers = told

    assert world.bosses() == "- Renamed Renamed P5 - -"


@pytest.mark.slow
def test_many_who_lose_their_manager_at_once_wait_for_somebody(world: RelatedWorld) -> None:
    """A lost permission looks like that."""
    for person in world.people[1:3]:
        world.sim.managers.set(person, None)
    world.settle_down()
    assert (world.bosses(), world.source("manager").holds) == ("- P0 P0 P1 - -", ("many_left",))

    approve_offers(world.ports(), world.connector, ["manager"], "somebody")
    world.settle_down()
    assert world.bosses() == "- - - P1 - -"


@pytest.mark.slow
@pytest.mark.parametrize("operation", ["users.list", "users.manager", "batch"])
def test_what_breaks_off_changes_nobody(world: RelatedWorld, operation: str) -> None:
    """It is read again later, from where it stood."""
    world.sim.managers.set(world.people[4], world.people[0])
    world.edit(world.people[0], displayName="Renamed")
    if operation == "users.list":
        world.sim.delta.resync()
    world.sim.faults.add(surface="graph", operation=operation, status=503)
    world.pull()
    world.drain(hours=1)
    assert world.bosses() == "- P0 P0 P1 - -"

    world.sim.faults.clear()
    world.settle_down(days=1)
    assert world.bosses() == world.wanted_bosses() == "- Renamed Renamed P1 Renamed -"


@pytest.mark.slow
def test_a_list_that_forgets_a_manager_takes_none_away(world: RelatedWorld) -> None:
    """Whoever the whole list shows without one is asked about by themselves first."""
    world.connector = with_limits(world.connector, full_round_every=timedelta(days=1))
    expand = world.sim._surfaces["graph"]._users._expand  # type: ignore[attr-defined]
    world.sim._surfaces["graph"]._users._expand = lambda text: lambda _: {}  # type: ignore[attr-defined]
    world.settle_down(days=2)
    world.sim._surfaces["graph"]._users._expand = expand  # type: ignore[attr-defined]

    assert (world.bosses(), world.source("manager").why) == ("- P0 P0 P1 - -", "")


def test_another_attribute_is_read_anew(world: RelatedWorld) -> None:
    """Values of the one that was mapped before are never laid under another name."""
    world.connector = world.connect(
        secondaries=(MANAGER,), mappings=(*MAPPINGS, direct("manager.jobTitle", "UpaBoss", on_empty="clear"))
    )
    world.settle_down()

    assert world.bosses() == "- T0 T0 T1 - -"
    assert BOSS.target == "UpaBoss"


@pytest.mark.parametrize("attribute", [EXTENSION, "onPremisesExtensionAttributes.extensionAttribute1"])
def test_an_attribute_that_no_manager_has_any_more_clears_nobody(attribute: str) -> None:
    """A deleted extension looks as if all managers had lost their value: the next full round's plan is held by name."""
    held: Any = "X" if attribute == EXTENSION else {"extensionAttribute1": "X"}
    top, mapping = attribute.partition(".")[0], direct(f"manager.{attribute}", "UpaBoss", on_empty="clear")
    limits = replace(NO_THRESHOLD, clears_percent=100)
    world = RelatedWorld(secondaries=(MANAGER,), mappings=(mapping,), threshold=limits)
    for person, manager in ((1, 0), (2, 0), (3, 1)):
        world.sim.managers.set(world.people[person], world.people[manager])
    for boss in world.people[:2]:
        world.sim.directory.edit(boss, **{top: held})
    world.sim.advance(400)
    world.pull()
    world.drain(hours=6)
    before = world.bosses()
    for boss in world.people[:2]:
        world.sim.directory.edit(boss, **{top: None})
    world.sim.advance(400)
    world.pull(full=True)
    world.far()

    assert before == world.bosses() == "- X X X - -"
    assert world.state.hold is not None
    assert f"nobody carries manager.{attribute}: UpaBoss of 3 people would be cleared" in world.state.hold.why


def test_managers_who_were_not_read_yet_lack_nothing() -> None:
    """Until the source was asked, nothing is known of its attributes: no event says that nobody has them."""
    world = managed()

    told = {one.fields["attribute"] for one in world.events.named(EventName.ATTRIBUTE_UNCARRIED)}
    assert "employeeHireDate" in told
    assert "manager.displayName" not in told
