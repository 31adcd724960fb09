"""What the state keeps of a secondary source: after a snapshot, after changes, after nothing new, after a failure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.joined import HR, JoinedWorld, row
from upa_core.domain.documents.sources import SourceState
from upa_core.domain.errors import OfferHeldError, RefusedError, RetryLaterError, UnavailableError, UpaError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.sources.contract import FIRST_CLEAR
from upa_core.ports.row_source import Offer
from upa_core.services.pull import pull
from upa_core.services.pull.result import RowsResult
from upa_core.state.document import state_of
from upa_core.state.rows.current_rows import RowSet


@pytest.fixture
def world() -> JoinedWorld:
    """Return three people whose source delivered two of their rows and one of nobody; nothing is exported."""
    made = JoinedWorld(3)
    made.deliver(row("E0", "100"), row("E1", "101"), row("E9", "nobody's"))
    made.pull()
    return made


def ask(world: JoinedWorld) -> RowsResult:
    """Pull; return what came of the source."""
    (result,) = pull(world.ports(), world.connector).sources
    return result


def rows(world: JoinedWorld) -> dict[str, str]:
    """Return each person's current row: the value."""
    held = world.source.current
    assert held is not None
    return {one[0]: one[-1] for one in RowSet(world.store, held.segments).rows()}


def note(world: JoinedWorld, change: Callable[[SourceState], SourceState]) -> None:
    """Change what the state says of the source."""
    state_of(world.store, "hr").update(lambda state: state.with_source(change(state.source("hr"))))


def test_an_accepted_snapshot_is_recorded_with_its_time_and_its_rows(world: JoinedWorld) -> None:
    """One snapshot on one day; two people have a row, and one row waits for its person."""
    one, held, keys = world.source, world.source.current, world.state.keys
    assert held is not None
    assert keys is not None
    assert replace(one, current=None) == SourceState(
        "hr",
        described=world.connector.description_of(HR),
        cursor="snapshot 1",
        snapshots=1,
        last_full=world.now,
        last_pull=world.now,
        label="snapshot 1",
        delivered_rows=3,
        delivered=world.now,
        days=1,
        counted=world.now,
    )
    assert (held.generation, held.rows, held.waiting_rows, held.missing, held.overdue) == (1, 2, 1, 0, 0)
    assert (held.base, held.matched, held.known) == (
        len(held.segments),
        keys.stamp,
        None,
    )


def test_the_next_days_snapshot_is_another_day_and_changes_are_none(world: JoinedWorld) -> None:
    """Whoever a snapshot lacks is missing since that day; changes move only the time of asking."""
    world.sim.advance(24 * 3600)
    world.deliver(row("E0", "new"))
    second = world.now
    result = ask(world)
    held = world.source.current
    assert held is not None
    assert result == RowsResult("hr", "sealed", result.round, named=1, waiting=0)
    assert (world.source.snapshots, world.source.days, world.source.counted) == (2, 2, second)
    assert (held.generation, held.rows, held.missing, held.waiting_rows, held.base) == (2, 2, 1, 0, 1)

    world.sim.advance(24 * 3600)
    world.hr.change(row("E1", "changed"))
    before = world.source
    assert ask(world).named == 1
    after = world.source
    assert replace(after, current=None) == replace(
        before, current=None, cursor="changes 3", last_pull=world.now, delivered=world.now
    )
    assert rows(world) == {world.people[0]: "new", world.people[1]: "changed"}


def test_a_second_snapshot_of_one_day_is_no_second_day(world: JoinedWorld) -> None:
    """Both are snapshots all the same."""
    world.sim.advance(60)
    first = world.source.counted
    world.deliver(row("E0", "again"))
    ask(world)

    assert (world.source.snapshots, world.source.days, world.source.counted) == (2, 1, first)
    assert world.source.last_full == world.now


def test_a_snapshot_of_which_a_row_was_set_aside_is_no_day(world: JoinedWorld) -> None:
    """It proves nobody's absence, so that nobody comes nearer to a clear."""
    world.sim.advance(24 * 3600)
    world.hr.whole = False
    world.deliver(row("E0", "new"))
    ask(world)

    assert world.source.current is not None
    assert (world.source.days, world.source.current.missing, world.source.snapshots) == (1, 0, 2)


