"""`upa import FILE` is killed, or typed twice at once: nothing is lost or doubled, and the state names the import."""

from __future__ import annotations

import pytest

from tests.crash.campaign import verdict
from tests.crash.rivals import Place, Rival, beside
from tests.crash.scenarios import settled
from tests.support.ad_hoc import ad_hoc_reports
from tests.support.full import FULL
from tests.support.import_command import FILE, import_file
from tests.support.mortal import Death, Fate
from tests.support.world import World, with_limits
from upa_cli.shell.exits import CommandError
from upa_core.domain.errors import UnavailableError
from upa_core.ports.bundle import Ports

MOST = 10_000 if FULL else 4
"""Places a test."""
pytestmark = pytest.mark.full


def _tenant() -> World:
    world = settled(5)
    world.sim.profiles.define("UpaExtra")
    world.connector = with_limits(world.connector, max_pairs=4)
    return world


def _rows(world: World) -> dict[str, str]:
    people = world.people[:3]
    return {str(world.sim.directory.get(person)["userPrincipalName"]): "x" for person in people}


def _extras(world: World) -> list[str]:
    return [world.sim.profiles.get(person).get("UpaExtra", "") for person in world.people]


def _places(most: int, places: int) -> range:
    return range(1, places + 1, max(1, places // most))


def test_a_killed_import_is_named_by_the_state_and_driven_to_its_end_or_was_never_begun() -> None:
    """The timer's tick is enough: the file that was read lies on a laptop that is gone. No death begins two runs."""
    calls = Fate()
    world = _tenant()
    import_file(world, world.ports(calls), _rows(world), wait=True)
    named = never = 0
    for at in _places(MOST, len(calls.calls)):
        world = _tenant()
        before = world.queued()
        with pytest.raises(Death):
            import_file(world, world.ports(Fate(at=at)), _rows(world), wait=True)
        run = world.state.run
        if run is None:  # also where it had ended
            assert world.queued() == before or len(ad_hoc_reports(world)) == 1
            never += not ad_hoc_reports(world)
        else:
            assert run.ad_hoc is not None
            assert (run.ad_hoc.kind, run.ad_hoc.about) == ("import", FILE)
            with pytest.raises(CommandError, match=f"upa import --watch {run.id}"):
                import_file(world, world.ports(), _rows(world))
            named += 1
        begun = run is not None or bool(ad_hoc_reports(world))
        world.settle_down()
        assert len(ad_hoc_reports(world)) == begun
        assert _extras(world) == (["x", "x", "x", "", ""] if begun else [""] * 5)
        assert verdict(world) == []
    assert named > 0
    assert never > 0


@pytest.mark.parametrize("place", ["conditional write", "read"])
def test_of_two_imports_at_once_one_is_begun_and_the_other_says_what_to_do(place: Place) -> None:
    """Wherever the second one comes: every import file is queued once, and who is refused has changed nothing."""
    refused: list[str] = []
    advice = ("upa import --watch", "nothing was begun", "wait until")

    def life(at: int) -> int:
        world = _tenant()
        rows, begun = _rows(world), []

        def typed(ports: Ports) -> None:
            try:
                begun.append(import_file(world, ports, rows))
            except (UnavailableError, CommandError) as exc:
                refused.append(str(exc))

        rival = Rival(world.ports().store, at, lambda: typed(world.ports()), place)
        typed(beside(world.ports(), rival))
        world.settle_down()
        assert len(begun) == len(ad_hoc_reports(world)) == 1
        assert _extras(world) == ["x", "x", "x", "", ""]
        assert verdict(world) == []
        return rival.places

    for at in _places(MOST, life(0)):
        life(at)
    assert refused
    assert [text for text in refused if not any(words in text for words in advice)] == []
