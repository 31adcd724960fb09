"""The bulk route, and a tiny one beside it, keep what every route promises; and both in one run."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tenant_sim import Fault
from tests.contracts.route_contract import RouteContract
from tests.crash.scenarios import quick
from tests.support.single import SingleWorld
from tests.support.tiny_route import TINY, TwoRoutes
from tests.support.world import RULES, World
from upa_core.domain.documents.runs import BULK, INDIVIDUAL
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.health.events import EventName


@dataclass
class OnBulk:
    """All values travel in import files."""

    world: World
    route: str = BULK

    def refuse(self, person: str) -> None:
        self.world.edit(person, department="x" * 41)

    def deny(self, *, denied: bool) -> None:
        self.world.sim.faults.clear()
        if denied:
            self.world.sim.faults.add(Fault(surface="sharepoint", status=403, times=1000))

    def effects(self) -> int:
        return len(self.world.queued())


@dataclass
class OnTiny:
    """All values travel on the tiny route."""

    world: TwoRoutes
    route: str = TINY

    def refuse(self, person: str) -> None:
        self.world.target.refused |= {(person, rule.target) for rule in RULES}

    def deny(self, *, denied: bool) -> None:
        self.world.target.denied = denied

    def effects(self) -> int:
        return len(self.world.target.writes)


@dataclass
class OnIndividual:
    """All values travel one profile at a time."""

    world: SingleWorld
    route: str = INDIVIDUAL

    def refuse(self, person: str) -> None:
        self.world.sim.single_writes.refused.add(self.world.sim.directory.slot_of(person))

    def deny(self, *, denied: bool) -> None:
        self.world.sim.faults.clear()
        if denied:
            self.world.sim.faults.add(Fault(surface="admin", status=403, times=1000))
        else:
            self.world.prove_again()

    def effects(self) -> int:
        return self.world.writes()


class TestIndividualRoute(RouteContract):
    """Single profiles, read, written and read back."""

    @pytest.fixture
    def on(self) -> OnIndividual:
        return OnIndividual(quick(SingleWorld(3)))


class TestBulkRoute(RouteContract):
    """Import files and import jobs."""

    @pytest.fixture
    def on(self) -> OnBulk:
        return OnBulk(quick(World(3)))


class TestTinyRoute(RouteContract):
    """Nothing but the route itself knows that it isn't the bulk one."""

    @pytest.fixture
    def on(self) -> OnTiny:
        return OnTiny(TwoRoutes(3, targets=[rule.target for rule in RULES]))


def test_a_person_is_cut_by_route_and_the_run_ends_with_the_slower_one() -> None:
    """Each route gets its own properties; the run stays open, and its rounds in the outbox, until both are done."""
    world = TwoRoutes(3)
    world.pull()
    world.step()
    run = world.state.run
    assert run is not None
    world.far()
    between = world.state
    world.drain(hours=12)

    assert [(file.route, file.people) for file in run.files] == [(BULK, 3), (TINY, 3)]
    assert run.counts.updated == 3
    assert between.run is not None
    assert [(file.route, file.settled) for file in between.run.files] == [(BULK, False), (TINY, True)]
    assert (len(between.sealed), len(world.state.sealed), world.state.run) == (1, 0, None)
    assert world.differences() == []


def test_a_route_that_is_denied_stops_itself_and_no_other() -> None:
    """The other route delivers, the run fails by the worst of them, and only what was denied is sent again."""
    world = TwoRoutes(4, most=2)
    world.target.denied = True
    world.pull()
    world.step()
    world.end_run()
    ended = world.events.named(EventName.RUN_FAILED)
    shadow = world.shadow(world.people[0]) or {}
    world.target.denied = False
    world.settle_down(days=1)

    assert [event.fields["why"] for event in ended] == ["the target refuses us"]
    assert (shadow["UpaDepartment"], shadow["UpaTitle"]) == ("D0", None)
    assert world.differences() == []
    assert len(world.queued()) == 1


def test_an_import_job_that_fails_doesnt_stop_the_other_route() -> None:
    """The tiny route's batches go on, and are confirmed, while the import file is settled as unknown."""
    world = TwoRoutes(3, most=1)
    world.sim.timer_job.plan("next", "internal_error")
    world.pull()
    world.step()
    world.end_run()
    shadow = world.shadow(world.people[2]) or {}
    world.settle_down(days=1)

    assert (shadow["UpaTitle"], shadow["UpaDepartment"]) == ("T2", None)
    assert sorted(world.target.writes) == sorted(world.people)
    assert world.differences() == []


def test_a_batch_of_an_unknown_route_stops_the_run_and_says_so() -> None:
    """A release that doesn't know a route of an open run delivers nothing of it in another way."""
    world = TwoRoutes(2, targets=[rule.target for rule in RULES])
    world.pull()
    world.step()
    plain = World.routes(world, None)
    world.routes = lambda fate: plain

    with pytest.raises(CorruptStateError, match="the route tiny"):
        world.step()
    assert world.queued() == []
