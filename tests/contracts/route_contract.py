"""What every route promises."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import orjson
import pytest

from tests.support.full import FULL
from tests.support.mortal import Death, Fate
from tests.support.world import World
from upa_core.domain.documents.lane import Outcome
from upa_core.domain.documents.runs import FileState, Run
from upa_core.domain.documents.storage_layout import file_key
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.health.events import EventName
from upa_core.domain.people.shadow import Shard
from upa_core.services.admin.controls import pause, resume
from upa_core.services.admin.forget import forget
from upa_core.services.deliver.archive import load_outcome
from upa_core.services.deliver.settle import settle
from upa_core.services.insight.explain import explain
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.document import state_of
from upa_core.state.plan_reader import read_plan


def newer(shard: Shard, person: str, sequence: int) -> None:
    """Settle a title that was delivered by something newer."""
    shard.settle(person, {"UpaTitle": "newer"}, sequence)


class RouteWorld(Protocol):
    """A tenant whose values all travel on one route."""

    route: str
    world: World

    def refuse(self, person: str) -> None:
        """Let the target take nothing of a person any more."""

    def deny(self, *, denied: bool) -> None:
        """Take our rights at the target away, or give them back."""

    def effects(self) -> int:
        """Count how often something was begun at the target."""


class RouteContract:
    """Subclass it with a fixture `on`: three people who were never delivered, each with a department and a title."""

    def test_freeze(self, on: RouteWorld) -> None:
        """A planned batch is what is delivered, whatever changes at the source meanwhile."""
        run, file = self.planned(on)
        frozen = read_plan(on.world.ports(), run.id, file)
        on.world.edit(on.world.people[0], department="later")
        on.world.drain(hours=12)

        assert [(file.route, file.people) for file in run.files] == [(on.route, 3)]
        assert {entry.person for entry in frozen} == set(on.world.people)
        assert on.world.profile(on.world.people[0])["UpaDepartment"] == "D0"

    def test_form(self, on: RouteWorld) -> None:
        """A batch is split and read person by person, can lose one, and what isn't one is told apart."""
        run, file = self.planned(on)
        form = on.world.ports().routes[on.route].form
        content = on.world.store.blobs[file_key(run.id, file.name)]
        pieces = form.split(content)
        first, *others = on.world.people

        assert list(form.read(pieces.values(), orjson.loads)) == list(pieces)
        assert set(form.split(form.without(content, first.upper()))) == set(others)
        with pytest.raises(CorruptStateError):
            form.read(form.split(b"?").values(), orjson.loads)

    def test_send(self, on: RouteWorld) -> None:
        """Values arrive, are confirmed in the shadow, and the run ends as a success in one write."""
        on.world.sync()

        assert on.world.differences() == []
        assert on.world.state.run is None
        assert on.world.events.named(EventName.RUN_ENDED)[-1].fields["status"] == "complete"

    @pytest.mark.full
    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    def test_crash(self, on: RouteWorld, after: bool) -> None:
        """A death at any call of the delivery loses nothing, and the batch is archived once."""
        on.world.pull()
        at, dead = 1, True
        while dead:
            run = on.world.state.run
            ports = on.world.ports(Fate(at=at, after=after))
            try:
                on.world.drain(ports, hours=6)
                dead = False
            except Death:
                at += 1 if FULL else 7 if run is None else 3
        on.world.settle_down()

        assert on.world.differences() == []
        assert len(set(on.world.queued())) == len(on.world.queued())

    def test_repeat(self, on: RouteWorld) -> None:
        """Settling the archive again gives the same people."""
        on.refuse(on.world.people[1])
        run, file = self.planned(on)
        on.world.end_run()
        outcome = self.outcome(on, run, file)
        before = on.world.shards()
        state_of(on.world.store, "hr").update(lambda state: replace(state, run=run))
        settle(on.world.ports(), on.world.connector, outcome)

        assert [(s.rows, s.escrow) for s in on.world.shards()] == [(s.rows, s.escrow) for s in before]

    def test_older_stamp(self, on: RouteWorld) -> None:
        """A batch that is settled after something newer leaves the property unknown and the person due."""
        run, file = self.planned(on)
        on.world.end_run()
        person = on.world.people[0]
        change_people_between_runs(
            on.world.ports(), on.world.connector, [person], lambda shard, one: newer(shard, one, file.sequence + 5)
        )
        state_of(on.world.store, "hr").update(lambda state: replace(state, run=run, sequence=file.sequence + 5))
        settle(on.world.ports(), on.world.connector, self.outcome(on, run, file))

        assert (on.world.shadow(person) or {})["UpaTitle"] is None
        assert (person, "UpaTitle") in on.world.waiting()
        assert on.world.escrow()[person].due <= on.world.now

    def test_settle(self, on: RouteWorld) -> None:
        """Whom the target didn't take waits in escrow, unknown; everybody else is confirmed."""
        refused, *others = on.world.people
        on.refuse(refused)
        self.planned(on)
        on.world.drain(hours=0.9)

        assert list(on.world.escrow()) == [refused]
        assert set((on.world.shadow(refused) or {"": None}).values()) <= {None, ""}
        assert all((on.world.shadow(person) or {})["UpaTitle"] for person in others)

    def test_denied(self, on: RouteWorld) -> None:
        """Where we aren't let in the run fails, nothing is taken for delivered, and all of it goes later."""
        on.deny(denied=True)
        self.planned(on)
        on.world.end_run()
        told = on.world.events.named(EventName.RUN_FAILED)
        shadows = [on.world.shadow(person) for person in on.world.people]
        on.deny(denied=False)
        on.world.settle_down(days=2)

        assert len(told) == 1
        assert all(shadow is None or set(shadow.values()) == {None} for shadow in shadows)
        assert on.world.differences() == []

    def test_paused(self, on: RouteWorld) -> None:
        """In a pause no batch begins; afterwards it goes."""
        self.planned(on)
        pause(on.world.ports(), on.world.connector, "Ann")
        on.world.drain(hours=6)
        during = on.effects()
        resume(on.world.ports(), on.world.connector, "Ann")
        on.world.settle_down()

        assert (during, on.world.differences()) == (0, [])

    def test_explained_and_forgotten(self, on: RouteWorld) -> None:
        """What was sent is told of a person, and gone once they are forgotten."""
        on.world.sync()
        person = on.world.people[0]
        told = explain(on.world.ports(), on.world.connector, person)
        forget(on.world.ports(), on.world.connector, person, "Ann")

        assert [set(one.changes) for one in told.timeline] == [{"UpaCode", "UpaDepartment", "UpaTitle", "UpaType"}]
        assert explain(on.world.ports(), on.world.connector, person).timeline == ()

    @staticmethod
    def planned(on: RouteWorld) -> tuple[Run, FileState]:
        """Pull and plan; returns the open run and its one batch."""
        on.world.pull()
        assert on.world.step().why == "planned"
        run = on.world.state.run
        assert run is not None
        return run, run.files[0]

    @staticmethod
    def outcome(on: RouteWorld, run: Run, file: FileState) -> Outcome:
        """Return the archive of a batch."""
        outcome = load_outcome(on.world.ports(), run.id, file.name)
        assert outcome is not None
        return outcome
