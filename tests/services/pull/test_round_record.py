"""What a pull of the directory leaves behind: the state, the events, the wake-ups and its result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.joined import JoinedWorld
from tests.support.world import World, with_limits
from upa_core.domain.documents.connector_state import ConnectorState, PeopleIndex
from upa_core.domain.documents.rounds import Link, OpenRound, SealedRound, Watermark
from upa_core.domain.errors import ResyncRequiredError, UnavailableError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.ports.change_source import Page
from upa_core.services.admin.requests import request_run
from upa_core.services.pull import PullResult
from upa_core.services.pull.directory import pull_directory
from upa_core.services.pull.keys import KeyBook
from upa_core.state.document import state_of

ROOT = "https://directory.example"
Answer = Page | Exception | Callable[[], None]


class Script:
    """A source that gives what was written down; a function among the answers is called before the next one."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[Link] = []

    def begin(self, select: object) -> Link:
        return Link(f"{ROOT}/begin", "initial")

    def page(self, link: Link) -> Page:
        self.asked.append(link)
        while callable(answer := self.answers.pop(0)):
            answer()
        if isinstance(answer, Exception):
            raise answer
        return answer


def following(number: int, *ids: str) -> Page:
    return Page([{"id": one, "department": one} for one in ids], Link(f"{ROOT}/{number}", "next"))


def last(*ids: str, name: str = "delta") -> Page:
    return Page([{"id": one, "department": one} for one in ids], Link(f"{ROOT}/{name}", "delta"))


class Scripted(World):
    """A tenant whose directory follows a script."""

    def ask(self, *answers: Answer, full: bool = False) -> PullResult:
        """Pull once."""
        self.script = Script(*answers)
        return pull_directory(replace(self.ports(), source=self.script), self.connector, full=full)

    def segments(self) -> list[int]:
        """Return the number of rows in each segment of the open round."""
        opened = self.state.open_round
        assert opened is not None
        return [one.rows for one in opened.segments]


@pytest.fixture
def world() -> Scripted:
    return Scripted()


def emitted(world: World) -> list[tuple[EventName, Level, object]]:
    """Return the events, and forget them; each names the round."""
    found = [
        (one.name, one.level, {k: v for k, v in one.fields.items() if k != "round"}) for one in world.events.events
    ]
    assert all(one.fields["round"] == one.run for one in world.events.events)
    world.events.events.clear()
    return found


def test_a_sealed_round_is_in_the_outbox_with_everything_that_planning_needs(world: Scripted) -> None:
    """One write moves the watermark, names the round and ends the open one; the export is woken for it."""
    result = world.ask(following(1, "a", "b"), last("c"))
    state, connector = world.state, world.connector
    (sealed,) = state.sealed
    assert sealed == SealedRound(
        id=result.round,
        kind="full",
        reason="there is no watermark",
        started=world.now,
        sealed=world.now,
        inputs=connector.directory_inputs,
        fingerprint=connector.fingerprint,
        segments=sealed.segments,
        announced=True,
    )
    assert sealed.rows == 3
    assert state.watermark == Watermark(f"{ROOT}/delta", world.now, connector.fingerprint)
    assert (state.open_round, state.last_pull, state.last_full, state.keys) == (None, world.now, world.now, None)
    assert result == PullResult("sealed", sealed.id, "full", 2, 3)
    assert world.waker.sent == [("export", "hr", sealed.id)]
    assert emitted(world) == [
        (EventName.ROUND_STARTED, Level.INFO, {"kind": "full", "reason": "there is no watermark"}),
        (EventName.ROUND_SEALED, Level.INFO, {"kind": "full", "pages": 2, "rows": 3}),
    ]


def test_a_round_without_a_change_leaves_the_time_and_the_watermark(world: Scripted) -> None:
    """Nobody is woken, and the last full round stays the last."""
    world.ask(last("a"))
    first, sealed = world.now, world.state.sealed
    world.waker.sent.clear()
    world.sim.advance(3600)
    result = world.ask(last(name="later"))

    assert world.script.asked == [Link(f"{ROOT}/delta", "delta")]
    assert (result.status, result.kind, result.rows) == ("sealed", "delta", 0)
    assert world.state.watermark == Watermark(f"{ROOT}/later", world.now, world.connector.fingerprint)
    assert (world.state.sealed, world.state.last_pull, world.state.last_full) == (sealed, world.now, first)
    assert world.waker.sent == []


def test_a_full_round_of_nobody_and_a_requested_one_are_planned_all_the_same(world: Scripted) -> None:
    """A full round without people says something; whoever asked gets a report."""
    world.ask(last())
    assert [(one.kind, one.rows) for one in world.state.sealed] == [("full", 0)]
    run = request_run(world.ports(), world.connector)
    world.waker.sent.clear()
    result = world.ask(last())

    assert [(one.id, one.requested) for one in world.state.sealed[1:]] == [(run, True)]
    assert (result.round, world.state.requested) == (run, None)
    assert world.waker.sent == [("export", "hr", run)]