def test_rows_of_a_source_become_a_round_that_names_whom_they_change(world: JoinedWorld) -> None:
    """The round says whose rows they are, and the export is woken for it."""
    sealed = world.state.sealed[-1]

    assert (sealed.source, sealed.kind, sealed.reason, sealed.rows) == ("hr", "delta", "rows of hr", 2)
    assert (sealed.started, sealed.sealed, sealed.fingerprint) == (world.now, world.now, world.connector.fingerprint)
    assert world.waker.sent[-1] == ("export", "hr", sealed.id)
    fields = {"source": "hr", "round": sealed.id, "rows": 2, "waiting": 1}
    assert world.events.named(EventName.SOURCE_SEALED) == [
        Event(EventName.SOURCE_SEALED, "hr", sealed.id, fields=fields)
    ]


def test_rows_that_change_nobody_make_no_round_and_wake_nobody(world: JoinedWorld) -> None:
    """The same rows under another name are accepted, and nothing is to be planned."""
    sealed = world.state.sealed
    world.waker.sent.clear()
    world.deliver(row("E0", "100"), row("E1", "101"), row("E9", "nobody's"))
    result = ask(world)

    assert (result.status, result.round, result.waiting) == ("sealed", "", 1)
    assert (world.state.sealed, world.source.cursor, world.waker.sent) == (sealed, "snapshot 2", [])


def test_nothing_new_ends_a_failure_and_a_hold(world: JoinedWorld) -> None:
    """The source answers again, and what was held isn't offered any more."""
    note(world, lambda one: replace(one, failures=3, why="down", held="other file", holds=("too_few",)))
    before = world.source
    world.sim.advance(60)

    assert ask(world) == RowsResult("hr", "nothing new")
    assert world.source == replace(before, failures=0, why="", held="", holds=(), last_pull=world.now)


def test_the_first_clear_waits_for_somebody_while_nothing_new_comes(world: JoinedWorld) -> None:
    """Its hold stays as it is: no file ends it."""
    note(world, lambda one: replace(one, failures=1, why="1 person", held=FIRST_CLEAR, holds=(FIRST_CLEAR,)))
    before = world.source

    assert ask(world).status == "nothing new"
    assert world.source == replace(before, failures=0)


def test_the_same_content_again_is_a_delivery_where_its_time_is_known(world: JoinedWorld) -> None:
    """A late source is one that delivers nothing; without a time the last known delivery stays."""
    first = world.source.delivered
    second = world.now + timedelta(hours=1)
    for cursor, delivered, known in (("again", None, first), ("once more", second, second)):
        offer = Offer(cursor, same=True, delivered=delivered)
        world.hr.look = lambda _cursor, _approved="", offer=offer: offer  # type: ignore[misc]
        assert ask(world).status == "nothing new"
        assert (world.source.cursor, world.source.delivered) == (cursor, known)


@pytest.mark.parametrize(
    ("error", "level", "pauses"),
    [
        (UnavailableError("down"), Level.WARNING, (900, 3600)),
        (RetryLaterError("busy", retry_after=2000), Level.WARNING, (2000, 3600)),
        (RefusedError("no rights"), Level.ERROR, (900, 3600)),
    ],
)
def test_failures_in_a_row_are_counted_and_pause_longer(
    world: JoinedWorld, error: UpaError, level: Level, pauses: tuple[int, int]
) -> None:
    """A quarter of an hour, then an hour, or as long as the source asks; the last accepted rows stay."""
    for at, seconds in enumerate(pauses):
        world.deliver(row("E0", f"new {at}"))
        before = world.source
        world.hr.hooks.fail("look", error)
        result = ask(world)

        assert result == RowsResult("hr", "failed", why=str(error))
        paused = replace(before, failures=at + 1, why=str(error), not_before=world.now + timedelta(seconds=seconds))
        assert world.source == paused
        fields = {"source": "hr", "reason": str(error), "failures": at + 1}
        assert world.events.events[-1] == Event(EventName.SOURCE_FAILED, "hr", level=level, fields=fields)
        asked = world.hr.hooks.count("look")
        assert ask(world) == RowsResult("hr", "paused", why=str(error))
        assert world.hr.hooks.count("look") == asked
        world.sim.advance(seconds + 1)


