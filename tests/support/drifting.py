"""A tenant whose profiles are read back, and the hands that change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.support.mortal import Fate, Mortal
from tests.support.single import SingleWorld
from tests.support.world import MAPPINGS
from upa_core.domain.drift.record import Difference, DriftIndex
from upa_core.domain.drift_share import DriftShare
from upa_core.ports.bundle import Ports
from upa_core.services.drift.judge import Came
from upa_core.services.drift.read_back import read_back
from upa_core.state.drift.documents import drift_of, parts_of

REPAIRED = tuple(replace(mapping, on_drift="repair") for mapping in MAPPINGS)


class DriftWorld(SingleWorld):
    """A tenant that sends in bulk, and reads profiles back."""

    def __init__(self, people: int = 0, **options: Any) -> None:
        options = {"targets": (), "proven": False, "drift": DriftShare(), **options}
        super().__init__(people, **options)

    def ports(self, fate: Fate | None = None) -> Ports:
        profiles: Any = self.profiles()
        if fate is not None:
            profiles = Mortal(profiles, "profiles", fate)
        return replace(super().ports(fate), profiles=profiles)

    def read_back(self, ports: Ports | None = None, *, hours: float = 0) -> Came:
        """Let time pass, and read as a tick does."""
        self.sim.advance(hours * 3600)
        return read_back(ports or self.ports(), self.connector)

    def read_all(self) -> None:
        """Read everybody anew, a day later, in ticks of a quarter of an hour."""
        self.sim.advance(timedelta(hours=24, minutes=1).total_seconds())
        for _ in range(200):
            self.read_back()
            if not self.index.more:
                return
            self.sim.advance(900)
        raise AssertionError("everybody is never read")

    def hand(self, person: str, target: str, value: str) -> None:
        """Change a profile by hand."""
        self.sim.profiles.set(person, target, value)

    @property
    def index(self) -> DriftIndex:
        return drift_of(self.store, self.connector.name).load().value

    def known(self) -> dict[tuple[str, str], Difference]:
        """Return everything that is stored of differences, by person and property."""
        return {
            (person, target): one
            for _, stored in parts_of(self.store, self.connector.name)
            for person, found in stored.value.found.items()
            for target, one in found.items()
        }

    def found(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Return what differs now: old and found by person and property."""
        return {key: (one.old, one.found) for key, one in self.known().items() if one.over is None}

    def unreadable(self) -> Mapping[str, str]:
        """Return who can't be read, and why."""
        parts = parts_of(self.store, self.connector.name)
        return {person: one.why for _, stored in parts for person, one in stored.value.unread.items()}

    def reads(self) -> dict[str, int]:
        """Return the minute at which each person was last read."""
        parts = parts_of(self.store, self.connector.name)
        return {person: one[0] for _, stored in parts for person, one in stored.value.reads.items()}
