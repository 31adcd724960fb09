"""The status of a connector."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.crash.scenarios import quick, settled
from tests.support.world import NO_THRESHOLD, World
from upa_core.domain.documents.connector_state import ConnectorState, Debt, RefusedProperty
from upa_core.domain.documents.lane import Abandoned, InFlight, Lane
from upa_core.domain.documents.quarantine import OFF_AFTER, Quarantine, QuarantineReason
from upa_core.domain.documents.rounds import Link, OpenRound, Segment
from upa_core.domain.documents.runs import Counts, Hold, Retry, Run
from upa_core.domain.health.notification_log import Notification, NotificationLog, Sample
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import Shard, shard_of
from upa_core.domain.plan.refused import hash_of
from upa_core.services.admin.controls import pause
from upa_core.services.health.notify import notification_log_of
from upa_core.services.health.status import status
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.document import lane_of, state_of


def test_status_is_json_and_names_each_state() -> None:
    """One line on top: what, since when, why, what to do."""
    world = quick(World(4, threshold=replace(NO_THRESHOLD, clears_absolute=0)))
    world.join(profile=False, department="x")

    def told() -> dict[str, Any]:
        document = status(world.ports(), world.connector)
        json.dumps(document)
        return document

    assert told()["state"] == "starting"
    world.sync(hours=0.8)
    document = told()
    assert document["state"] == "healthy"
    assert document["escrow"]["by_reason"] == {"profile_not_created": 1}
    assert document["last_run"]["counts"]["exported"] == 4
    world.edit(world.people[0], jobTitle=None)
    world.sync(hours=0.2)
    assert (told()["state"], told()["held_plan"]["counts"]["cleared"]) == ("held", 1)
    pause(world.ports(), world.connector, "anna")
    assert told()["state"] == "paused"


@pytest.mark.slow
def test_status_of_a_stalled_import_job_and_of_a_failure() -> None:
    """A stuck import job shows as stalled, a failed run as degraded with its next try."""
    world = settled()
    world.sim.timer_job.plan("next", "stuck")
    world.edit(world.people[0], department="B")
    world.pull()
    world.drain(hours=7)
    assert status(world.ports(), world.connector)["state"] == "stalled"
    world.end_run()
    document = status(world.ports(), world.connector)
    assert (document["state"], document["failures_in_a_row"]) == ("degraded", 1)
    assert len(document["abandoned_jobs"]) == 1


def test_every_figure_of_the_status_stands_under_its_own_name() -> None:
    """What page, command line and other programs read: moments, ages in hours, counts, and what waits for somebody."""
    world = settled(3)
    now, hour, day = world.now, timedelta(hours=1), timedelta(days=1)
    told = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    ago = f"{now - hour:%Y-%m-%dT%H:%M:%SZ}"
    absent = world.join(profile=False, department="x")
    reading = OpenRound("r2", "full", "asked for", now, Link("u", "next"), (), "f", (Segment("s", 7, 1),), pages=2)
    run = Run("20261122T101500Z-held", now - hour, ("r1",), (), Counts(people=2, updated=2))
    refused = RefusedProperty("UpaTitle", mapping_hash(world), now - hour, "run", 12, "no such type")

    def change(state: ConnectorState) -> ConnectorState:
        assert state.watermark is not None
        return replace(
            state,
            watermark=replace(state.watermark, issued=now - timedelta(hours=300, minutes=2)),
            last_full=now - 2 * hour,
            open_round=reading,
            hold=Hold(run, now - hour, "clears of 9 people"),
            debts=(Debt("https://x/f", is_folder=False, since=now),),
            refused=(refused,),
            pull_retry=Retry(2, now + hour, "HTTP 403", since=now - hour),
            quarantine=Quarantine(QuarantineReason.CREDENTIALS, now - hour, "HTTP 403", "pull"),
            people=replace(state.people, known=3),
        )

    state_of(world.store, "hr").update(change)
    change_people_between_runs(
        world.ports(),
        world.connector,
        [absent],
        lambda shard, one: shard.put_in_escrow(one, EscrowReason.PROFILE_NOT_CREATED, now=now - hour),
    )
    flight = InFlight("it", "run", "file", 1, "queued", now - 3 * hour, jobs=("job",), queued=now - hour, stalled=True)
    gone = Abandoned("hr", "old", "given-up.json", 1, "", "", ("lost",), now - hour, now)
    today = f"{now:%Y-%m-%d}"
    lane = Lane(in_flight=flight, day=today, jobs_today=4, jobs_total=9, abandoned=(gone,))
    lane_of(world.store, world.connector).update(lambda _: lane)
    entry = Notification("quarantined", "why", now - hour, "quarantined", "credentials", "todo", ())
    log = NotificationLog(
        first_seen=now - day,
        entries=(entry, replace(entry, occasion="silence", over=True)),
        samples=(Sample(now - day, 0, 5), Sample(now - hour, 0, 8), Sample(now, 1)),
        certificate_ends=now + timedelta(days=12, hours=3),
    )
    notification_log_of(world.ports(), world.connector).update(lambda _: log)
    document = status(world.ports(), world.connector, typical_hours=1.5)
    expected = {
        "version": 1,
        "connector": "hr",
        "state": "held",
        "now": told,
        "open_round": {"id": "r2", "kind": "full", "reason": "asked for", "pages": 2, "rows": 7},
        "waiting_rounds": 0,
        "current_run": None,
        "current_job": {
            "ids": ["job"],
            "connector": "it",
            "run": "run",
            "file": "file",
            "phase": document["current_job"]["phase"],
            "age_h": 1.0,
            "stalled": True,
        },
        "refused_properties": [{"property": "UpaTitle", "since": ago, "people": 12, "detail": "no such type"}],
        "held_plan": {
            "run": run.id,
            "since": ago,
            "why": "clears of 9 people",
            "counts": document["held_plan"]["counts"],
        },
        "next_try": f"{now + hour:%Y-%m-%dT%H:%M:%SZ}",
        "failures_in_a_row": 2,
        "last_full": f"{now - 2 * hour:%Y-%m-%dT%H:%M:%SZ}",
        "next_full": f"{now - 2 * hour + world.connector.limits.full_round_every:%Y-%m-%dT%H:%M:%SZ}",
        "people": {"known": 3, "shards": 1},
        "jobs_today": 4,
        "jobs_per_day": 500,
        "jobs_total": 9,
        "abandoned_jobs": [{"file": "given-up.json", "since": ago, "jobs": ["lost"]}],
        "library_debts": 1,
        "library_items": 8,
        "cert_days_left": 12,
        "alarms": [{"occasion": "quarantined", "since": ago, "title": "quarantined", "detail": "credentials"}],
        "config_hash": world.connector.fingerprint,
        "config_applied": True,
        "typical_job_h": 1.5,
    }

    assert {key: document[key] for key in expected} == expected
    assert document["held_plan"]["counts"]["updated"] == 2
    assert [one["library_items"] for one in document["samples"]] == [5, 8]
    assert document["escrow"] == {
        "total": 1,
        "by_reason": {"profile_not_created": 1},
        "oldest_h": 1.0,
        "next_due": document["escrow"]["next_due"],
    }
    assert document["escrow"]["next_due"] is not None
    assert (document["quarantine"]["reason"], document["quarantine"]["next_probe"]) == (
        "credentials",
        f"{now + hour:%Y-%m-%dT%H:%M:%SZ}",
    )
    assert document["quarantine"]["off_after"] == f"{now - hour + OFF_AFTER:%Y-%m-%dT%H:%M:%SZ}"
    assert document["token_age_h"] == 300.0


def test_a_status_without_anything_claims_nothing() -> None:
    """Before the first pull there is no moment, age, run or next try; import jobs of yesterday aren't today's."""
    world = World()
    yesterday = f"{world.now - timedelta(days=1):%Y-%m-%d}"
    lane_of(world.store, world.connector).update(lambda _: Lane(day=yesterday, jobs_today=7, jobs_total=7))
    document = status(world.ports(), world.connector)
    nothing = ("last_pull", "last_success", "last_run", "open_round", "current_run", "current_job", "held_plan")
    unknown = ("next_try", "quarantine", "token_age_h", "last_full", "next_full", "library_items", "cert_days_left")

    assert {document[key] for key in (*nothing, *unknown)} == {None}
    assert document["escrow"] == {"total": 0, "by_reason": {}, "oldest_h": None, "next_due": None}
    assert (document["jobs_today"], document["jobs_total"], document["failures_in_a_row"]) == (0, 7, 0)
    assert (document["alarms"], document["samples"], document["config_applied"]) == ([], [], False)


def test_a_connector_that_is_switched_off_has_no_next_try_and_another_mapping_isnt_applied() -> None:
    """Nor a day on which it is switched off."""
    world = settled(1)
    off = Quarantine(QuarantineReason.CREDENTIALS, world.now, "HTTP 403", "pull", off_since=world.now)
    retry = Retry(9, world.now + timedelta(hours=1), "HTTP 403")
    state_of(world.store, "hr").update(lambda state: replace(state, quarantine=off, pull_retry=retry))
    world.connector = replace(world.connector, mappings=world.connector.mappings[1:])
    document = status(world.ports(), world.connector)

    assert (document["next_try"], document["quarantine"]["off_after"], document["failures_in_a_row"]) == (None, None, 9)
    assert document["config_applied"] is False


def test_of_several_shards_the_oldest_and_the_next_due_count() -> None:
    """Whoever waits longest, and whoever is tried first, wherever they are; people of one reason add up."""
    world = settled(9)
    assert world.state.people.shards > 1
    now, people = world.now, iter(range(9))

    def wait(shard: Shard, one: str) -> None:
        first = shard_of(one, world.state.people.shards) == 0
        reason = EscrowReason.PROFILE_NOT_CREATED if first else EscrowReason.NOT_READABLE_YET
        shard.put_in_escrow(one, reason, now=now - timedelta(hours=next(people)))

    change_people_between_runs(world.ports(), world.connector, world.people, wait)
    escrow = status(world.ports(), world.connector)["escrow"]
    due = min(entry.due for entry in world.escrow().values() if entry.due is not None)

    assert (escrow["total"], sum(escrow["by_reason"].values()), escrow["oldest_h"]) == (9, 9, 8.0)
    assert list(escrow["by_reason"]) == ["not_readable_yet", "profile_not_created"]
    assert escrow["next_due"] == due.isoformat().replace("+00:00", "Z")


def mapping_hash(world: World) -> str:
    """Return the hash by which a refused property names the mapping of the title."""
    (mapping,) = (one for one in world.connector.active if one.target == "UpaTitle")
    return hash_of(mapping)
