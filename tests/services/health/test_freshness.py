"""The two figures of freshness as everybody is told them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.crash.scenarios import quick
from tests.services.plan.test_dating import failing
from tests.support.drifting import DriftWorld
from tests.support.tiny_route import TARGET, TwoRoutes
from tests.support.world import NO_THRESHOLD, World, with_limits
from upa_core.domain.documents.connector_keys import freshness_key, shard_list_key
from upa_core.domain.drift.standing import Standing
from upa_core.domain.drift.totals import DriftTotals
from upa_core.domain.freshness.figures import Accepted, Kept
from upa_core.domain.freshness.waiting import Waiting
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.objective import Objective
from upa_core.services.admin.controls import pause
from upa_core.services.health.freshness import (
    Figures,
    freshness,
    freshness_json,
    say_read_back,
    share_read_back,
    tell_freshness,
)
from upa_core.services.health.notify import Alerting, notification_log_of, notify
from upa_core.services.health.status import status

HOUR = 3600


def told(world: World) -> dict[str, Any]:
    return freshness_json(freshness(world.ports(), world.connector))


def test_a_tenant_at_rest_is_accepted_whole(world: World) -> None:
    """Nobody waits; changes are as old as their import job took; nothing was ever read back; there is no objective."""
    found = told(world)

    assert found["accepted"]["share_percent"] == 100.0
    assert (found["accepted"]["people"], found["accepted"]["waiting"]) == (4, [])
    assert 0 < found["accepted"]["p95_hours"] < 6
    assert found["read_back"]["says"] == "never read back"
    assert found["objective"] is None


def test_before_the_first_plan_nothing_is_claimed() -> None:
    """No share, no age, no moment: not a figure of zero."""
    found = told(quick(World()))["accepted"]

    assert (found["share_percent"], found["p95_hours"], found["oldest"]) == (None, None, None)
    assert found["says"] == "nobody's values yet"


def test_a_round_that_isnt_planned_tells_records_and_why(world: World) -> None:
    """Who of it differs isn't known: the share stays, and the records stand beside it."""
    world.edit(world.people[0], department="new")
    world.pull()
    began = world.state.sealed[0].started
    pause(world.ports(), world.connector, "anna")
    world.sim.advance(2 * HOUR)
    found = told(world)["accepted"]

    assert found["share_percent"] == 100.0
    assert found["unplanned_records"] == 1
    assert found["oldest"]["where"] == "round"
    assert found["oldest"]["why"] == "paused"
    assert found["oldest"]["since"].startswith(f"{began:%Y-%m-%dT%H:%M:%S}")
    assert 2 <= found["oldest"]["age_hours"] < 2.1


def test_a_round_that_is_still_being_read_waits_too(world: World) -> None:
    """It was cut short after its first page."""
    for person in world.people:
        world.edit(person, department="new")
    world.sim.delta.options.page_size = 1
    world.connector = with_limits(world.connector, time_budget=timedelta(0))
    world.pull()
    where = [one["where"] for one in told(world)["accepted"]["waiting"]]

    assert where in (["pull"], ["round"])


def test_people_of_the_open_run_wait_until_sharepoint_has_ended_the_file(world: World) -> None:
    """A new person belongs to the whole from the plan on; the reason follows the file."""
    world.join(department="new")
    world.edit(world.people[0], department="new")
    world.pull()
    while world.lane.in_flight is None or world.lane.in_flight.phase != "queued":
        world.step()
    found = told(world)["accepted"]
    world.drain()
    after = told(world)["accepted"]

    assert (found["people"], found["waiting_people"], found["share_percent"]) == (5, 2, 60.0)
    assert [(one["where"], one["why"], one["people"]) for one in found["waiting"]] == [
        ("run", "SharePoint has the import file", 2)
    ]
    assert (after["people"], after["share_percent"], after["waiting"]) == (5, 100.0, [])


@pytest.mark.parametrize("refused", [True, False])
def test_a_person_in_batches_of_two_routes_counts_once(*, refused: bool) -> None:
    """While one of the batches has ended and the other hasn't: in escrow or with SharePoint, new or known."""
    world = quick(TwoRoutes(4))
    if refused:
        world.target.refused.add((world.people[0], TARGET))
    world.pull()
    while world.state.run is None or not any(one.settled for one in world.state.run.files):
        world.step()
    found = told(world)["accepted"]

    assert [one.route for one in world.state.run.files if not one.settled] == ["bulk"]
    assert bool(world.escrow()) is refused
    assert (found["people"], found["waiting_people"]) == (4, 4)