def test_a_held_offer_is_recorded_by_its_name_and_reasons(world: JoinedWorld) -> None:
    """Another failure after it leaves nothing to be approved."""
    world.hr.hooks.fail("look", OfferHeldError("held", offer="file 7", reasons=("too_few",)))
    assert ask(world).status == "failed"
    assert (world.source.held, world.source.holds) == ("file 7", ("too_few",))

    world.sim.advance(901)
    world.hr.hooks.fail("look", UnavailableError("down"))
    ask(world)
    assert (world.source.held, world.source.holds) == ("", ())


@pytest.mark.parametrize("paused", [False, True])
def test_rows_follow_a_key_that_moved_although_the_source_fails(world: JoinedWorld, *, paused: bool) -> None:
    """Nobody keeps another's value; the failure and its pause stay as they are, and the export is woken."""
    if paused:
        world.hr.hooks.fail("look", UnavailableError("down"))
        ask(world)
    before, first, second = world.source, world.people[0], world.people[2]
    world.renumber(first, "E7")
    world.renumber(second, "E0")
    if not paused:
        world.hr.hooks.fail("look", UnavailableError("down"))
    world.waker.sent.clear()
    result = ask(world)

    assert result == RowsResult("hr", "paused" if paused else "failed", why="down")
    assert rows(world) == {second: "100", world.people[1]: "101"}
    sealed = world.state.sealed[-1]
    assert (sealed.source, sealed.reason, sealed.rows) == ("hr", "rows of hr by the keys of today", 1)
    assert world.waker.sent[-1] == ("export", "hr", sealed.id)
    assert (world.source.last_pull, world.source.cursor, world.source.snapshots) == (before.last_pull, "snapshot 1", 1)
    assert (world.source.failures, world.source.label, world.source.delivered) == (1, "snapshot 1", before.delivered)
    assert world.source.current is not None
    assert world.state.keys is not None
    assert (world.source.current.generation, world.source.current.matched) == (2, world.state.keys.stamp)


def test_rows_that_no_key_moves_stay_while_the_source_fails(world: JoinedWorld) -> None:
    """A newcomer without a row is no reason to write any."""
    held, sealed = world.source.current, len(world.state.sealed)
    world.hire("E5")
    world.hr.hooks.fail("look", UnavailableError("down"))

    assert ask(world).status == "failed"
    assert (world.source.current, len(world.state.sealed)) == (held, sealed + 1)


def test_rows_that_no_key_moves_need_no_new_generation(world: JoinedWorld) -> None:
    """They are noted as matched by the keys of today, so that they aren't compared again."""
    held = world.source.current
    assert held is not None
    world.hire("E5")
    assert ask(world).status == "nothing new"
    keys = world.state.keys
    assert keys is not None
    assert world.source.current == replace(held, matched=keys.stamp)

    world.store.hooks.calls.clear()
    assert ask(world).status == "nothing new"
    assert [call for call in world.store.hooks.subjects("get") if "/sources/" in call] == []


def test_rows_of_an_offer_lie_nowhere_but_in_the_accepted_segments() -> None:
    """Neither rows on their way into partitions are left, nor any row of an offer that broke off."""
    world = JoinedWorld(8)
    world.deliver(*(row(f"E{n}", f"v{n}") for n in range(8)), *(row(f"F{n}", "x") for n in range(8)))
    world.pull()

    def stored() -> set[str]:
        return {key for key in world.store.blobs if "/sources/" in key}

    first = stored()
    assert first == named(world)
    for broken in (True, False):
        world.hr.broken = (16, UnavailableError("half")) if broken else None
        world.deliver(*(row(f"E{n}", f"{broken} {n}") for n in range(8)), *(row(f"F{n}", "y") for n in range(8)))
        assert ask(world).status == ("failed" if broken else "sealed")
        assert stored() == first | (set() if broken else named(world))
        world.sim.advance(901)


