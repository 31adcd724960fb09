"""Queues and timers on a clock that is stepped by hand, without an app."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from functions_host.clock import SteppedClock
from functions_host.errors import InvocationFailedError
from functions_host.settings import QueueOptions
from functions_host.store import Database
from functions_host.triggers.cron import parse_schedule
from functions_host.triggers.queues import QueueListener, Queues
from functions_host.triggers.timers import Timer

START = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    """A clock that stands still at noon."""
    return SteppedClock(START)


@pytest.fixture
def database(tmp_path):
    """An empty database."""
    database = Database(tmp_path / "state.db")
    yield database
    database.close()


@pytest.fixture
def listen(database, clock):
    """Return a function that starts a listener on the queue 'q'."""
    started = []

    def start(run, queues, **options):
        listener = QueueListener(queues, "q", run, clock=clock, options=QueueOptions(**options))
        listener.start()
        started.append(listener)
        return listener

    yield start
    for listener in started:
        listener.stop()


def test_messages_come_in_order_and_are_hidden_while_leased(database, clock):
    """A leased message is not leased again, its dequeue count is up, deleting it removes it."""
    queues = Queues(database, clock, QueueOptions())
    for body in "abc":
        queues.put("q", body)
    first = queues.lease("q", 2)
    assert [(m.text, m.dequeue_count) for m in first] == [("a", 1), ("b", 1)]
    assert [m.text for m in queues.lease("q", 2)] == ["c"]
    assert queues.lease("q", 2) == []
    queues.delete(first[0])
    assert [m.text for m in queues.messages("q")] == ["b", "c"]


def test_a_message_with_a_delay_shows_up_later(database, clock):
    """The initial visibility delay is on the host's clock."""
    queues = Queues(database, clock, QueueOptions())
    queues.put("q", "later", delay=timedelta(minutes=5))
    assert queues.lease("q", 1) == []
    assert queues.next_visible("q") == START + timedelta(minutes=5)
    clock.advance(timedelta(minutes=5))
    assert [m.text for m in queues.lease("q", 1)] == ["later"]


def test_messages_expire_after_a_week(database, clock):
    """The default time to live of storage queues."""
    queues = Queues(database, clock, QueueOptions())
    queues.put("q", "old")
    clock.advance(timedelta(days=7))
    assert queues.lease("q", 1) == []
    assert queues.messages("q") == []


def test_what_was_leased_when_the_host_died_reappears(tmp_path, clock):
    """A new host sees the message at once, with the dequeue count it had."""
    first = Database(tmp_path / "state.db")
    queues = Queues(first, clock, QueueOptions())
    queues.put("q", "x")
    queues.lease("q", 1)
    first.close()
    second = Database(tmp_path / "state.db")
    again = Queues(second, clock, QueueOptions()).lease("q", 1)
    assert [(m.text, m.dequeue_count) for m in again] == [("x", 2)]
    second.close()


@pytest.mark.parametrize(("base64", "largest"), [(True, 49152), (False, 65536)])
def test_messages_have_azures_size_limit(database, clock, base64, largest):
    """64 KiB, or three quarters of that when the message is base64 encoded."""
    queues = Queues(database, clock, QueueOptions(base64=base64))
    queues.put("q", b"x" * largest)
    with pytest.raises(InvocationFailedError, match="too large"):
        queues.put("q", b"x" * (largest + 1))


def test_a_failing_message_is_retried_and_then_poison(database, clock, listen, eventually):
    """After maxDequeueCount attempts the message goes to <queue>-poison; others go on."""
    queues = Queues(database, clock, QueueOptions())
    seen = []

    def run(message):
        seen.append((message.text, message.dequeue_count))
        if message.text == "bad":
            raise InvocationFailedError("no")

    listen(run, queues, max_dequeue_count=3, batch_size=1, new_batch_threshold=0)
    queues.put("q", "bad")
    eventually(lambda: queues.messages("q-poison"))
    queues.put("q", "good")
    eventually(lambda: ("good", 1) in seen)
    assert seen == [("bad", 1), ("bad", 2), ("bad", 3), ("good", 1)]
    assert [m.text for m in queues.messages("q-poison")] == ["bad"]


def test_a_failure_hides_the_message_for_the_visibility_timeout(database, clock, listen, eventually):
    """The retry comes when the clock has moved on by visibilityTimeout."""
    queues = Queues(database, clock, QueueOptions(visibility_timeout=timedelta(minutes=1)))
    seen = []

    def run(message):
        seen.append(message.dequeue_count)
        if message.dequeue_count == 1:
            raise InvocationFailedError("no")

    listener = listen(run, queues, visibility_timeout=timedelta(minutes=1))
    queues.put("q", "x")
    eventually(lambda: seen == [1] and queues.next_visible("q") == START + timedelta(minutes=1))
    eventually(lambda: not listener.busy())
    clock.advance(timedelta(minutes=1))
    eventually(lambda: seen == [1, 2] and queues.messages("q") == [])


def test_whoever_takes_the_host_down_too_often_is_poison(database, clock, listen, eventually):
    """A message that was dequeued more than maxDequeueCount times is not even tried."""
    for _ in range(3):
        queues = Queues(database, clock, QueueOptions())  # a new host
        if not queues.messages("q"):
            queues.put("q", "killer")
        queues.lease("q", 1)
    queues = Queues(database, clock, QueueOptions())
    seen = []
    listen(seen.append, queues, max_dequeue_count=3)
    eventually(lambda: queues.messages("q-poison"))
    assert seen == []


