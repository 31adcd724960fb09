"""A tenant whose profiles are read back, and the hands that change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.support.mortal import Fate, Mortal
from tests.support.single import SingleWorld
from tests.support.world import MAPPINGS, RULES
from upa_cli.demo.oracle import Rule
from upa_core.domain.documents.runs import INDIVIDUAL
from upa_core.domain.drift.record import Difference, DriftIndex
from upa_core.domain.drift_share import DriftShare
from upa_core.domain.errors import UpaError
from upa_core.domain.next_step import Step
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

    def read_all(self, ports: Ports | None = None) -> None:
        """Read everybody anew, a day later, in ticks of a quarter of an hour."""
        self.sim.advance(timedelta(hours=24, minutes=1).total_seconds())
        for _ in range(200):
            self.read_back(ports)
            if not self.index.more and not self.index.claim:
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


class TickingDriftWorld(DriftWorld):
    """A tenant whose profiles are read back whenever the pipeline goes on, as a tick of the timer does.

    What is told of drift is held against SharePoint's own history: who wrote a property last, and what.
    """

    def __init__(self, people: int = 0, **options: Any) -> None:
        self.false: list[str] = []
        """What was told that nobody had changed when it was read."""
        self._told: dict[tuple[str, str], tuple[str, str]] | None = {}
        super().__init__(people, **options)

    def far(self, ports: Ports | None = None) -> Step:
        step = super().far(ports)
        with suppress(UpaError):
            self.read_back(ports)
        return step

    def read_back(self, ports: Ports | None = None, *, hours: float = 0) -> Came:
        before, self._told = self.told() if self._told is None else self._told, None
        came = super().read_back(ports, hours=hours)
        before = self._told if self._told is not None else before  # another instance may have told it meanwhile
        self._told = self.told() if came.read else before
        new = {key: found for key, found in self._told.items() if before.get(key) != found}
        self.false += [
            f"{person} {target}: told {old!r} -> {found!r}, and no hand wrote it"
            for (person, target), (old, found) in new.items()
            if not self._wrote_last(person, target, found)
        ]
        return came

    def told(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Return what counts as drift now: confirmed and found by person and property."""
        known = self.known().items()
        return {
            key: (one.old, one.found)
            for key, one in known
            if one.over is None and one.verdict in ("different", "empty")
        }

    def drifted(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Return what has to be told once everything is quiet: what profiles hold beside what was confirmed.

        A user's own value that a mapping keeps isn't drift.
        """
        kept = {one.target for one in self.connector.mappings if (one.route, one.on_user_edit) == (INDIVIDUAL, "keep")}
        found = {}
        for shard in self.shards():
            for person in shard.rows:
                held = self.profile(person) if self.sim.profiles.exists(person) else None
                for target, cell in zip(shard.targets, shard.shadow(person) or (), strict=True):
                    if held is None or cell is None or held[target] == cell or (held[target] and target in kept):
                        continue
                    found[person, target] = (cell, held[target])
        return found

    def differences(self, rules: Sequence[Rule] = RULES, **options: Any) -> list[str]:
        """Return where SharePoint differs from the oracle without having been told, and where a report is wrong."""
        told, drifted = self.told(), self.drifted()
        repaired = {one.target for one in self.connector.mappings if one.on_drift == "repair"}
        kept = self._kept_edits()
        excused = {f"{person} {target}" for person, target in told if target not in repaired}
        excused |= {f"{person} {target}" for person, target in kept}
        excused |= {f"{person} is still in escrow" for person, _ in kept}
        wrong = [line for line in super().differences(rules, **options) if line.partition(":")[0] not in excused]
        wrong += [f"{person} {target}: drifted, and not told" for person, target in drifted.keys() - told.keys()]
        for (person, target), (old, found) in told.items():
            if drifted.get((person, target)) != (old, found):
                wrong.append(f"{person} {target}: told {old!r} -> {found!r}, and it isn't so")
            elif target in repaired:
                wrong.append(f"{person} {target}: told, and not put right")
        return wrong + self.false

    def _kept_edits(self) -> set[tuple[str, str]]:
        """Return what a user wrote and a mapping keeps: a newer value waits for it."""
        edited = (key for key, one in self.known().items() if one.over is None and one.verdict == "edited")
        return {(person, target) for person, target in edited if self._wrote_last(person, target)}

    def _wrote_last(self, person: str, target: str, value: str | None = None) -> bool:
        """Tell whether a hand, or a user, wrote a property last; and this value, where one is given."""
        history = [one for one in self.sim.profiles.history(person) if one.property == target]
        return bool(history) and history[-1].cause in ("hand", "user") and value in (None, history[-1].value)