def test_a_later_request_waits_for_its_own_round(world: Scripted) -> None:
    """A round that began before doesn't answer it."""
    asked: list[str] = []
    world.ask(lambda: asked.append(request_run(world.ports(), world.connector)), last("a"))
    assert world.state.requested is not None
    assert (world.state.requested.id, world.state.sealed[0].id == asked[0]) == (asked[0], False)


@pytest.mark.parametrize(("named", "seconds"), [(600.0, 600), (None, 60), (5.0, 60)])
def test_a_pause_keeps_the_rows_and_says_until_when(world: Scripted, named: float | None, seconds: int) -> None:
    """A minute at least; the round says so until it goes on, and nobody is asked before."""
    result = world.ask(following(1, "a"), UnavailableError("busy", retry_after=named))
    resume = world.now + timedelta(seconds=seconds)
    assert result == PullResult("paused", result.round, "full", 1, 1, resume, "busy")
    assert world.state.open_round is not None
    assert (world.state.open_round.not_before, world.segments()) == (resume, [1])
    assert emitted(world)[1:] == [
        (EventName.PULL_PAUSED, Level.WARNING, {"seconds": float(seconds), "reason": "busy"}),
    ]

    early = world.ask()
    assert (early.status, early.resume, early.why) == ("paused", resume, "the source asked for a pause")
    world.sim.advance(seconds)
    assert world.ask(following(2, "b"), UnavailableError("busy")).pages == 2
    assert world.script.asked[0] == Link(f"{ROOT}/1", "next")
    assert world.segments() == [1, 1]


def test_rows_become_a_segment_by_number_or_by_age(world: Scripted) -> None:
    """Six rows at least, or a minute after the last segment; each is a checkpoint."""
    seen: list[list[int]] = []

    def note() -> None:
        seen.append(world.segments() if world.state.open_round else [])

    def wait(seconds: int) -> Callable[[], None]:
        return lambda: world.sim.advance(seconds)

    world.ask(
        following(1, *"abcde"),
        note,
        following(2, "f"),
        note,
        wait(59),
        following(3, "g"),
        note,
        wait(1),
        following(4, "h"),
        note,
        wait(59),
        following(5, "i"),
        note,
        last(),
    )
    assert seen == [[], [6], [6], [6, 2], [6, 2]]
    assert [one.rows for one in world.state.sealed[0].segments] == [6, 2, 1]


def test_at_the_end_of_its_time_a_pull_hands_over(world: Scripted) -> None:
    """After a page that ends at the deadline; the next call goes on there, and it isn't a pause."""
    world.connector = with_limits(world.connector, time_budget=timedelta(minutes=10))
    budget = [lambda: world.sim.advance(599), following(1, "a"), lambda: world.sim.advance(1), following(2, "b")]
    result = world.ask(*budget)
    opened = world.state.open_round
    assert opened is not None
    assert (opened.position.url, result) == (f"{ROOT}/2", PullResult("handed_over", opened.id, "full", 2, 2))
    assert world.waker.sent == [("continue_pull", "hr", opened.id)]
    assert emitted(world)[1:] == [(EventName.ROUND_CONTINUED, Level.INFO, {"pages": 2})]

    again = world.ask(last("c"), full=True)
    assert (again.round, again.pages, world.state.sealed[0].rows) == (opened.id, 3, 3)
    assert [one.name for one in world.events.events] == [EventName.ROUND_SEALED]


def test_a_resync_begins_the_round_again_as_a_full_one(world: Scripted) -> None:
    """It keeps its name and its start, drops what it had, and asks from the beginning."""
    world.ask(last("a"))
    emitted(world)
    world.sim.advance(60)
    started = world.now
    paused = world.ask(following(1, *"abcdefg"), UnavailableError("busy"))
    world.sim.advance(60)
    emitted(world)
    result = world.ask(ResyncRequiredError("void", code="syncStateNotFound"), following(2, "z"), last("y"))
    sealed = world.state.sealed[-1]

    assert [one.url for one in world.script.asked] == [f"{ROOT}/1", f"{ROOT}/begin", f"{ROOT}/2"]
    assert (result.round, result.kind, result.pages, result.rows) == (paused.round, "full", 2, 2)
    assert (sealed.kind, sealed.started, sealed.announced) == ("full", started, False)
    assert sealed.reason == "the source asked for a resync (syncStateNotFound)"
    assert world.state.last_full == world.now
    assert emitted(world) == [
        (EventName.ROUND_RESYNC, Level.WARNING, {"code": "syncStateNotFound"}),
        (EventName.ROUND_SEALED, Level.INFO, {"kind": "full", "pages": 2, "rows": 2}),
    ]


def test_a_second_resync_in_a_pull_pauses(world: Scripted) -> None:
    """The round begins again after the pause, and says why it waits."""
    void = ResyncRequiredError("void", code="")
    result = world.ask(void, void)
    opened = world.state.open_round
    assert opened is not None
    assert (result.status, result.resume) == ("paused", world.now + timedelta(minutes=2))
    assert (opened.restarts, opened.reason) == (2, "the source asked for a resync (no code)")
    assert result.why == "the source asked for another resync ()"


