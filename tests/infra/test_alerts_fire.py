"""Alert rules executed: silent over a healthy fortnight; each fires for its own trouble and connector, and ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.infra.test_alerts import log_rules, query
from tests.support.alert_engine import SPANS, AlertEngine, Stamped, StampedEvents
from tests.support.event_fields import fields_of
from tests.support.full import FULL
from tests.support.world import NO_THRESHOLD, World
from upa_core.domain.health.events import Event, EventName
from upa_core.domain.objective import Objective
from upa_core.services.admin.controls import pause, resume
from upa_core.services.admin.holds import approve
from upa_core.services.drive.tick import tick
from upa_core.services.drive.watch_file import watch_file
from upa_core.services.health.notify import Alerting, notify
from upa_core.services.upkeep.housekeeping import housekeeping

DAYS = 14
HOURS = 24 * DAYS
STEP = timedelta(hours=1 if FULL else 6)
"""Between two evaluations of a rule that summarizes; their windows are a day and more."""
TELLS_OF_THE_HOLD = {"plan-held", "hold-decided"}
TROUBLED = "hr"
OTHER = "badges"
ALERTING = Alerting(frozenset({"freshness"}), silence_after=timedelta(days=9))
FORGOTTEN, REMEMBERED = 26, 60
"""The hours of a life in which a connector is paused and goes on."""


class Fortnight:
    """Two weeks of a connector: hourly ticks, housekeeping each night, changes on working days, one hold."""

    def __init__(self, hours: int = HOURS) -> None:
        threshold = replace(NO_THRESHOLD, updates_absolute=3)
        self.world = World(6, threshold=threshold, objective=Objective(50.0, timedelta(hours=24)))
        self.events = StampedEvents(self.world.time)
        self.start = self.world.now
        for hour in range(hours):
            self.hour(hour, self.start + timedelta(hours=hour))

    def hour(self, hour: int, at: datetime) -> None:
        world = self.world
        self.watch(at)
        day, moment = divmod(hour, 24)
        working = at.weekday() < 5 and day not in (3, 4)  # a quiet spell of two working days
        if working and moment in (0, 5):
            world.edit(world.people[hour % 6], department=f"D{hour}")
        if day == 9 and moment == 7:
            for person in world.people:
                world.edit(person, jobTitle=f"T{hour}")
        tick(self.ports(), world.connector)
        notify(self.ports(), world.connector, ALERTING)
        hold = world.state.hold
        if hold is not None and day == 9 and moment == 12:
            approve(self.ports(), world.connector, hold.run.id, "anna")
        if moment == 17:
            housekeeping(self.ports(), world.connector)

    def watch(self, end: datetime) -> None:
        """Do what wake-ups do until a moment: export, and look at the import file whenever it is due."""
        world = self.world
        while world.now < end:
            flight = world.lane.in_flight
            if flight is None:
                if world.far(self.ports()).kind == "idle" or world.lane.in_flight is None:
                    break
                continue
            watched = watch_file(self.ports(), world.connector, flight.file)
            if not watched.done:
                world.until(min(watched.at or end, end))
        world.until(end)

    def ports(self):
        return replace(self.world.ports(), events=self.events)


class Forgotten(Fortnight):
    """Four days: somebody pauses the connector in the second day and forgets it for 34 hours."""

    def hour(self, hour: int, at: datetime) -> None:
        if hour == FORGOTTEN:
            pause(self.ports(), self.world.connector, "anna")
        if hour == REMEMBERED:
            resume(self.ports(), self.world.connector, "anna")
        super().hour(hour, at)


@pytest.fixture(scope="module")
def healthy() -> list[Stamped]:
    return Fortnight().events.kept


def test_a_missed_objective_is_judged_by_the_app_itself_and_fires_its_rule() -> None:
    """Nothing is emitted by hand: changes wait for longer than was promised while the connector is forgotten in a
    pause; the rule fires for it once, after a day, and ends when they have arrived."""
    forgotten = Forgotten(24 * 4)
    fired = AlertEngine(forgotten.events.kept).spells(log_rules()["freshness-missed"], step=timedelta(hours=1))

    ((first, last),) = fired[TROUBLED]
    waiting = forgotten.start + timedelta(hours=FORGOTTEN)
    assert timedelta(hours=24) < first - waiting <= timedelta(hours=32)
    assert last <= forgotten.start + timedelta(hours=REMEMBERED + 8)


def test_nothing_fires_in_a_healthy_fortnight(healthy: list[Stamped]) -> None:
    """Weekends, a quiet spell and a hold that is decided raise no alert but the two that tell of the hold."""
    engine = AlertEngine(healthy)
    fired = {
        name: spells
        for name, rule in log_rules().items()
        if (spells := engine.spells(rule, step=STEP if "summarize" in query(name) else None))
    }

    assert set(fired) == TELLS_OF_THE_HOLD
    assert {one for spells in fired.values() for one in spells} == {TROUBLED}
    names = {one.event.name for one in healthy}
    assert {EventName.RUN_ENDED, EventName.PLAN_HELD, EventName.HOLD_DECIDED, EventName.HOUSEKEEPING_DONE} <= names
    assert engine.over[1] - engine.over[0] > timedelta(days=DAYS - 1)


TROUBLES: dict[str, tuple[EventName, int]] = {
    "run-failed": (EventName.RUN_FAILED, 1),
    "plan-held": (EventName.HOLD_EXPIRED, 1),
    "quarantined": (EventName.QUARANTINED, 1),
    "switched-off": (EventName.SWITCHED_OFF, 1),
    "import-job-stalled": (EventName.IMPORT_JOB_STALLED, 1),
    "file-looked-up": (EventName.FILE_LOOKED_UP, 4),
    "pull-paused": (EventName.PULL_PAUSED, 9),
    "resync": (EventName.WATERMARK_OLD, 1),
    "trigger-failed": (EventName.TRIGGER_FAILED, 2),
    "escrow-old": (EventName.ESCROW_OLD, 1),
    "freshness-missed": (EventName.FRESHNESS_MISSED, 3),
    "step-given-up": (EventName.STEP_GIVEN_UP, 1),
    "clean-postponed": (EventName.CLEAN_POSTPONED, 13),
    "wake-up-lost": (EventName.WAKE_UP_LOST, 13),
    "watch-overdue": (EventName.WATCH_OVERDUE, 1),
    "hold-decided": (EventName.HOLD_DECIDED, 1),
    "controlled": (EventName.CONTROLLED, 1),
    "escrow-growing": (EventName.PERSON_ESCROWED, 101),
    "endless-round": (EventName.ROUND_CONTINUED, 97),
}
"""The event of each rule and how often it has to come within the window."""
MISSING = {"silence", "no-pull", "housekeeping-missing"}
"""Rules that fire for what doesn't come."""
ELSEWHERE = {"daily-cap"}
"""A rule over another table."""


