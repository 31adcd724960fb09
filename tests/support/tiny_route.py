"""A second route, as small as one can be: it calls a target once for each person, which answers for each property.

It proves the seam: nothing but what is in this module knows how its values travel.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from tests.support.joined import JOINED, JoinedWorld
from tests.support.mortal import Fate, Mortal
from tests.support.world import MAPPINGS, World
from upa_core.domain.connector import Limits
from upa_core.domain.documents.lane import LogFile, Outcome
from upa_core.domain.documents.storage_layout import file_key, log_key
from upa_core.domain.errors import AccessDeniedError, CorruptStateError
from upa_core.domain.gates import closed_for_all
from upa_core.domain.next_step import Step
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.verdict import PersonVerdict, Refusal, Verdict
from upa_core.domain.plan.batch import BatchForm, Loads
from upa_core.domain.plan.entry import Entry
from upa_core.ports.bundle import Ports, Route
from upa_core.services.deliver.archive import load_outcome, write_outcome
from upa_core.services.deliver.delivery import Delivery, next_delivery
from upa_core.services.deliver.finish import finish
from upa_core.state.document import state_of

TINY = "tiny"
TARGET = "UpaTitle"
"""The property that travels on it in a `TwoRoutes` world."""


class TinyBatch:
    """A line of JSON for each person."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lines: list[bytes] = []
        self.people = self.pairs = 0

    def add(self, entries: Sequence[Entry]) -> int:
        taken = entries[: max(self._most - self.people, 0)]
        self._lines += [orjson.dumps([entry.person, entry.new]) for entry in taken]
        self.people += len(taken)
        self.pairs += sum(len(entry.new) for entry in taken)
        return len(taken)

    def content(self) -> bytes:
        return b"\n".join(self._lines)


class TinyForm:
    """Implements `BatchForm`."""

    def __init__(self, most: int) -> None:
        self._most = most

    def begin(self, limits: Limits) -> TinyBatch:
        return TinyBatch(self._most)

    def split(self, content: bytes) -> dict[str, bytes]:
        try:
            return {orjson.loads(line)[0]: line for line in content.split(b"\n") if line}
        except (ValueError, LookupError, TypeError) as exc:
            raise CorruptStateError("not a tiny batch") from exc

    def read(self, pieces: Collection[bytes], loads: Loads) -> dict[str, dict[str, str]]:
        return dict(map(loads, pieces))

    def without(self, content: bytes, person: str) -> bytes:
        kept = (line for one, line in self.split(content).items() if one.lower() != person.lower())
        return b"\n".join(kept)


class TinyTarget:
    """What the route writes to: the tenant's profiles, at once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.denied = False
        self.refused: set[tuple[str, str]] = set()
        """Person and property of what isn't taken."""
        self.fits: Callable[[str], bool] = lambda _: True
        """Which values are taken."""
        self.writes: list[str] = []

    def write(self, person: str, values: Mapping[str, str]) -> dict[str, bool]:
        """Write a person's values; returns for each property whether it holds now, nothing for an unknown person."""
        if self.denied:
            raise AccessDeniedError("the target refuses us")
        self.writes.append(person)
        if not self._world.sim.profiles.exists(person):
            return {}
        answer = {name: (person, name) not in self.refused and self.fits(value) for name, value in values.items()}
        for target in (target for target, taken in answer.items() if taken):
            self._world.sim.profiles.set(person, target, values[target])
        return answer


class TinyRoute:
    """Implements `Route`: all of a batch in one step."""

    def __init__(self, target: Any, most: int) -> None:
        self._target = target
        self.form: BatchForm = TinyForm(most)

    def prepare(self, ports: Ports, connector: Any) -> Any:
        return connector

    def advance(self, ports: Ports, connector: Any) -> Step:
        state = state_of(ports.store, connector.name).load().value
        delivery = next_delivery(ports, connector, state.run, TINY) if state.run is not None else None
        if delivery is None:
            return Step("idle", "nothing is to be sent")
        outcome = load_outcome(ports, delivery.run.id, delivery.file.name)
        if outcome is None:
            if (gate := closed_for_all(state)) is not None:
                return Step("idle", f"between two batches: {gate.why}")
            outcome = self._write(delivery)
        return finish(delivery, outcome).step

    def judge(self, ports: Ports, outcome: Outcome, people: Mapping[str, bytes]) -> Verdict:
        if outcome.given_up:
            return Verdict(confirmed=False, why=outcome.given_up)
        blob = ports.store.get(outcome.logs[0].key)
        if blob is None:
            raise CorruptStateError("the answers are missing")
        answers: dict[str, dict[str, bool]] = orjson.loads(blob.data)
        return Verdict(
            confirmed=True,
            failed={person: _verdict(answers[person]) for person in people if not all(answers[person].values() or [0])},
        )

    def _write(self, delivery: Delivery) -> Outcome:
        ports, file = delivery.ports, delivery.file
        blob = ports.store.get(file_key(delivery.run.id, file.name))
        assert blob is not None
        outcome = Outcome(
            version=Outcome.VERSION,
            connector=delivery.connector.name,
            run=delivery.run.id,
            file=file.name,
            sequence=file.sequence,
            ended=ports.clock.now(),
            jobs=(),
            logs=(),
            intact=True,
            route=TINY,
        )
        try:
            people = self.form.read(self.form.split(blob.data).values(), orjson.loads)
            answers = orjson.dumps({person: self._target.write(person, values) for person, values in people.items()})
        except AccessDeniedError as exc:
            return write_outcome(ports, replace(outcome, given_up=str(exc)))
        digest = hashlib.sha256(answers).hexdigest()
        key = log_key(delivery.run.id, file.name, 0, digest)
        ports.store.put(key, answers)
        return write_outcome(ports, replace(outcome, logs=(LogFile("", "answers", key, digest),)))


def _verdict(answer: dict[str, bool]) -> PersonVerdict:
    if not answer:
        return PersonVerdict({"*": Refusal(EscrowReason.PROFILE_NOT_CREATED, "NoProfile")})
    refused = {
        target: Refusal(EscrowReason.REFUSED_BY_SHAREPOINT, "No") for target, taken in answer.items() if not taken
    }
    return PersonVerdict(refused, [target for target, taken in answer.items() if taken])


class TwoRoutes(World):
    """A world whose titles travel on the tiny route, or, with `targets`, other properties."""

    def __init__(
        self, people: int = 0, *, targets: Collection[str] = (TARGET,), most: int = 100, **options: Any
    ) -> None:
        self.target = TinyTarget(self)
        self.most = most
        mappings = tuple(replace(one, route=TINY) if one.target in targets else one for one in MAPPINGS)
        super().__init__(people, **{"mappings": mappings, **options})

    def routes(self, fate: Fate | None) -> Mapping[str, Route]:
        target = Mortal(self.target, "tiny", fate) if fate is not None else self.target
        return {**super().routes(fate), TINY: TinyRoute(target, self.most)}


class BothSeams(TwoRoutes, JoinedWorld):
    """A world whose titles travel on the tiny route, and whose cost centers come from the HR system's snapshots."""

    def __init__(self, people: int = 0, **options: Any) -> None:
        mappings = tuple(replace(one, route=TINY) if one.target == TARGET else one for one in JOINED)
        super().__init__(people, **{"mappings": mappings, **options})
