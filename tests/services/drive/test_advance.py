"""The step that is taken next: the lane's file first, then what is written at once, then each route of the open run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.ended import planned
from tests.support.world import World
from tests.support.wrapped import Wrapped
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.runs import Counts, FileState, Run, Urgent
from upa_core.domain.errors import ConflictError, CorruptStateError, UnavailableError
from upa_core.domain.next_step import Step
from upa_core.domain.pauses import FIRST_POLL
from upa_core.ports.bundle import Ports
from upa_core.services.drive.advance import advance, advance_far, go_on
from upa_core.state.document import lane_of, state_of


class Says:
    """A route that answers with steps or errors, the last one for ever."""

    def __init__(self, *answers: Step | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    def advance(self, *_: Any) -> Step:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def file(route: str) -> FileState:
    return FileState(f"file of {route}", 1, 1, 1, 1, "", route=route)


def going(**routes: Says) -> tuple[World, Ports]:
    """Return a world whose open run has a batch for each route, and ports with these routes."""
    world = World()
    run = Run("run", world.now, (), tuple(file(name) for name in routes), Counts())
    state_of(world.store, "hr").update(lambda state: replace(state, run=run))
    made: dict[str, Any] = dict(routes)
    return world, replace(world.ports(), routes={**world.ports().routes, **made})


def in_lane(world: World, **fields: Any) -> InFlight:
    known: dict[str, Any] = {"connector": "hr", "run": "run", "phase": "queued", **fields}
    place = InFlight(file="file", sequence=1, since=world.now, **known)
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, in_flight=place))
    return place


NOW = World().now
LATER, SOON = (NOW + timedelta(minutes=minutes) for minutes in (9, 5))


@pytest.mark.parametrize(
    ("one", "two", "why"),
    [
        (Step("poll", "later", at=LATER), Step("again", "at once"), "at once"),
        (Step("poll", "later", at=LATER), Step("poll", "soon", at=SOON), "soon"),
        (Step("idle", "nothing"), Step("poll", "later", at=LATER), "later"),
        (Step("idle", "first"), Step("idle", "second"), "first"),
    ],
)
def test_of_two_routes_the_one_that_can_go_first_says_when(one: Step, two: Step, why: str) -> None:
    """Both have had their turn."""
    first, second = Says(one), Says(two)
    world, ports = going(one=first, two=second)

    assert advance(ports, world.connector).why == why
    assert (first.asked, second.asked) == (1, 1)


def test_a_route_that_fails_delays_no_other_and_is_told_afterwards() -> None:
    """The first error counts; while another route can go on at once, none does."""
    down, damaged = Says(UnavailableError("down")), Says(CorruptStateError("damaged"))
    world, ports = going(one=down, two=damaged, three=Says(Step("idle", "nothing")))
    with pytest.raises(UnavailableError):
        advance(ports, world.connector)
    world, ports = going(one=down, two=Says(Step("again", "goes on")))

    assert damaged.asked == 1
    assert advance(ports, world.connector).why == "goes on"


def test_a_route_that_another_instance_works_on_is_looked_at_again_soon() -> None:
    """It is no error, and the others go on."""
    for at in (LATER, NOW + timedelta(seconds=1)):
        other = Says(Step("poll", "other", at=at))
        world, ports = going(one=Says(ConflictError("moved")), two=other)
        step = advance(ports, world.connector)

        assert (step.kind, step.at, other.asked) == ("poll", min(at, world.now + FIRST_POLL), 1)


def test_a_batch_of_a_route_that_this_release_doesnt_know_stops_no_other() -> None:
    """It is said by name."""
    known = Says(Step("idle", "nothing"))
    world, ports = going(unknown=known, known=known)
    ports = replace(ports, routes={"known": ports.routes["known"]})
    with pytest.raises(CorruptStateError, match="route unknown"):
        advance(ports, world.connector)

    assert known.asked == 1


def test_a_file_of_another_connector_in_the_lane_is_not_ours_to_watch() -> None:
    """Our own routes go on."""
    route = Says(Step("idle", "ours"))
    world, ports = going(one=route)
    in_lane(world, connector="sales")

    assert advance(ports, world.connector).why == "ours"


def test_whoever_is_written_at_once_comes_before_every_plan() -> None:
    """Until the claim ends nothing else is done."""
    route = Says(Step("again", "ours"))
    world, ports = going(one=route)
    run = world.state.run
    assert run is not None
    urgent = Urgent(run, "person", LATER)
    state_of(world.store, "hr").update(lambda state: replace(state, urgent=urgent))
    step = advance(ports, world.connector)

    assert (step.kind, step.at, route.asked) == ("poll", LATER, 0)


def test_with_the_file_in_the_lane_the_runs_other_routes_go_on() -> None:
    """The earlier of both says when; of an older run nothing is begun meanwhile."""
    route = Says(Step("poll", "soon", at=SOON))
    world, ports = going(bulk=route, one=route)
    ports = replace(ports, routes={"bulk": world.ports().routes["bulk"], "one": ports.routes["one"]})
    for run, beside, asked in (("run", True, 1), ("run", False, 0), ("older", True, 0)):
        route.asked = 0
        flight = in_lane(world, run=run, beside=beside, not_before=LATER)
        step = go_on(ports, world.connector, flight)

        assert (step.at, route.asked) == (SOON if asked else LATER, asked)


def test_a_lane_that_somebody_moved_is_looked_at_again_soon() -> None:
    """The watcher isn't stopped by it."""
    world = planned(2)
    run = world.state.run
    assert run is not None

    def moved(_: str) -> Any:
        raise ConflictError("moved")

    ports = world.ports()
    ports = replace(ports, import_jobs=Wrapped(ports.import_jobs, get=moved))
    step = go_on(ports, world.connector, in_lane(world, run=run.id, jobs=("job",)))

    assert (step.kind, step.at) == ("poll", world.now + FIRST_POLL)


def test_a_file_that_isnt_queued_is_sent_and_one_that_is_queued_is_watched() -> None:
    """Both wait for their moment in words of their own."""
    world, ports = going()
    whys = {go_on(ports, world.connector, in_lane(world, phase=one, not_before=LATER)).why for one in ("queued",)}
    step = go_on(ports, world.connector, in_lane(world, phase="uploaded", not_before=LATER))

    assert whys == {"waiting"}
    assert step.why != "waiting"


def test_it_goes_on_until_it_must_wait() -> None:
    """What can be done at once is done at once."""
    route = Says(Step("again", "1"), Step("again", "2"), Step("poll", "3", at=LATER))
    world, ports = going(one=route)

    assert advance_far(ports, world.connector).why == "3"