def test_a_held_plan_and_escrow_wait_with_their_reasons(world: World) -> None:
    """The oldest comes first."""
    absent = world.join(profile=False, department="nobody yet")
    world.sync(hours=3)
    world.connector = replace(world.connector, threshold=replace(NO_THRESHOLD, updates_absolute=1))
    for person in world.people:
        world.edit(person, department="new")
    world.pull()
    world.far()
    found = told(world)["accepted"]

    assert absent in world.escrow()
    assert [(one["where"], one["people"]) for one in found["waiting"]] == [("escrow", 1), ("held", 4)]
    assert found["waiting"][1]["why"].startswith("held: ")
    assert (found["people"], found["share_percent"]) == (5, 0.0)
    assert "in escrow: profile not created" in found["says"]


def test_a_failed_runs_people_wait_until_it_is_planned_again(world: World) -> None:
    """The next try is told."""
    world.sim.timer_job.plan("next", "internal_error")
    world.edit(world.people[0], department="new")
    world.pull()
    failing(world)
    (one,) = told(world)["accepted"]["waiting"]

    assert (one["where"], one["people"]) == ("failed_run", 1)
    assert "tried again at" in one["why"]


def test_profiles_that_are_read_back_make_the_second_figure() -> None:
    """Who differs and who can't be read isn't equal; the ages of the newest and the oldest read stand beside it."""
    world = quick(DriftWorld(4))
    world.settle_down()
    before = told(world)["read_back"]
    world.read_all()
    equal = told(world)["read_back"]
    world.hand(world.people[0], "UpaDepartment", "by hand")
    world.read_all()
    after = told(world)["read_back"]

    assert (before["says"], before["share_percent"], before["equal"]) == ("never read back", None, None)
    assert (equal["share_percent"], equal["equal"], equal["people"]) == (100.0, 4, 4)
    assert (after["share_percent"], after["equal"], after["different"]) == (75.0, 3, 1)
    assert after["oldest_read"] <= after["newest_read"]


def test_lost_books_claim_nothing_of_before(world: World) -> None:
    """Without the document of ages there is none; without the list of shards the share isn't known."""
    world.store.delete(freshness_key("hr"))
    world.store.delete(shard_list_key("hr"))
    found = told(world)["accepted"]

    assert (found["share_percent"], found["p95_hours"], found["counted_since"]) == (None, None, None)


def test_an_objective_that_is_missed_is_told_once_and_its_end_too(world: World) -> None:
    """Alarm and hourly event; it doesn't make the connector degraded. It ends when what waited was accepted in time."""
    world.connector = replace(world.connector, objective=Objective(50.0, timedelta(hours=12)))
    world.edit(world.people[0], department="new")
    world.pull()
    pause(world.ports(), world.connector, "anna")
    alerting = Alerting(frozenset({"freshness"}), timedelta(days=9))
    names = []
    for _ in range(14):
        world.sim.advance(HOUR)
        notify(world.ports(), world.connector, alerting)
        names.append([event.name for event in world.events.events if event.name is EventName.FRESHNESS_MISSED])
    alarms = [one.occasion for one in notification_log_of(world.ports(), world.connector).load().value.entries]

    assert alarms == ["freshness"]
    assert [len(one) for one in names][:11] == [0] * 11
    assert len(names[-1]) == 2
    assert told(world)["objective"]["missed"] is True
    assert status(world.ports(), world.connector)["state"] == "paused"


def test_what_was_measured_is_told_once_an_hour(world: World) -> None:
    """With or without an objective, for the metrics."""
    alerting = Alerting(frozenset(), timedelta(days=9))
    for _ in range(8):
        notify(world.ports(), world.connector, alerting)
        world.sim.advance(HOUR / 4)
    measured = [event for event in world.events.events if event.name is EventName.FRESHNESS_MEASURED]

    assert len(measured) == 2
    assert measured[0].fields["share_percent"] == 100.0
    assert measured[0].fields["read_back_percent"] is None


def test_status_says_the_same(world: World) -> None:
    """One service for all."""
    assert status(world.ports(), world.connector)["freshness"] == told(world)


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WAITS = (
    Waiting("escrow", NOW - timedelta(hours=30), "not_readable_yet", people=2, run="run-1"),
    Waiting("round", NOW - timedelta(minutes=36), "paused", records=1_200),
)
BEHIND = Accepted(8_000, 1_000, 87.5, 1_200, 40, 125, NOW - timedelta(days=7), WAITS)
READ = Standing(
    on=True,
    people=3,
    days=1,
    read=3,
    oldest=NOW - timedelta(days=2),
    newest=NOW - timedelta(minutes=30),
    totals=DriftTotals(different=1, unreadable={"no_profile": 1, "refused": 2}, equal=2),
    trouble="",
    campaign=None,
    left=0,
    ends=None,
)
MISSED = Kept(Objective(95.0, timedelta(hours=36)), late=4, counted=80, share=95.0, why="4 of 80 are late")
NOBODY = Accepted(0, 0, None, 0, 0, None, None, ())
UNREAD = replace(READ, people=0, read=0, oldest=None, newest=None, totals=DriftTotals())