@pytest.mark.parametrize(("batch", "threshold", "expected"), [(1, 0, 1), (2, 0, 2), (2, 1, 3)])
def test_concurrency_is_batch_size_and_threshold(database, clock, listen, eventually, batch, threshold, expected):
    """A new batch is taken while no more than newBatchThreshold messages are in work; 1 and 0 keep the order."""
    queues = Queues(database, clock, QueueOptions())
    lock, go = threading.Lock(), threading.Semaphore(0)
    running, most, done = 0, 0, []

    def run(message):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        assert go.acquire(timeout=20)
        with lock:
            running -= 1
            done.append(message.text)

    for number in range(7):
        queues.put("q", str(number))
    listen(run, queues, batch_size=batch, new_batch_threshold=threshold)
    while len(done) < 7:
        before = len(done)
        eventually(lambda: running)
        go.release()
        eventually(lambda n=before: len(done) > n)
    assert most <= batch + threshold
    assert most == expected or threshold
    if batch == 1:
        assert done == list("0123456")


def make_timer(database, clock, fire, text="0 */5 * * * *", **options):
    """Return a timer of every five minutes."""
    return Timer("t", text, parse_schedule(text), fire, database=database, clock=clock, **options)


@pytest.fixture
def run_timer(database, clock):
    """Return a function that starts a timer."""
    started = []

    def start(fire, **options):
        timer = make_timer(database, clock, fire, **options)
        timer.start()
        started.append(timer)
        return timer

    yield start
    for timer in started:
        timer.stop()


def test_a_timer_fires_when_its_time_has_come(clock, run_timer, eventually):
    """Not at start, not before, and once each time."""
    fired = []
    timer = run_timer(fired.append)
    assert timer.status().next == START + timedelta(minutes=5)
    for count in (1, 2):
        clock.advance(timedelta(minutes=4, seconds=59))
        assert len(fired) == count - 1
        clock.advance(timedelta(seconds=1))
        eventually(lambda n=count: len(fired) == n and not timer.busy())
    assert [info["IsPastDue"] for info in fired] == [False, False]
    assert fired[1]["ScheduleStatus"]["Last"] == "2026-11-22T12:05:00+00:00"
    assert fired[1]["ScheduleStatus"]["Next"] == "2026-11-22T12:10:00+00:00"


def test_what_was_missed_fires_once_past_due(clock, run_timer, eventually):
    """A host that comes up after several occurrences fires once at once, marked past due."""
    run_timer(lambda _: None).stop()
    clock.advance(timedelta(minutes=17))
    fired = []
    timer = run_timer(fired.append)
    eventually(lambda: fired and not timer.busy())
    assert [info["IsPastDue"] for info in fired] == [True]
    assert timer.status().next == START + timedelta(minutes=20)


def test_without_monitor_nothing_is_made_up_for(clock, run_timer):
    """use_monitor=False forgets what was missed."""
    run_timer(lambda _: None).stop()
    clock.advance(timedelta(minutes=17))
    fired = []
    timer = run_timer(fired.append, use_monitor=False)
    assert timer.status().next == START + timedelta(minutes=20)
    assert fired == []


def test_a_killed_run_is_past_due_at_the_next_start(clock, run_timer, eventually):
    """The status is written after the run, so a run that was cut off is repeated."""
    running, release = threading.Event(), threading.Event()

    def hang(_info):
        running.set()
        release.wait(20)

    first = run_timer(hang)
    clock.advance(timedelta(minutes=5))
    assert running.wait(10)
    fired = []
    second = run_timer(fired.append)  # as after a kill: the first never came to write
    eventually(lambda: [info["IsPastDue"] for info in fired] == [True] and not second.busy())
    release.set()
    first.stop()


def test_a_changed_schedule_is_counted_from_the_last_run(clock, run_timer, eventually):
    """After a change to every minute, one that was missed since the last run fires past due."""
    run_timer(lambda _: None).stop()
    clock.advance(timedelta(minutes=2))
    fired = []
    timer = run_timer(fired.append, text="0 * * * * *")
    eventually(lambda: [info["IsPastDue"] for info in fired] == [True] and not timer.busy())


def test_run_on_startup_fires_at_the_start(clock, run_timer, eventually):
    """Only when the decorator asks for it."""
    fired = []
    run_timer(fired.append, run_on_startup=True)
    eventually(lambda: [info["IsPastDue"] for info in fired] == [False])


def test_a_timer_that_fails_waits_for_its_next_time(clock, run_timer, eventually):
    """Azure does not retry timers."""
    calls = []

    def fail(info):
        calls.append(info)
        raise InvocationFailedError("no")

    timer = run_timer(fail)
    for count in (1, 2):
        clock.advance(timedelta(minutes=5))
        eventually(lambda n=count: len(calls) == n and not timer.busy())


def test_occurrences_during_a_run_are_skipped(clock, run_timer, eventually):
    """A run that takes longer than the interval never overlaps itself and is followed by the next occurrence."""
    release, calls = threading.Event(), []

    def slow(info):
        calls.append(info)
        release.wait(20)

    timer = run_timer(slow)
    clock.advance(timedelta(minutes=5))
    eventually(lambda: len(calls) == 1)
    clock.advance(timedelta(minutes=12))
    assert len(calls) == 1
    release.set()
    eventually(lambda: not timer.busy())
    assert timer.status().next == START + timedelta(minutes=20)


def test_firing_by_hand_does_not_move_the_schedule(clock, run_timer):
    """The next occurrence stays."""
    fired = []
    timer = run_timer(fired.append)
    timer.fire_now()
    assert len(fired) == 1
    assert timer.status().next == START + timedelta(minutes=5)
