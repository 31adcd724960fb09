"""The proof: hand edits among many profiles are all found in seven days, and nothing is found that nobody changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest

from tests.support.drifting import DriftWorld
from tests.support.full import FULL
from upa_core.domain.connector import Limits
from upa_core.domain.documents.connector_state import PeopleIndex
from upa_core.domain.documents.storage_layout import shard_key
from upa_core.domain.individual.answer import Profile, Reading
from upa_core.domain.language.values import MEMBER_PREFIX
from upa_core.domain.people.shadow import Shard, shard_of, shards_for
from upa_core.domain.people_calls import Budget, window_of
from upa_core.ports.bundle import Ports
from upa_core.services.drift.read_back import read_back
from upa_core.services.drift.verify import verify
from upa_core.state.document import state_of
from upa_core.state.shard_codec import encode_shard

PEOPLE, EDITS = (100_000, 1_000) if FULL else (600, 12)
LIMIT = 3_000 if FULL else 40
"""Calls in 5 minutes: the smallest tenant's; in the short form as much smaller as the tenant is."""
LIVES = 200 if FULL else 2
STEPS = 40 if FULL else 25


@dataclass
class Crowd:
    """A directory and profiles of very many people, in memory, that count calls."""

    now: Callable[[], datetime]
    profiles: dict[str, dict[str, str]] = field(default_factory=dict)
    calls: Counter[datetime] = field(default_factory=Counter)

    def app(self) -> str:
        return ""

    def read(self, asked: Any, select: Sequence[str] = (), **_: Any) -> Mapping[str, Any]:
        """Answer for the directory (ids) and for PeopleManager (accounts)."""
        if not isinstance(asked, Mapping):
            return {one: {"id": one, "userPrincipalName": f"{one}@contoso.com"} for one in asked}
        self.calls[window_of(self.now())] += len(asked)
        found: dict[str, Reading] = {}
        for account, names in asked.items():
            person = account.removeprefix(MEMBER_PREFIX).partition("@")[0]
            found[account] = Profile(person, {name: self.profiles[person].get(name, "") for name in names})
        return found


def crowd(world: DriftWorld, people: int) -> Crowd:
    """Let so many people be confirmed, and their profiles hold what was confirmed."""
    random, made = Random(7), Crowd(lambda: world.now)
    index = PeopleIndex(0, shards_for(people, Limits().people_per_shard, 128), people, "x")
    shards = [Shard(world.connector.targets) for _ in range(index.shards)]
    for number in range(people):
        person = str(UUID(int=random.getrandbits(128)))
        values = {"UpaDepartment": f"D{number % 50}", "UpaTitle": f"T{number}", "UpaType": "none", "UpaCode": ""}
        shards[shard_of(person, index.shards)].settle(person, dict(values), 1)
        made.profiles[person] = values
    for number, shard in enumerate(shards):
        world.store.put(shard_key("hr", index.folder, number), encode_shard(shard))
    state_of(world.store, "hr").update(lambda state: replace(state, people=index, sequence=1, last_success=world.now))
    return made


