"""Random lives of a group and of managers: people join, leave, are renamed, deleted, restored; the oracle is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random

from tests.crash.scenarios import quick
from tests.support.mortal import Death, Fate
from tests.support.related import BOSS, GROUP, IN_PILOT, MANAGER, PILOT, RelatedWorld
from tests.support.related_oracle import RelatedOracle, Tenant
from tests.support.world import with_limits
from upa_core.domain.people.mapping import direct
from upa_core.domain.people.scope import Clause, Scope
from upa_core.services.admin.controls import approve_offers
from upa_core.services.upkeep.housekeeping import housekeeping

PEOPLE = 8
OUTSIDERS = Scope(((Clause("pilot.member", "IS NULL"),),), "clear")
SEASON = timedelta(days=100)
"""Everything is read anew so often; a life has no other reason for it but void positions."""
RESTS = 3
"""Pulls before a rest ends, each after the pause of whatever is held: it is looked at again."""


class RelatedLife:
    """One life: a group decides who takes part, and everybody's manager is written."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        members_only = self.random.random() < 0.7
        self.nested = self.random.choice(("refuse", "ignore", "include"))
        self.world = quick(
            RelatedWorld(
                PEOPLE,
                secondaries=(replace(GROUP, nested=self.nested), MANAGER),
                scope=IN_PILOT if members_only else OUTSIDERS,
                mappings=(direct("jobTitle", "UpaTitle", on_empty="clear"), BOSS),
            )
        )
        self.world.connector = with_limits(self.world.connector, full_round_every=SEASON, token_max_age=SEASON * 2)
        self.world.sim.delta.options.token_lifetime_s = SEASON.total_seconds() * 3
        self.oracle = RelatedOracle(members_only=members_only)
        self.inner = self.world.sim.groups.add("Inner", *self.world.people[5:7])
        self.deleted: list[str] = []
        self.noticed: list[str] = []
        """Deleted people whose leaving was pulled: delta can't show who leaves and comes back within one round."""
        self.seen: Counter[str] = Counter()
        self.out_of_reach = False
        for person, manager in ((1, 0), (2, 0), (3, 1), (4, 1), (5, 4)):
            self.world.sim.managers.set(self.world.people[person], self.world.people[manager])

    def run(self, steps: int) -> Counter[str]:
        """Live so many steps, and return how often what happened; raises `AssertionError` where a profile is wrong."""
        events: list[Callable[[], str]] = [
            *(self.somebody_joins, self.somebody_leaves, self.many_leave, self.the_group_is_emptied),
            *(self.the_group_is_deleted_or_restored, self.a_group_joins_or_leaves, self.inner_members_change),
            *(self.another_manager, self.another_manager, self.no_manager, self.somebody_is_renamed),
            *(self.somebody_is_deleted, self.somebody_is_restored, self.somebody_comes, self.a_title_changes),
            *(self.positions_are_void, self.a_season_passes),
        ]
        self.see_through("first reading", anew=True)
        for _ in range(steps):
            chosen = self.random.sample(events, self.random.choice((1, 1, 2, 3)))
            names = [event() for event in chosen]
            self.seen.update(names)
            self.out_of_reach = self.random.random() < 0.15
            self.see_through(" and ".join(names), anew=bool({"void", "season"} & set(names)))
        return self.seen

    # -- what happens ------------------------------------------------------------------------------------------------

    def _anybody(self) -> str:
        return self.random.choice(self.world.live())

    def _group(self) -> set[str] | None:
        """Return the group's own members; None where it is deleted."""
        found = self.world.sim.groups.find(PILOT)
        return set(found.members) if found is not None else None

    def somebody_joins(self) -> str:
        person, members = self._anybody(), self._group()
        if members is not None and person not in members:
            self.world.sim.groups.join(PILOT, person)
        return "joins"

    def _leave(self, most: int) -> None:
        members = sorted((self._group() or set()) - {self.inner})
        for person in self.random.sample(members, min(most, len(members))):
            self.world.sim.groups.leave(PILOT, person)

    def somebody_leaves(self) -> str:
        self._leave(1)
        return "leaves"

    def many_leave(self) -> str:
        self._leave(3)
        return "many leave"

    def the_group_is_emptied(self) -> str:
        self._leave(PEOPLE * 2)
        return "emptied"

    def the_group_is_deleted_or_restored(self) -> str:
        groups = self.world.sim.groups
        (groups.remove if groups.find(PILOT) is not None else groups.restore)(PILOT)
        return "group deleted or restored"

    def a_group_joins_or_leaves(self) -> str:
        members = self._group()
        if members is not None:
            groups = self.world.sim.groups
            (groups.leave if self.inner in members else groups.join)(PILOT, self.inner)
        return "inner group"

    def inner_members_change(self) -> str:
        person, groups = self._anybody(), self.world.sim.groups
        (groups.leave if person in groups.all[self.inner].members else groups.join)(self.inner, person)
        return "inner members"

    def another_manager(self) -> str:
        person, manager = self._anybody(), self._anybody()
        self._manage(person, manager)
        return "another manager"

    def no_manager(self) -> str:
        self._manage(self._anybody(), None)
        return "no manager"

    def _manage(self, person: str, manager: str | None) -> None:
        self.world.sim.advance(1)
        self.world.sim.managers.set(person, manager)
        self.oracle.touched.add(person)

    def somebody_is_renamed(self) -> str:
        person = self._anybody()
        self.world.edit(person, displayName=f"N{self.random.randrange(1000)}")
        self.oracle.touched.add(person)
        return "renamed"

    def somebody_is_deleted(self) -> str:
        if len(self.world.live()) > PEOPLE // 2:
            person = self._anybody()
            self.world.sim.directory.remove(person)
            self.deleted.append(person)
            self.oracle.touched.add(person)
        return "deleted"

    def somebody_is_restored(self) -> str:
        if self.noticed:
            person = self.noticed.pop()
            self.deleted.remove(person)
            self.world.sim.directory.restore(person)
            self.world.sim.profiles.create(person)
            self.oracle.touched.add(person)
            self.oracle.held[person] = ("", "")
        return "restored"

    def somebody_comes(self) -> str:
        if len(self.world.people) < PEOPLE * 2:
            person = self.world.join(jobTitle=f"T{len(self.world.people)}")
            self.world.people.append(person)
            self._manage(person, self.random.choice([None, self._anybody()]))
            if self.random.random() < 0.5 and self._group() is not None:
                self.world.sim.groups.join(PILOT, person)
        return "comes"

    def a_title_changes(self) -> str:
        self.world.edit(self._anybody(), jobTitle=self.random.choice(["a", "b", None]))
        return "title"

    def positions_are_void(self) -> str:
        self.world.sim.delta.resync()
        return "void"

    def a_season_passes(self) -> str:
        self.world.sim.advance(SEASON.total_seconds())
        self.deleted.clear()  # for good by now
        self.noticed.clear()
        return "season"

    # -- and what comes of it ----------------------------------------------------------------------------------------

    def truth(self) -> Tenant:
        """Return the tenant of now."""
        sim, live = self.world.sim, self.world.live()
        records = {person: sim.directory.get(person) for person in live}
        members = self._group()
        if members is not None and self.inner in members:
            if self.nested == "refuse":
                members = None
            elif self.nested == "include":
                members |= set(sim.groups.all[self.inner].members)
        return Tenant(
            titles={person: record.get("jobTitle") or "" for person, record in records.items()},
            names={person: record["displayName"] for person, record in records.items()},
            managers={person: manager for person in live if (manager := sim.managers.of(person)) is not None},
            members=frozenset(members) if members is not None and not self.out_of_reach else None,
        )

    def see_through(self, name: str, *, anew: bool) -> None:
        """Pull and deliver, perhaps dying on the way; decide what is held; compare every profile."""
        world = self.world
        if self.out_of_reach:
            world.sim.faults.add(surface="graph", operation="groups.*", status=503)
            self.seen["group out of reach"] += 1
        self._perhaps_die()
        self._until_at_rest()
        self.oracle.rest(self.truth(), anew=anew)
        self._compare(name)
        waiting = {source for source, hold in self.oracle.holds.items() if hold}
        if waiting and self.random.random() < 0.6:
            for source in waiting:
                self.seen[f"approved: {self.oracle.holds[source]}"] += 1
            approve_offers(world.ports(), world.connector, sorted(waiting), "anna")
            self._perhaps_die()
            self._until_at_rest()
            self.oracle.rest(self.truth(), anew=anew, approved=waiting)
            self._compare(f"{name}, approved")
        world.sim.faults.clear()
        self.out_of_reach = False
        self.noticed = list(self.deleted)

    def _compare(self, name: str) -> None:
        world, oracle = self.world, self.oracle
        holds = {one: "".join(world.source(one).holds) for one in ("pilot", "manager")}
        assert holds == oracle.holds, (
            name,
            holds,
            oracle.holds,
            world.source("pilot").why,
            world.source("manager").why,
        )
        for person in world.live():
            held = world.sim.profiles.get(person)
            found = held.get("UpaTitle", ""), held.get("UpaBoss", "")
            assert found == oracle.held[person], (name, person, found, oracle.held[person], holds)
        assert world.library() == []
        assert max(Counter(world.queued()).values(), default=1) == 1

    def _perhaps_die(self) -> None:
        if self.random.random() < 0.5:
            return
        fate = Fate(at=self.random.randrange(1, 90), after=self.random.random() < 0.5)
        try:
            self.world.sync(self.world.ports(fate))
        except Death:
            self.seen["died"] += 1

    def _until_at_rest(self) -> None:
        for _ in range(RESTS):
            pauses = [one.not_before for one in self.world.state.sources if one.not_before is not None]
            self.world.until(max([*pauses, self.world.now + timedelta(hours=1)]))
            self.world.sync()
            housekeeping(self.world.ports(), self.world.connector)