def two_connectors(healthy: Sequence[Stamped]) -> list[Stamped]:
    """Let a second connector live through the same."""
    return [*healthy, *(replace(one, event=replace(one.event, connector=OTHER)) for one in healthy)]


@pytest.fixture(scope="module")
def both(healthy: list[Stamped]) -> AlertEngine:
    return AlertEngine(two_connectors(healthy))


def test_every_rule_has_its_trouble() -> None:
    """A rule that no case here makes fire would be untried."""
    assert set(TROUBLES) | MISSING | ELSEWHERE == set(log_rules())


@pytest.mark.parametrize("name", TROUBLES)
def test_a_rule_fires_for_its_trouble_and_ends(both: AlertEngine, name: str) -> None:
    """Enough of its event within the window: it fires for that connector only, says why, and ends with the window.

    One event fewer fires nothing.
    """
    event, count = TROUBLES[name]
    rule = log_rules()[name]
    window = timedelta(hours=SPANS[rule["windowSize"]])
    at = both.over[0] + timedelta(days=7, hours=3)
    reason = {"reason": "refused_by_sharepoint"} if name == "escrow-growing" else {}
    fields = {**dict.fromkeys(fields_of()[event.value], "x"), "people": 1, **reason}
    trouble = [
        Stamped(at + number * window / (2 * count), Event(event, TROUBLED, "r-1", fields=fields))
        for number in range(count)
    ]
    within = (at - timedelta(hours=30), at + window + timedelta(hours=50))
    often = timedelta(hours=SPANS[rule["evaluationFrequency"]])
    step = STEP / 2 if "summarize" in query(name) else often
    with both.having(trouble):
        fired = both.spells(rule, within=within, step=step)
    with both.having(trouble[:-1]):
        spared = both.spells(rule, within=within, step=step)

    assert list(fired) == [TROUBLED]
    ((first, last),) = fired[TROUBLED]
    assert trouble[-1].at <= first <= trouble[-1].at + step
    assert last <= trouble[-1].at + window + step
    assert spared == {}


