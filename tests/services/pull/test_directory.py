"""Pulling: nothing is lost or taken twice on the way from the source into the outbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tenant_sim import Fault
from tests.crash.scenarios import settled
from tests.fakes import FakeChangeSource
from tests.support.world import World, with_limits
from upa_core.domain.documents.rounds import Link
from upa_core.domain.errors import ConfigError, ForeignLinkError, RefusedError, ResyncRequiredError, UnavailableError
from upa_core.domain.health.events import EventName
from upa_core.domain.people.changes import Row
from upa_core.ports.bundle import Ports
from upa_core.ports.change_source import Page
from upa_core.services.admin.controls import pause
from upa_core.services.admin.requests import request_run, run_status
from upa_core.services.pull import pull
from upa_core.state.outbox import MAX_ROUNDS
from upa_core.state.rows.segments import SegmentReader


class Script:
    """A source that gives what was written down: pages, or errors to raise."""

    def __init__(self, *answers: Page | Exception) -> None:
        self.answers, self.asked = list(answers), []

    def begin(self, select: object) -> Link:
        return Link("https://directory.example/begin", "initial")

    def page(self, link: Link) -> Page:
        self.asked.append(link)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def following(number: int, *ids: str) -> Page:
    return Page([{"id": one, "department": one} for one in ids], Link(f"https://directory.example/{number}", "next"))


def last(*ids: str) -> Page:
    return Page([{"id": one, "department": one} for one in ids], Link("https://directory.example/delta", "delta"))


@pytest.fixture
def world() -> World:
    return World()


def scripted(world: World, *answers: Page | Exception) -> Ports:
    return replace(world.ports(), source=Script(*answers))


def rows(world: World) -> list[Row]:
    readers = [SegmentReader(world.store, s) for sealed in world.state.sealed for s in sealed.segments]
    return [row for reader in readers for row in reader.rows(range(64))]


def test_empty_pages_are_followed_to_the_end(world: World) -> None:
    """An empty page in the middle and at the end loses nobody."""
    ports = scripted(world, following(1, "a"), following(2), following(3, "b"), last())
    result = pull(ports, world.connector)
    assert (result.status, result.pages, sorted(row[0] for row in rows(world))) == ("sealed", 4, ["a", "b"])


def test_segments_close_by_size_and_are_checkpoints(world: World) -> None:
    """With six rows a segment, a failure after them costs only what came later."""
    ports = scripted(world, following(1, *"abcd"), following(2, *"efgh"), following(3, "i"), UnavailableError("down"))
    assert pull(ports, world.connector).status == "paused"
    opened = world.state.open_round
    assert opened is not None
    assert (opened.position.url, [s.rows for s in opened.segments]) == ("https://directory.example/3", [8, 1])
    assert pull(scripted(world), world.connector).status == "paused"
    world.sim.advance(61)
    ports = scripted(world, last("j"))
    assert pull(ports, world.connector).status == "sealed"
    assert sorted(row[0] for row in rows(world)) == list("abcdefghij")


def test_the_pause_that_the_source_names_is_kept(world: World) -> None:
    """Retry-After longer than our patience becomes a time to resume, in the state."""
    world.sim.faults.add(Fault(surface="graph", status=429, headers={"Retry-After": "600"}, times=1))
    result = pull(world.ports(), world.connector)
    assert (result.status, result.resume) == ("paused", world.now + timedelta(seconds=600))
    world.sim.advance(601)
    assert world.pull() == "sealed"


def test_the_time_budget_hands_over(world: World) -> None:
    """At the end of its time the pull checkpoints and sends a wake-up; the next one goes on there."""
    for number in range(20):
        world.join(department=f"{number}")
    world.connector = with_limits(world.connector, time_budget=timedelta(0))
    assert world.pull() == "handed_over"
    assert world.waker.sent[-1][0] == "continue_pull"
    for _ in range(10):
        if world.pull() == "sealed":
            break
    assert len({row[0] for row in rows(world)}) == 20


@pytest.mark.parametrize("times", [1, 2, 5])
def test_one_resync_is_followed_at_once_and_further_ones_wait_longer_and_longer(world: World, times: int) -> None:
    """A source that always asks for a resync isn't hammered, and the round still ends."""
    void = ResyncRequiredError("void", code="syncStateNotFound")
    pauses = []
    ports = scripted(world, *[void] * times, last("a"))
    while (result := pull(ports, world.connector)).status == "paused":
        assert result.resume is not None
        pauses.append((result.resume - world.now).total_seconds())
        world.until(result.resume)
    assert (result.status, result.kind) == ("sealed", "full")
    assert pauses == sorted(pauses)
    assert len(pauses) == times // 2


@pytest.mark.parametrize("before", ["abcdefg", "ab"], ids=["in a segment", "not yet written"])
def test_a_resync_drops_what_was_pulled_before(world: World, before: str) -> None:
    """Segments of the void round are named by nothing, and rows that waited for one are in none."""
    void = ResyncRequiredError("void", code="resyncRequired")
    ports = scripted(world, following(1, *before), void, last("z"))
    assert pull(ports, world.connector).status == "sealed"
    assert [row[0] for row in rows(world)] == ["z"]


