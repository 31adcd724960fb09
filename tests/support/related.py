"""A tenant whose connector joins a group, and the managers' attributes, read from Graph."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.mortal import Fate
from tests.support.world import MAPPINGS, World
from upa_core.adapters.graph.opened import graph_rows_of
from upa_core.adapters.http.service import Service
from upa_core.domain.documents.sources import SourceState
from upa_core.domain.people.mapping import direct
from upa_core.domain.people.scope import Clause, Scope
from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.joined.secondary import Secondary
from upa_core.ports.bundle import Ports

PILOT = "11111111-2222-4333-8444-555555555555"
KEY = (KeyPart("id", "id"),)
GROUP = Secondary("pilot", KEY, on_missing="leave", kind="group", group=PILOT, max_left=50.0)
MANAGER = Secondary("manager", KEY, on_missing="leave", kind="manager", max_left=50.0)
IN_PILOT = Scope(((Clause("pilot.member", "IS NOT NULL"),),), "clear")
BOSS = direct("manager.displayName", "UpaBoss", on_empty="clear")


class RelatedWorld(World):
    """A world with the group `PILOT` and with managers; its sources are Graph's own."""

    def __init__(self, people: int = 6, *, seed: int = 1, **connector: Any) -> None:
        super().__init__(people, seed=seed, **connector)
        self.sim.profiles.define("UpaBoss", "string", max_length=80)
        self.sim.apps.identity.grant("graph", "GroupMember.Read.All")
        self.sim.groups.options.members_per_page = 2
        if not any(one.kind == "group" for one in self.connector.secondaries):
            return
        self.sim.groups.add("Pilot", *self.people[:3], id=PILOT)

    def ports(self, fate: Fate | None = None) -> Ports:
        """Start the pipeline anew, with sources that remember nothing."""
        graph = Service(self.sim.urls.graph, self.tokens, self.time, session=self.session, jitter=lambda: 0.5)
        self.rows = dict(graph_rows_of(self.connector, graph, self.time))
        return super().ports(fate)

    def live(self) -> list[str]:
        """Return everybody of `people` who is in the directory."""
        return [person for person in self.people if self.sim.directory.find(person) is not None]

    def differences(self, *args: Any, **kwargs: Any) -> list[str]:
        """Return where SharePoint differs: titles of the group's members, and managers' names, are exactly today's."""
        wrong = []
        if any(one.kind == "group" for one in self.connector.secondaries):
            if self.titles() != self.wanted_titles():
                wrong.append(f"titles {self.titles()} instead of {self.wanted_titles()}")
        else:
            wrong += super().differences(*args, **kwargs)
        if any(one.kind == "manager" for one in self.connector.secondaries) and self.bosses() != self.wanted_bosses():
            wrong.append(f"managers {self.bosses()} instead of {self.wanted_bosses()}")
        return wrong

    def source(self, name: str) -> SourceState:
        return self.state.source(name)

    def titles(self) -> str:
        """Return what profiles hold as title, a word a person; "-" for nothing."""
        return " ".join(self.profile(person)["UpaTitle"] or "-" for person in self.live())

    def bosses(self) -> str:
        """Return what profiles hold of managers, a word a person; "-" for nothing."""
        return " ".join(self.sim.profiles.get(person).get("UpaBoss", "") or "-" for person in self.live())

    def wanted_bosses(self) -> str:
        """Return what the directory says of managers now: the oracle of this world."""
        names, group = [], self.sim.groups.find(PILOT)
        for person in self.live():
            manager = self.sim.managers.of(person)
            outside = group is not None and person not in group.members
            names.append("-" if manager is None or outside else self.sim.directory.get(manager)["displayName"])
        return " ".join(names)

    def wanted_titles(self) -> str:
        """Return what the directory and the group say of titles now: the oracle of this world."""
        group = self.sim.groups.find(PILOT)
        members = group.members if group is not None else {}
        return " ".join(self.sim.directory.get(p)["jobTitle"] if p in members else "-" for p in self.live())


def grouped(people: int = 6, **connector: Any) -> RelatedWorld:
    """Return a tenant at rest whose scope is the group."""
    fields: dict[str, Any] = {"secondaries": (GROUP,), "scope": IN_PILOT, **connector}
    world = RelatedWorld(people, **fields)
    world.settle_down()
    return world


def managed(people: int = 6, **connector: Any) -> RelatedWorld:
    """Return a tenant at rest: p0 manages p1 and p2, p1 manages p3; the others have nobody."""
    fields: dict[str, Any] = {"secondaries": (MANAGER,), "mappings": (*MAPPINGS, BOSS), **connector}
    world = RelatedWorld(people, **fields)
    for person, manager in ((1, 0), (2, 0), (3, 1)):
        world.sim.managers.set(world.people[person], world.people[manager])
    world.settle_down()
    return world


def without_limit(secondary: Secondary) -> Secondary:
    """Return a source of which anybody may leave at once, but for the last."""
    return replace(secondary, max_left=100.0)
