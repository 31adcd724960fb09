"""What the pipeline makes of any row source: the same people, the same values, whatever the rows come in."""

from __future__ import annotations

from typing import Protocol

import pytest

from tests.support.full import FULL
from tests.support.joined import JoinedWorld, row
from tests.support.mortal import Death, Fate

_PEOPLE = 5


class SourceUnderTest(Protocol):
    """A tenant of `_PEOPLE` people with the employee ids E0, E1, …, whose cost centers come from the source."""

    world: JoinedWorld

    def deliver(self, *rows: dict[str, str | None]) -> None:
        """Let the system offer a snapshot."""

    def break_off(self, broken: bool) -> None:
        """Let the source be out of reach, or back again."""


def costs(**changed: str | None) -> list[dict[str, str | None]]:
    """Return a row for each person; some of them changed."""
    return [row(f"E{n}", changed.get(f"E{n}", f"c{n}")) for n in range(_PEOPLE)]


class JoinedSourceContract:
    """Subclass it with a fixture `on` whose source has offered nothing yet."""

    def _settled(self, on: SourceUnderTest) -> None:
        on.deliver(*costs())
        on.world.settle_down()
        assert on.world.differences() == []

    def _held(self, on: SourceUnderTest) -> list[str]:
        return [on.world.cost(person) for person in on.world.people]

    def test_each_value_reaches_the_person_of_its_key(self, on: SourceUnderTest) -> None:
        """And nobody else."""
        self._settled(on)

        assert self._held(on) == ["c0", "c1", "c2", "c3", "c4"]

    def test_only_what_changed_is_sent(self, on: SourceUnderTest) -> None:
        """A newer snapshot sends what differs; one that says the same sends nothing."""
        self._settled(on)
        jobs = len(on.world.queued())
        on.deliver(*costs())
        on.world.settle_down()
        assert len(on.world.queued()) == jobs
        on.deliver(*costs(E1="new"))
        on.world.settle_down()

        assert len(on.world.queued()) == jobs + 1
        assert self._held(on) == ["c0", "new", "c2", "c3", "c4"]

    def test_an_empty_cell_follows_on_empty(self, on: SourceUnderTest) -> None:
        """The mapping says clear, and only this person is cleared."""
        self._settled(on)
        on.deliver(*costs(E2=None))
        on.world.settle_down()

        assert self._held(on) == ["c0", "c1", "", "c3", "c4"]

    def test_a_source_out_of_reach_changes_nothing(self, on: SourceUnderTest) -> None:
        """Its last values stay, people of the directory go on, and the newest snapshot counts once it is back."""
        self._settled(on)
        on.deliver(*costs(E3="later"))
        on.break_off(True)
        on.world.sync()
        on.world.sync()
        assert self._held(on) == ["c0", "c1", "c2", "c3", "c4"]
        on.break_off(False)
        on.world.settle_down(days=1)  # a source that failed is asked with growing pauses

        assert self._held(on) == ["c0", "c1", "c2", "later", "c4"]

    def test_keys_that_are_exchanged_take_their_values_along(self, on: SourceUnderTest) -> None:
        """Nobody holds a value that was never one of theirs, at no moment."""
        self._settled(on)
        first, second = on.world.people[:2]
        on.world.renumber(first, "E1")
        on.world.sync()
        assert on.world.strangers() == []
        on.world.renumber(second, "E0")
        on.world.settle_down()

        assert (on.world.cost(first), on.world.cost(second)) == ("c1", "c0")
        assert on.world.strangers() == []

    @pytest.mark.full
    @pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
    def test_crash(self, on: SourceUnderTest, after: bool) -> None:
        """A death at any call of pull or export loses no value, and gives nobody another's."""
        self._settled(on)
        at, turn = 1, 0
        while True:
            turn += 1
            on.deliver(*costs(E1=f"t{turn}", E4=f"u{turn}"))
            ports = on.world.ports(Fate(at=at, after=after))
            try:
                on.world.sync(ports, hours=6)
                dead = False
            except Death:
                dead = True
                at += 1 if FULL else 29
            on.world.settle_down()
            assert on.world.differences() == []
            assert self._held(on)[1] == f"t{turn}"
            if not dead:
                break
        names = on.world.queued()
        assert sorted(names) == sorted(set(names))
