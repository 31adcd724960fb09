"""Housekeeping as a whole: one part that fails stops no other, and the library stays as it was."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from tests.crash.scenarios import settled
from tests.support.full import FULL
from tests.support.wrapped import Wrapped
from upa_core.domain.documents.storage_layout import run_folder
from upa_core.domain.health.events import EventName
from upa_core.services.admin.controls import pause
from upa_core.services.upkeep.housekeeping import housekeeping

DAY = 86_400


@pytest.mark.slow
@pytest.mark.full
def test_the_library_stays_bounded() -> None:
    """After thirty runs with failures (`UPA_LIBRARY_RUNS` asks for more) nothing is left lying."""
    world = settled(3)
    world.join(profile=False, department="x")
    for number in range(int(os.environ.get("UPA_LIBRARY_RUNS", "100" if FULL else "30"))):
        world.edit(world.people[0], department=f"B{number}")
        world.sync(hours=0.5)
        assert len(world.library()) <= 2
    world.settle_down()
    assert world.library() == []


def test_a_part_that_fails_doesnt_stop_the_others() -> None:
    """Housekeeping reports what it couldn't do and does the rest."""
    world = settled()
    ports = world.ports()

    class Broken:
        def __getattr__(self, name: str) -> object:
            if name == "items":
                raise_later(name)
            return getattr(ports.library, name)

    def raise_later(name: str) -> None:
        from upa_core.domain.errors import UnavailableError

        raise UnavailableError(name)

    result = housekeeping(replace(ports, library=Broken()), world.connector)
    assert result.failures == ("library",)
    assert EventName.HOUSEKEEPING_DONE in world.events.names


@pytest.mark.parametrize(
    "name", ["upa-hr-２０２６1122T101500Z-7f3k-1.json", f"upa-hr-20261122T101500Z-{'a' * 180}-1.json"]
)
def test_a_file_planted_under_our_name_stops_nothing(name: str) -> None:
    """Digits of another script and an endless token are a stranger's; archives leave all the same."""
    world = settled()
    good = world.state.last_run
    world.ports().library.upload(name, b"x")
    pause(world.ports(), world.connector, "anna")
    world.sim.advance(40 * DAY)
    result = housekeeping(world.ports(), world.connector)

    assert result.failures == ()
    assert not any(key.startswith(run_folder(good)) for key in world.store.blobs)
    assert world.library() == [name]


def test_a_part_with_a_fault_of_ours_keeps_no_other_and_is_raised_at_the_end() -> None:
    """The parts after it are done, it is told without the exception's text, and whoever called is seen to fail."""
    world = settled()
    good = world.state.last_run
    ports = world.ports()
    later: list[str] = []

    def listed(prefix: str) -> object:
        if prefix.endswith("/people/"):
            raise ValueError("a person's value")
        return ports.store.list(prefix)

    world.sim.advance(40 * DAY)
    broken = replace(ports, store=Wrapped(ports.store, list=listed))
    with pytest.raises(ValueError, match="value"):
        housekeeping(broken, world.connector, {"later": lambda *_: later.append("done")})

    assert later == ["done"]
    assert not any(key.startswith(run_folder(good)) for key in world.store.blobs)
    told = [event for event in world.events.events if event.name is EventName.CLEAN_POSTPONED]
    assert [(one.fields["part"], one.fields["reason"]) for one in told] == [("people", "ValueError")]
    assert EventName.HOUSEKEEPING_DONE in world.events.names