@pytest.mark.slow
@pytest.mark.full
def test_every_hand_edit_is_found_in_seven_days_within_a_quarter_of_the_limit() -> None:
    """1 % of all profiles are changed by hand at random moments of the first two days; all of them are told, exactly.

    In full 1,000 among 100,000, in the smallest tenant's limit.
    """
    world = DriftWorld(individual=Budget(share=25.0 * LIMIT / 3_000))
    made, random = crowd(world, PEOPLE), Random(8)
    ports: Ports = replace(world.ports(), source=made, profiles=made)
    edits = random.sample(sorted(made.profiles), EDITS)
    expected: dict[tuple[str, str], tuple[str, str]] = {}
    for tick in range(7 * 96):
        for person in edits[EDITS * tick // 192 : EDITS * (tick + 1) // 192]:
            target = random.choice(("UpaDepartment", "UpaTitle", "UpaType", "UpaCode"))
            old = made.profiles[person][target]
            found = random.choice(("hand", "")) if old else "hand"
            expected[person, target] = (old, found)
            made.profiles[person] = {**made.profiles[person], target: found}
        read_back(ports, world.connector)
        world.sim.advance(900)
    result = verify(ports, world.connector, {})
    most, days = max(made.calls.values()), max(made.calls) - min(made.calls)
    a_day = sum(made.calls.values()) / 7
    print(f"drift: {len(expected)} of {len(expected)} edits among {PEOPLE} profiles; at most {most} calls in 5 minutes")
    print(f"drift: {most / LIMIT:.1%} of the limit at most, {a_day:.0f} calls a day, over {days}")

    assert world.found() == expected
    assert most <= LIMIT * 0.25
    assert result.never_read == []
    assert set(result.different) == set(edits)


class Life:
    """A random life: the directory changes, imports run and fail, users and hands edit, names are reused."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.world = DriftWorld(6, targets=("UpaTitle",), proven=True)
        self.world.sync()
        self.false: list[str] = []

    def step(self) -> None:
        """Do one random thing, and read at any moment."""
        one = self.random.choice(
            (self.edit, self.edit, self.clear, self.hand, self.user, self.reuse, self.join, self.fail, self.go_on)
        )
        one()
        self.world.sim.advance(self.random.choice((1, 60, 900, 7200, 90_000)))
        if self.random.random() < 0.5:
            self.world.pull()
        for _ in range(self.random.randrange(6)):
            self.world.step()
        self.read()

    def read(self) -> None:
        """Read back; whatever is told must have been changed by a hand."""
        before = self.world.found()
        self.world.read_back()
        for (person, target), told in self.world.found().items():
            if (person, target) in before:
                continue
            verdict = self.world.known()[person, target].verdict
            if verdict in ("different", "empty") and not self.by_hand(person, target, told):
                self.false.append(f"{person} {target}: {told}")

    def by_hand(self, person: str, target: str, told: tuple[str, str]) -> bool:
        """Ask SharePoint's history: what is told to be found was written by a hand, over what is told as confirmed."""
        history = [one for one in self.world.sim.profiles.history(person) if one.property == target]
        delivered = [one.value for one in history if one.cause != "hand"]
        return bool(history) and history[-1].cause == "hand" and told[0] in (*delivered, "")

    def somebody(self) -> str:
        return self.random.choice([one for one in self.world.people if self.world.sim.profiles.exists(one)])

    def edit(self) -> None:
        name = self.random.choice(("department", "jobTitle", "employeeType"))
        self.world.edit(self.somebody(), **{name: self.random.choice("ABC")})

    def clear(self) -> None:
        self.world.edit(self.somebody(), **{self.random.choice(("department", "jobTitle")): None})

    def hand(self) -> None:
        target = self.random.choice(("UpaDepartment", "UpaType", "UpaCode"))
        self.world.hand(self.somebody(), target, self.random.choice(("hand", "paw", "")))

    def user(self) -> None:
        self.world.hand(self.somebody(), "UpaTitle", self.random.choice(("mine", "my own")))

    def reuse(self) -> None:
        directory, gone, heir = self.world.sim.directory, self.somebody(), self.somebody()
        name = directory.get(gone)["userPrincipalName"]
        if gone != heir:
            directory.edit(gone, userPrincipalName=f"x{self.random.randrange(10**9)}@{self.world.sim.tenant_domain}")
            directory.edit(heir, userPrincipalName=name)

    def join(self) -> None:
        self.world.people.append(self.world.join(department="new"))

    def fail(self) -> None:
        self.world.sim.timer_job.plan("next", self.random.choice(("internal_error", "internal_error_partial", "slow")))

    def go_on(self) -> None:
        self.world.drain(hours=self.random.choice((1, 12)))

    def wanted(self) -> set[tuple[str, str]]:
        """Tell by the profiles themselves what differs now, once everything is quiet."""
        found = set()
        for person in self.world.people:
            shadow = self.world.shadow(person) or {}
            held = self.world.profile(person)
            for target in ("UpaDepartment", "UpaType", "UpaCode"):
                if (cell := shadow.get(target)) is not None and held[target] != cell:
                    found.add((person, target))
        return found


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize("seed", range(LIVES))
def test_nothing_is_told_that_nobody_changed_and_the_oracle_agrees(seed: int) -> None:
    """Imports in flight and failed, users' edits, clears, joins and reused user names raise no false alarm.

    At the end exactly what profiles hold beside the shadow is told, and what an auditor is told agrees.
    """
    life = Life(seed)
    for _ in range(STEPS):
        life.step()
    life.world.settle_down(days=2)
    life.world.read_all()
    told = {
        key for key, one in life.world.known().items() if one.over is None and one.verdict in ("different", "empty")
    }
    told = {(person, target) for person, target in told if target != "UpaTitle"}
    result = verify(life.world.ports(), life.world.connector, {})

    assert life.false == []
    assert told == life.wanted()
    assert {person for person, _ in told} <= set(result.different)
    assert result.never_read == []
