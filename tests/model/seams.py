"""A random life of a tenant with both seams: titles travel on a tiny route, cost centers come from an HR system."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.model.machine import TenantLife, fits, routed
from tests.support.drifting import TickingDriftWorld
from tests.support.joined import JOINED, row
from tests.support.tiny_route import TARGET, TINY, BothSeams
from upa_core.domain.errors import UnavailableError
from upa_core.domain.people.mapping import OnDrift
from upa_core.services.admin.controls import reset

NUMBERS = st.integers(0, 9)
COSTS = st.one_of(st.none(), st.sampled_from(["100", "200", "Ü"]))


class SeamsWorld(BothSeams, TickingDriftWorld):
    """Two sources and three routes."""


class SeamsLife(TenantLife):
    """Whatever happens: nobody holds a cost center that was never one of theirs, and all else equals the oracle."""

    def make(self, people: int, single: Collection[str], on_drift: OnDrift) -> SeamsWorld:
        """Return the tenant, with a row for each of its people."""
        mappings = (
            replace(one, route=TINY) if one.target == TARGET else one for one in routed(JOINED, single, on_drift)
        )
        world = SeamsWorld(people, most=3, proven=True, mappings=tuple(mappings))
        world.target.fits = fits
        world.deliver(*(row(f"E{n}", f"{n}") for n in range(10)))
        return world

    @property
    def both(self) -> SeamsWorld:
        world = self.world
        assert isinstance(world, SeamsWorld)
        return world

    @rule(number=st.integers(0, 99), employee=NUMBERS)
    def renumber(self, number: int, employee: int) -> None:
        """Give somebody another employee id, perhaps one that another has."""
        self._count()
        if (person := self._somebody(number)) is not None:
            self.both.owned.setdefault(person, set())
            self.both.renumber(person, f"E{employee}")

    @rule(costs=st.lists(COSTS, min_size=8, max_size=10))
    def deliver(self, costs: list[str | None]) -> None:
        """Let the HR system deliver a snapshot, perhaps without its last rows."""
        self._count()
        self.both.deliver(*(row(f"E{n}", cost) for n, cost in enumerate(costs)))

    @rule(after=st.sampled_from([None, 0, 3]))
    def break_rows(self, after: int | None) -> None:
        """Let reading the rows break off, or work again."""
        self._count()
        self.both.hr.broken = (after, UnavailableError("gone")) if after is not None else None

    @rule(denied=st.booleans())
    def deny(self, denied: bool) -> None:
        """Take our rights at the tiny route's target away, or give them back."""
        self._count()
        self.both.target.denied = denied

    @rule(number=st.integers(0, 99))
    def refuse(self, number: int) -> None:
        """Let the tiny route's target refuse a person's title for a while, or take it again."""
        self._count()
        if (person := self._somebody(number)) is not None:
            self.both.target.refused ^= {(person, TARGET)}

    def judge(self) -> None:
        """End what was denied, refused and broken; then as every life, and nobody holds another's value."""
        both: Any = self.both
        both.target.denied, both.hr.broken = False, None
        both.target.refused.clear()
        reset(both.ports(), both.connector, "quarantine", "anna")
        super().judge()
        assert both.strangers() == []