def test_the_link_just_followed_isnt_followed_for_ever(world: World) -> None:
    """A next link that repeats is a failure of the source, retried later."""
    again = Page([{"id": "a"}], Link("https://directory.example/begin", "next"))
    assert pull(scripted(world, again), world.connector).status == "paused"


def test_links_that_lead_round_in_a_circle_arent_followed_for_ever(world: World) -> None:
    """A next link back to an earlier page is a failure of the source too, whatever lies in between."""
    ports = scripted(world, following(1, "a"), following(2, "b"), following(1, "c"), *[following(2)] * 50)
    assert pull(ports, world.connector).status == "paused"
    assert len(ports.source.asked) == 3  # type: ignore[attr-defined]


def test_a_round_that_never_ends_begins_again_with_everybody(world: World) -> None:
    """Links that lead nowhere for six days, when no token would be good any more, are given up for a full round."""
    world.sync()
    opened = scripted(world, following(1, "a"), *[UnavailableError("down")] * 99)
    assert pull(opened, world.connector).status == "paused"
    for days, kind in ((5.9, "delta"), (0.2, "full")):
        world.sim.advance(days * 86_400)
        result = pull(scripted(world, UnavailableError("down")), world.connector)
        assert (result.status, result.kind) == ("paused", kind)
    world.sim.advance(61)
    assert pull(scripted(world, last("z")), world.connector).status == "sealed"
    assert [row[0] for row in rows(world)] == ["z"]


@pytest.mark.parametrize("error", [RefusedError("untracked"), ForeignLinkError("elsewhere")])
def test_what_an_administrator_must_mend_keeps_the_state(world: World, error: Exception) -> None:
    """A fatal error goes on to the caller; but for the quarantine the state, and so the watermark, stays as it was."""
    world.pull()
    before = world.state
    with pytest.raises(type(error)):
        pull(scripted(world, error), world.connector)
    assert replace(world.state, quarantine=None, pull_retry=None) == before


def test_an_idle_round_moves_the_watermark_and_leaves_no_round(world: World) -> None:
    """Nothing changed: no segment, no sealed round, no export."""
    world.pull()
    world.drain()
    before = world.state.watermark
    assert world.pull() == "sealed"
    assert world.state.sealed == ()
    assert world.state.watermark != before


@pytest.mark.parametrize(("days", "kind", "warned"), [(1, "delta", False), (5.5, "delta", True), (6.5, "full", True)])
def test_an_old_watermark_warns_at_five_days_and_is_replaced_at_six(
    world: World, days: float, kind: str, warned: bool
) -> None:
    """Tokens live seven days; nobody waits for the last one."""
    world.sync()
    world.sim.advance(days * 86_400)
    assert pull(world.ports(), world.connector).kind == kind
    assert (EventName.WATERMARK_OLD in world.events.names) is warned


def test_a_scheduled_full_round_isnt_exempt_from_the_threshold_and_a_changed_mapping_is(world: World) -> None:
    """Only a round that is expected to change much is announced."""
    world.sync()
    world.connector = with_limits(world.connector, full_round_every=timedelta(hours=1))
    world.sim.advance(4000)
    world.pull()
    assert [(r.kind, r.announced) for r in world.state.sealed] == [("full", False)]
    _first, *others = world.connector.mappings
    world.connector = replace(world.connector, mappings=tuple(others))
    world.pull()
    assert [(r.kind, r.announced) for r in world.state.sealed][1:] == [("full", True)]


@pytest.mark.slow
def test_a_long_hold_doesnt_make_the_state_grow_without_end(world: World) -> None:
    """Past 48 rounds, later ones lengthen the last."""
    world.pull()
    world.drain()
    person = world.join(department="x")
    for number in range(60):
        world.edit(person, department=f"{number}")
        world.pull()
    assert len(world.state.sealed) == 48
    world.settle_down()
    assert world.differences() == []


def test_a_connector_that_points_elsewhere_is_refused(world: World) -> None:
    """A shadow is about one tenant; another target needs another shadow."""
    world.join(department="x")
    world.settle_down()
    target = replace(world.connector.target, admin_url="https://other-admin.sharepoint.com")
    moved = replace(world.connector, target=target)
    with pytest.raises(ConfigError, match="reset the shadow"):
        pull(world.ports(), moved)


def test_lone_surrogates_and_huge_numbers_dont_stop_a_round(world: World) -> None:
    """What orjson refuses to write is kept for the mapping to judge."""
    source = FakeChangeSource({"p": {"department": "\ud800", "jobTitle": 2**70}})
    ports = replace(world.ports(), source=source)
    assert pull(ports, world.connector).status == "sealed"
    assert [row[2] for row in rows(world)] == ["\ud800"]


@pytest.mark.slow
def test_a_round_that_somebody_asked_for_is_known_in_a_long_pause() -> None:
    """Later rounds grow into the last one and give it their id, but not into this one."""
    world = settled(3)
    pause(world.ports(), world.connector, "anna")
    for number in range(MAX_ROUNDS):
        world.edit(world.people[0], department=f"B{number}")
        world.pull()
    run = request_run(world.ports(), world.connector)
    for value in ("asked", "later", "last"):
        world.edit(world.people[0], department=value)
        world.pull()

        assert run_status(world.ports(), world.connector, run) is not None
    assert len(world.state.sealed) == MAX_ROUNDS + 1