def test_each_figure_stands_under_its_own_name() -> None:
    """Shares in per cent, ages in hours, moments, and what waits where, since when and why."""
    found = freshness_json(Figures(BEHIND, READ, MISSED, NOW))

    assert found == {
        "accepted": {
            "says": "87.5 % of 8,000 people; 95 % of changes within 2.08 h; "
            "the oldest waits 30 h (in escrow: not readable yet); 1,200 records aren't planned yet",
            "share_percent": 87.5,
            "people": 8_000,
            "waiting_people": 1_000,
            "unplanned_records": 1_200,
            "changes_7_days": 40,
            "p95_hours": 2.08,
            "counted_since": "2026-11-15T12:00:00Z",
            "oldest": found["accepted"]["waiting"][0],
            "waiting": [
                {
                    "where": "escrow",
                    "since": "2026-11-21T06:00:00Z",
                    "age_hours": 30.0,
                    "why": "not_readable_yet",
                    "people": 2,
                    "records": 0,
                    "run": "run-1",
                },
                {
                    "where": "round",
                    "since": "2026-11-22T11:24:00Z",
                    "age_hours": 0.6,
                    "why": "paused",
                    "people": None,
                    "records": 1_200,
                    "run": "",
                },
            ],
        },
        "read_back": {
            "says": "66.66 % of 3 people equal; the oldest read is 2 d old, the newest 30 min",
            "share_percent": 66.66,
            "people": 3,
            "read": 3,
            "equal": 2,
            "different": 1,
            "unreadable": 3,
            "oldest_read": "2026-11-20T12:00:00Z",
            "newest_read": "2026-11-22T11:30:00Z",
        },
        "objective": {
            "share_percent": 95.0,
            "within_hours": 36.0,
            "kept_percent": 95.0,
            "late": 4,
            "changes": 80,
            "missed": True,
            "why": "4 of 80 are late",
        },
    }


def test_what_isnt_known_is_null_and_no_zero() -> None:
    """Neither a share, nor an age, nor a moment; a kept objective isn't missed."""
    found = freshness_json(Figures(NOBODY, UNREAD, replace(MISSED, why=""), NOW))
    accepted, read_back = found["accepted"], found["read_back"]

    assert (accepted["says"], accepted["oldest"], accepted["waiting"]) == ("nobody's values yet", None, [])
    assert {accepted[one] for one in ("share_percent", "p95_hours", "counted_since")} == {None}
    assert read_back["says"] == "never read back"
    assert {read_back[one] for one in ("share_percent", "equal", "oldest_read", "newest_read")} == {None}
    assert found["objective"]["missed"] is False
    assert freshness_json(Figures(NOBODY, UNREAD, None, NOW))["objective"] is None


def test_a_share_of_people_who_were_read_needs_them_counted() -> None:
    """Before everybody was counted, and among nobody, how many were read is said, and no share."""
    uncounted = replace(READ, totals=replace(READ.totals, equal=None), newest=None)
    later = replace(READ, oldest=NOW + timedelta(minutes=1), newest=None)

    assert share_read_back(uncounted) is None
    assert share_read_back(replace(READ, people=0)) is None
    assert say_read_back(uncounted, NOW) == "3 people read; the oldest read is 2 d old"
    assert say_read_back(replace(uncounted, oldest=None), NOW) == "3 people read"
    assert say_read_back(later, NOW) == "66.66 % of 3 people equal; the oldest read is 0 min old"


def test_the_measurement_has_each_figure_under_its_own_name(world: World) -> None:
    """For the metrics; a missed objective is an event of its own, with how many were late."""
    tell_freshness(world.ports(), world.connector, Figures(BEHIND, READ, MISSED, NOW))
    tell_freshness(world.ports(), world.connector, Figures(NOBODY, UNREAD, replace(MISSED, why=""), NOW))
    measured = [one.fields for one in world.events.named(EventName.FRESHNESS_MEASURED)]

    assert measured[0] == {
        "share_percent": 87.5,
        "people": 8_000,
        "waiting_people": 1_000,
        "unplanned_records": 1_200,
        "changes": 40,
        "p95_hours": 2.08,
        "oldest_hours": 30.0,
        "oldest_where": "escrow",
        "read_back_percent": 66.66,
    }
    assert (measured[1]["p95_hours"], measured[1]["oldest_hours"], measured[1]["oldest_where"]) == (None, 0.0, "")
    assert [(one.level, one.fields) for one in world.events.named(EventName.FRESHNESS_MISSED)] == [
        (Level.WARNING, {"why": "4 of 80 are late", "late": 4, "changes": 80})
    ]


def test_a_wait_that_begins_by_another_clock_is_as_old_as_nothing() -> None:
    """A moment a little ahead of ours is no negative age."""
    ahead = replace(BEHIND, waiting=(replace(WAITS[1], since=NOW + timedelta(seconds=30)),))
    found = freshness_json(Figures(ahead, READ, None, NOW))["accepted"]

    assert (found["oldest"]["age_hours"], "the oldest waits 0 min (paused)" in found["says"]) == (0.0, True)