def named(world: JoinedWorld) -> set[str]:
    """Return the segments that the state names."""
    held = world.source.current
    assert held is not None
    return {segment.key for segment in (*held.segments, *held.waiting)}


def test_rows_that_say_what_is_known_are_never_stored(world: JoinedWorld) -> None:
    """A snapshot of a million rows costs what differs in it."""
    world.store.hooks.calls.clear()
    world.deliver(row("E1", "101"), row("E0", "100"))
    assert ask(world).status == "sealed"

    assert [key for key in world.store.hooks.subjects("put") if "/sources/" in key] == []


def test_the_round_of_a_slow_source_began_when_it_was_asked(world: JoinedWorld) -> None:
    """Its values wait since then."""
    began, look = world.now, world.hr.look

    def slow(cursor: str, approved: str = "") -> Offer | None:
        world.sim.advance(300)
        return look(cursor, approved)

    world.hr.look = slow
    world.deliver(row("E0", "new"))
    ask(world)
    sealed = world.state.sealed[-1]

    assert (sealed.started, sealed.sealed) == (began, world.now)
    assert (world.source.last_pull, world.source.delivered) == (world.now, world.now)


def test_the_first_clear_of_one_person_waits_for_somebody() -> None:
    """Nothing is cleared before; once allowed, later ones need nobody."""
    world = JoinedWorld(3, secondaries=(replace(HR, on_missing="clear", clear_after=1),))
    world.deliver(*(row(f"E{n}", f"{n}") for n in range(3)))
    world.pull()
    world.sim.advance(24 * 3600)
    world.deliver(row("E0", "0"), row("E1", "1"))
    ask(world)
    held = world.source.current
    assert held is not None
    assert (held.missing, held.overdue, world.source.held, world.source.holds) == (1, 1, FIRST_CLEAR, (FIRST_CLEAR,))
    assert world.source.why.startswith("1 person is missing in accepted snapshots of 1 days")
    assert rows(world)[world.people[2]] == "2"

    note(world, lambda one: replace(one, approved=FIRST_CLEAR, approved_by="Ann"))
    result = ask(world)
    assert (result.named, rows(world)[world.people[2]], world.source.clears) == (1, None, True)
    assert (world.source.held, world.source.holds, world.source.why) == ("", (), "")
    assert (world.source.approved, world.source.approved_by) == ("", "")


def test_damaged_rows_are_given_up_in_a_pause_too(world: JoinedWorld) -> None:
    """The keys of today can't be compared with what can't be read."""
    world.hr.hooks.fail("look", UnavailableError("down"))
    ask(world)
    world.renumber(world.people[0], "E7")
    for key in named(world):
        world.store.put(key, b"damaged")
    result = ask(world)

    assert (result.status, world.source.current, world.source.failures) == ("failed", None, 2)


def test_damaged_rows_are_given_up_with_the_key_index(world: JoinedWorld) -> None:
    """No value is made of them: the source is read again, under the index of the next full round."""
    held = world.source.current
    assert held is not None
    for segment in held.segments:
        world.store.put(segment.key, b"damaged")
    world.deliver(row("E0", "new"))
    result = ask(world)

    assert (result.status, world.source.cursor, world.source.current, world.state.keys) == ("failed", "", None, None)
    assert (world.source.failures, world.events.events[-1].level) == (1, Level.ERROR)
    assert ask(world).status in ("paused", "waiting")
    world.sim.advance(901)
    ask(world)
    assert world.state.sealed[-2].reason == "the key index is missing"
    assert rows(world) == {world.people[0]: "new"}


def test_another_instance_that_is_first_leaves_nothing_of_the_second(world: JoinedWorld) -> None:
    """The loser says so; its rows are named by nothing, and the winner's stay."""
    world.deliver(row("E0", "loser"))
    look = world.hr.look

    def late(cursor: str, approved: str = "") -> Offer | None:
        found = look(cursor, approved)
        note(world, lambda one: replace(one, label="winner"))
        return found

    world.hr.look = late
    result = ask(world)

    assert (result.status, result.why) == ("superseded", "another instance is pulling hr")
    assert (world.source.label, rows(world)[world.people[0]]) == ("winner", "100")