def test_after_a_resync_links_may_be_met_again(world: Scripted) -> None:
    """They belong to the new reading; only within it a link back is a circle."""
    void = ResyncRequiredError("void", code="x")
    assert world.ask(following(1, "a"), following(2, "b"), void, following(1, "a"), last("b")).status == "sealed"


def test_a_second_writer_says_that_it_was_superseded(world: Scripted) -> None:
    """Another instance sealed a round meanwhile: this one's rows are named by nothing."""
    world.ask(last("a"))

    def other() -> None:
        other_one = replace(world.ports(), source=Script(last("b", name="other")))
        assert pull_directory(other_one, world.connector).status == "sealed"

    result = world.ask(other, last("c", name="mine"))
    assert (result.status, result.kind, result.why) == (
        "superseded",
        "delta",
        "another instance is pulling this connector",
    )
    assert world.state.watermark is not None
    assert world.state.watermark.url == f"{ROOT}/other"
    assert [one.rows for one in world.state.sealed] == [1, 1]


def test_a_checkpoint_is_refused_where_another_instance_moved_the_round(world: Scripted) -> None:
    """Both continue one open round: whoever comes second loses, and the round goes on where the first one is."""
    world.ask(following(1, "a"), UnavailableError("busy"))
    world.sim.advance(60)

    def other() -> None:
        other_one = replace(world.ports(), source=Script(following(2, "b"), UnavailableError("busy")))
        assert pull_directory(other_one, world.connector).status == "paused"

    assert world.ask(other, following(7, "x"), UnavailableError("busy")).status == "superseded"
    assert world.state.open_round is not None
    assert world.state.open_round.position.url == f"{ROOT}/2"


def test_an_old_watermark_warns_with_its_age(world: Scripted) -> None:
    """Past five days, not at five days; before the first round there is nothing to warn of."""
    for seconds, warned in ((0, []), (5 * 86_400, []), (5 * 86_400 + 360, [{"age_hours": 120.1}])):
        world.ask(last("a"))
        world.events.events.clear()
        world.sim.advance(seconds)
        world.ask(last("a"))
        found = world.events.named(EventName.WATERMARK_OLD)
        assert [one.fields for one in found] == warned
        assert all(one == Event(EventName.WATERMARK_OLD, "hr", "", Level.WARNING, one.fields) for one in found)


@pytest.mark.parametrize(
    ("state", "fresh"),
    [
        (ConnectorState(), True),
        (ConnectorState(sequence=4), False),
        (ConnectorState(people=PeopleIndex(token="other")), False),
    ],
)
def test_only_a_state_that_is_new_or_lost_gets_a_folder_of_its_own(
    world: Scripted, state: ConnectorState, fresh: bool
) -> None:
    """Shards of a lost state lie in the folder without a token; a state that named files keeps its own."""
    state_of(world.store, "hr").update(lambda _: state)
    world.ask(last("a"))

    assert (world.state.people != state.people) is fresh
    people = world.state.people
    world.ask(last("b"))
    assert world.state.people == people


def test_a_full_round_begins_the_key_index_and_a_delta_round_lengthens_it() -> None:
    """An index of other attributes counts for nothing: a full round begins another one."""
    world = JoinedWorld(2)
    world.pull()
    keys = world.state.keys
    assert keys is not None
    assert (keys.round, keys.base, len(keys.segments)) == (world.state.sealed[0].id, 1, 1)
    assert world.state.watermark is not None
    assert world.state.watermark.decided == world.connector.decided
    world.hire("E7")
    world.pull()
    longer = world.state.keys
    assert longer is not None
    assert (longer.round, longer.base, [one.rows for one in longer.segments]) == (keys.round, 1, [2, 1])
    assert longer.segments[0] == keys.segments[0]

    state_of(world.store, "hr").update(lambda s: replace(s, keys=replace(longer, header=("mail",))))
    world.hire("E8")
    world.pull()
    assert world.state.keys is not None
    assert (world.state.keys.header, world.state.sealed[-1].kind) == (world.connector.key_paths, "full")


def test_each_segment_of_keys_holds_what_came_since_the_one_before() -> None:
    """Without rows there is none, and cleared rows are in none."""
    world = JoinedWorld(2)
    world.pull()
    key = world.connector.key_paths[0]
    opened = OpenRound("r", "full", "", world.now, Link(f"{ROOT}/1", "next"), world.connector.inputs, "f")
    book = KeyBook(world.connector)
    for ids in ("ab", "c", ""):
        book.add([{"id": one, key: one} for one in ids])
        opened = book.flush(world.ports(), opened)
    book.add([{"id": "d", key: "d"}])
    book.clear()

    assert [one.rows for one in book.flush(world.ports(), opened).keys] == [2, 1]
