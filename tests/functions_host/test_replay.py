"""The replayer: durable's own executor, of whichever line is installed, on a virtual clock."""

import importlib
import itertools
import random
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest
from azure.durable_functions import RetryOptions

from functions_host.replay.outcome import (
    NonDeterministicError,
    OrchestratorFailedError,
    OutstandingError,
    ReplayError,
    StuckError,
)
from functions_host.replay.run_all import Replay

HOUR = timedelta(hours=1)
ON_1 = version("azure-functions-durable").startswith("1.")


@pytest.fixture
def sample(monkeypatch):
    """The sample app's orchestrators."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "apps" / "good"))
    yield importlib.import_module("orchestrators")
    sys.modules.pop("orchestrators", None)


def test_a_day_of_polling_takes_seconds(sample):
    """24 hours of polls every five minutes: the history stays short, the time is virtual."""
    activities = {
        "poll": lambda asked: "done" if asked["n"] == 287 else "running",
        "archive": lambda job: f"archive/{job}",
        "delete": lambda _job: None,
    }
    job = {"job": "j", "pause_s": 299, "polls_per_run": 24}
    outcome = Replay(sample.watch, activities).run(job)
    assert outcome.output == {"job": "j", "polls": 288, "archived": "archive/j"}
    assert outcome.custom_status == {"polls": 288, "state": "done"}
    assert timedelta(hours=23, minutes=50) < outcome.virtual_time < timedelta(hours=24, minutes=10)
    assert outcome.continued == 11
    assert outcome.longest_history < 8 * 25 + 10
    assert [len([c for c in outcome.calls if c.name == name]) for name in activities] == [288, 1, 1]


def test_retries_wait_the_interval(sample):
    """Two failures are retried, each after the first interval; the third attempt counts."""
    attempts = []

    def poll(_asked):
        attempts.append(replay.now)
        if len(attempts) < 3:
            raise ConnectionError("503")
        return "done"

    replay = Replay(sample.watch, {"poll": poll, "archive": lambda _: "a", "delete": lambda _: None})
    outcome = replay.run({"job": "j"})
    assert outcome.output["polls"] == 1
    assert [call.error for call in outcome.calls[:3]] == ["ConnectionError: 503", "ConnectionError: 503", None]
    assert [later - earlier for earlier, later in itertools.pairwise(attempts)] == [
        timedelta(seconds=2),
        timedelta(seconds=2),
    ]


def test_exhausted_retries_fail_the_orchestrator(sample):
    """The error names activity and reason."""

    def poll(_asked):
        raise ConnectionError("503")

    with pytest.raises(OrchestratorFailedError, match="Activity function 'poll' failed: ConnectionError: 503"):
        Replay(sample.watch, {"poll": poll}).run({"job": "j"})


@pytest.mark.parametrize(
    ("events", "output", "lasts"),
    [
        ([], "timeout", HOUR),
        ([(timedelta(minutes=10), "go", {"a": 1})], {"event": {"a": 1}, "cancelled": True}, timedelta(minutes=10)),
    ],
)
def test_events_race_timers(sample, events, output, lasts):
    """The first to come wins; a cancelled timer does not keep the orchestration."""
    outcome = Replay(sample.waits, {}, events=events).run()
    assert (outcome.output, outcome.virtual_time) == (output, lasts)


def test_the_orchestrators_time_is_virtual(sample):
    """It starts where it is told to and moves by the timers."""
    start = datetime(2030, 5, 5, 5, 5, tzinfo=UTC)
    before, after, guid = Replay(sample.clocked, {}, start=start).run().output
    assert (before, after) == ("2030-05-05T05:05:00+00:00", "2030-05-05T06:05:00+00:00")
    assert guid == Replay(sample.clocked, {}, start=start).run().output[2]


def test_sub_orchestrators_are_faked_like_activities(sample):
    """Their results come from the same table."""
    outcome = Replay(sample.parent, {"child": lambda n: n + 1, "double": lambda n: n * 2}).run(2)
    assert outcome.output == [0, 2, 4]


def test_something_outstanding_at_continue_as_new_is_refused():
    """A timer or activity that still runs could complete a task of the next run."""

    def leaves_a_timer(context):
        timer = context.create_timer(context.current_utc_datetime + HOUR)
        work = context.call_activity("work")
        yield context.task_any([timer, work])
        context.continue_as_new(1)

    with pytest.raises(OutstandingError, match="timer for 2026-01-01T01:00:00"):
        Replay(leaves_a_timer, {"work": lambda _: 1}).run()


def test_a_cancelled_timer_is_not_outstanding():
    """Cancelling is enough."""

    def cancels(context):
        if context.get_input():
            return "again"
        timer = context.create_timer(context.current_utc_datetime + HOUR)
        work = context.call_activity("work")
        yield context.task_any([timer, work])
        timer.cancel()
        context.continue_as_new(1)
        return None

    outcome = Replay(cancels, {"work": lambda _: 1}).run()
    assert (outcome.output, outcome.continued, outcome.virtual_time) == ("again", 1, timedelta(seconds=1))


def test_chance_is_caught():
    """Another input to the activity at the second replay."""

    def gambles(context):
        yield context.call_activity("work", random.random())

    with pytest.raises(NonDeterministicError, match="replayed twice"):
        Replay(gambles, {"work": lambda _: 1}).run()


def test_state_outside_is_caught():
    """A decision that depends on how often the code has run."""
    runs = []

    def counts(context):
        runs.append(1)
        yield context.call_activity("work", len(runs) // 2)

    with pytest.raises(NonDeterministicError):
        Replay(counts, {"work": lambda _: 1}).run()


def test_a_change_between_steps_is_caught():
    """What an earlier step decided must come out again later, even if two replays in a row agree."""
    done = []

    def forgets(context):
        yield context.call_activity("work", bool(done))
        yield context.call_activity("work", "second")

    with pytest.raises(NonDeterministicError, match="differently from the first run"):
        Replay(forgets, {"work": done.append}).run()


def test_waiting_for_nothing_is_caught():
    """An event that never comes, and nothing else pending."""

    def forever(context):
        yield context.wait_for_external_event("never")

    with pytest.raises(StuckError, match="nothing is outstanding"):
        Replay(forever, {}).run()


def test_running_on_and_on_is_caught():
    """The limit is on virtual time."""

    def eternal(context):
        yield context.create_timer(context.current_utc_datetime + timedelta(days=1))
        context.continue_as_new(None)

    with pytest.raises(StuckError, match="30 days"):
        Replay(eternal, {}, limit=timedelta(days=30)).run()


def test_an_unknown_activity_fails_the_orchestrator():
    """As in Azure, where the activity is not found."""

    def calls(context):
        yield context.call_activity("missing")

    with pytest.raises(OrchestratorFailedError, match="there is no activity 'missing'"):
        Replay(calls, {}).run()


def test_what_is_not_covered_is_refused():
    """Durable HTTP has no stand-in."""

    def calls(context):
        yield context.call_http("GET", "http://localhost")

    refused = "CALL_HTTP" if ON_1 else "there is no activity 'BuiltIn__HttpPollOrchestrator'"
    with pytest.raises(ReplayError, match=refused):
        Replay(calls, {}).run()


def test_an_orchestrator_that_returns_at_once():
    """No yield, no history to speak of."""

    def returns(context):
        return context.get_input() * 2

    outcome = Replay(returns, {}).run(21)
    assert (outcome.output, outcome.replays, outcome.longest_history) == (42, 1, 2)


def test_compound_retries_keep_ids_in_step():
    """Two calls with retry side by side, one failing once: ids of retries and timers are counted as durable does."""
    failed = []

    def both(context):
        retry = RetryOptions(5000, 3)
        tasks = [context.call_activity_with_retry("work", retry, n) for n in range(3)]
        results = yield context.task_all(tasks)
        last = yield context.call_activity("work", 9)
        return [*results, last]

    def work(number):
        if number == 1 and not failed:
            failed.append(number)
            raise ValueError("once")
        return number

    assert Replay(both, {"work": work}).run().output == [0, 1, 2, 9]