def test_silence_fires_for_the_connector_that_has_no_success(healthy: list[Stamped]) -> None:
    """26 hours after its last success, while it still fails, and not for the other; it ends with the next success."""
    start = healthy[0].at + timedelta(days=6)
    end = start + timedelta(hours=40)
    success = {EventName.RUN_ENDED, EventName.PLAN_EMPTY, EventName.ROUND_SEALED}
    events = [
        one
        for one in two_connectors(healthy)
        if not (one.event.connector == TROUBLED and start <= one.at < end and one.event.name in success)
    ]
    failing = [
        Stamped(start + timedelta(hours=n), Event(EventName.TRIGGER_FAILED, TROUBLED, fields={"error": "x"}))
        for n in range(40)
    ]
    fired = AlertEngine([*events, *failing]).spells(
        log_rules()["silence"], within=(start - timedelta(days=2), end + timedelta(days=1)), step=timedelta(hours=2)
    )

    assert list(fired) == [TROUBLED]
    ((first, last),) = fired[TROUBLED]
    assert timedelta(hours=24) <= first - start <= timedelta(hours=28)
    assert last <= end + timedelta(hours=2)


def test_no_pull_fires_when_nobody_pulls(healthy: list[Stamped]) -> None:
    """An app that is dead for a day: it fires when the window is empty, and ends with the next sealed round."""
    start, end = (healthy[0].at + timedelta(days=6, hours=h) for h in (0, 24))
    events = [one for one in two_connectors(healthy) if not start <= one.at < end]
    rule = log_rules()["no-pull"]
    ((first, last),) = AlertEngine(events).spells(
        rule, within=(start - timedelta(days=1), end + timedelta(days=1)), step=timedelta(hours=1)
    )[""]
    window = timedelta(hours=SPANS[rule["windowSize"]])

    assert window - timedelta(hours=2) <= first - start <= window + timedelta(hours=2)
    assert last <= end + timedelta(hours=1)


def test_missing_housekeeping_fires_after_two_days(healthy: list[Stamped]) -> None:
    """Two days without housekeeping of one connector fire for that one."""
    start = healthy[0].at + timedelta(days=6)
    events = [
        one
        for one in two_connectors(healthy)
        if not (one.event.name is EventName.HOUSEKEEPING_DONE and one.event.connector == TROUBLED and one.at > start)
    ]
    fired = AlertEngine(events).spells(
        log_rules()["housekeeping-missing"],
        within=(start - timedelta(days=1), start + timedelta(days=5)),
        step=timedelta(hours=3),
    )

    assert list(fired) == [TROUBLED]
    assert timedelta(hours=24) <= fired[TROUBLED][0][0] - start <= timedelta(hours=48)


def test_the_daily_cap_fires_on_the_workspaces_own_word() -> None:
    """A row about the quota fires, another operation doesn't."""
    engine, now = AlertEngine([]), World().now
    engine.log_operation(now, "Ingestion", "Data collection stopped")
    before = engine.firing(log_rules()["daily-cap"], now)
    engine.log_operation(now, "Ingestion", "The OverQuota flag was set: daily cap reached")

    assert (before, engine.firing(log_rules()["daily-cap"], now)) == (set(), {""})


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('print x = strcat(dynamic({"a": "b"}).a, " ", dynamic({"a": "b"}).c)', "b "),
        ('print x = tostring("ABC" startswith "ab")', "True"),
        ('print x = tostring("b" in ("B"))', "False"),
        ("print x = tostring(isempty(tostring(dynamic({}).a)))", "True"),
        ('print x = tostring(toint(dynamic({"a": "12"}).a) + 1)', "13"),
        ("print x = tostring(isnull(toint(dynamic({}).a)))", "True"),
        ("traces | where 1 == 2 | summarize n = count() | project x = tostring(n)", "0"),
    ],
)
def test_the_engine_is_true_to_what_our_queries_use(text: str, answer: str) -> None:
    """What Kusto's reference says of these operators, the engine does."""
    engine = AlertEngine([])
    now = World().now

    assert [row["x"] for row in engine.run(text, now - timedelta(days=1), now)] == [answer]
