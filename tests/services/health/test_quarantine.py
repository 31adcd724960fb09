"""Quarantine: entered while pulling, polling, exporting and holding; probed rarely, left by itself, then off."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.crash.scenarios import quick, settled
from tests.support.world import NO_THRESHOLD, World
from upa_core.domain.documents.quarantine import OFF_AFTER, Quarantine, QuarantineReason
from upa_core.domain.errors import AccessDeniedError, RefusedError, UpaError
from upa_core.domain.health.events import Event, EventName
from upa_core.domain.people.mapping import direct
from upa_core.services.admin.controls import pause, reset, resume
from upa_core.services.admin.holds import approve, reject
from upa_core.services.admin.requests import request_run
from upa_core.services.drive.tick import tick
from upa_core.services.health.quarantine import hold_expired
from upa_core.services.health.status import status
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.state.document import state_of

HOURLY = timedelta(hours=1)


def shut(world: World, code: int = 403) -> None:
    """Have Graph refuse every page."""
    world.sim.faults.add(operation="users.delta", status=code)


def ticks(world: World, *, days: float, every: timedelta = HOURLY) -> int:
    """Tick as the timer does; returns how many of the ticks pulled, or tried to."""
    end, pulls = world.now + timedelta(days=days), 0
    while world.now < end:
        try:
            pulls += tick(world.ports(), world.connector) is not None
        except UpaError:
            pulls += 1
        world.far()
        world.sim.advance(every.total_seconds())
    return pulls


def quarantine(world: World) -> Quarantine:
    assert world.state.quarantine is not None
    return world.state.quarantine


def named(world: World, *names: EventName) -> list[Event]:
    return [event for event in world.events.events if event.name in names]


@pytest.fixture
def world() -> World:
    return settled()


@pytest.mark.parametrize("code", [401, 403])
def test_a_source_that_refuses_access_is_quarantine_at_once(world: World, code: int) -> None:
    """The error goes on to the caller; the reason is credentials, told once."""
    shut(world, code)
    with pytest.raises(AccessDeniedError):
        tick(world.ports(), world.connector)
    told = named(world, EventName.QUARANTINED)

    assert (quarantine(world).reason, quarantine(world).probe) == (QuarantineReason.CREDENTIALS, "pull")
    assert [event.fields["reason"] for event in told] == ["credentials"]


def test_a_token_that_cannot_be_had_is_credentials(world: World) -> None:
    """AADSTS errors, as the token sources raise them, are an access error like 403."""

    class NoToken:
        def token(self, audience: str) -> str:
            raise AccessDeniedError(f"certificate: no token for {audience} AADSTS700027")

        refresh = token

    world.tokens = NoToken()
    with pytest.raises(AccessDeniedError):
        tick(world.ports(), world.connector)

    assert (quarantine(world).reason, "AADSTS700027" in quarantine(world).detail) == (
        QuarantineReason.CREDENTIALS,
        True,
    )


def test_a_selection_that_the_source_refuses_is_a_mapping_to_be_mended(world: World) -> None:
    """400 to the delta query: an attribute of the mapping."""
    shut(world, 400)
    with pytest.raises(RefusedError):
        tick(world.ports(), world.connector)

    assert quarantine(world).reason is QuarantineReason.MAPPING


def test_planning_that_is_refused_access_is_credentials(world: World) -> None:
    """People in escrow are read again while planning: a refusal there isn't the configuration's fault."""
    world.join(profile=False, department="late")
    world.sync(hours=0.8)
    world.sim.faults.add(operation="batch", status=403)
    world.sim.advance(2 * 3600)
    with pytest.raises(AccessDeniedError):
        world.far()

    assert (quarantine(world).reason, quarantine(world).probe) == (QuarantineReason.CREDENTIALS, "export")


def test_polling_that_is_refused_access_is_credentials_until_the_run_ends_well(world: World) -> None:
    """The import job runs on meanwhile; the first run that goes through lifts it."""
    world.edit(world.people[0], department="B")
    world.pull()
    world.far()
    world.sim.faults.add(operation="GetImportProfilePropertyJob", status=403)
    world.sim.advance(60)
    world.far()
    inside = quarantine(world).reason
    world.sim.faults.clear()
    world.settle_down()

    assert inside is QuarantineReason.CREDENTIALS
    assert (world.state.quarantine, world.profile(world.people[0])["UpaDepartment"]) == (None, "B")
    assert [event.run for event in named(world, EventName.QUARANTINE_LEFT)] == [world.state.last_run]


@pytest.mark.slow
def test_probes_grow_rare_and_fall_to_one_a_day(world: World) -> None:
    """After 15 min, 1 h, 6 h, then daily: 6 probes in 4 days of ticks every quarter of an hour, not 384."""
    shut(world)

    assert ticks(world, days=4, every=timedelta(minutes=15)) == 7


def test_a_probe_that_works_ends_it_and_nothing_is_lost(world: World) -> None:
    """Access given back: the next probe pulls what changed meanwhile, and the connector is healthy."""
    shut(world)
    ticks(world, days=2)
    world.edit(world.people[0], department="B")
    world.sim.faults.clear()
    ticks(world, days=1.5)
    world.settle_down()

    assert (world.state.quarantine, world.state.pull_retry) == (None, None)
    assert len(named(world, EventName.QUARANTINED)) == len(named(world, EventName.QUARANTINE_LEFT)) == 1
    assert world.differences() == []


def test_another_reason_is_told_again_and_the_time_goes_on(world: World) -> None:
    """Two reasons, two events, and still the day of the first."""
    shut(world)
    ticks(world, days=1)
    since = quarantine(world).since
    world.sim.faults.clear()
    shut(world, 400)
    ticks(world, days=2)

    assert [event.fields["reason"] for event in named(world, EventName.QUARANTINED)] == ["credentials", "mapping"]
    assert quarantine(world).since == since


@pytest.mark.slow
def test_the_first_probe_that_fails_after_28_days_switches_the_connector_off(world: World) -> None:
    """NotificationLog once; from then on nothing is asked, planned or sent."""
    shut(world)
    began = world.now
    ticks(world, days=27, every=timedelta(hours=6))
    before = quarantine(world).off_since
    ticks(world, days=3, every=timedelta(hours=6))
    off = quarantine(world).off_since
    later = ticks(world, days=20, every=timedelta(hours=6))

    assert before is None
    assert off is not None
    assert timedelta(days=28) <= off - began < timedelta(days=29, hours=6)
    assert (later, len(named(world, EventName.SWITCHED_OFF))) == (0, 1)


def test_an_app_that_stood_still_for_months_probes_before_it_is_switched_off(world: World) -> None:
    """28 days pass without a probe: the next one decides."""
    shut(world)
    ticks(world, days=0.1)
    world.sim.faults.clear()
    world.sim.advance(90 * 86_400)
    ticks(world, days=0.1)

    assert (world.state.quarantine, named(world, EventName.SWITCHED_OFF)) == (None, [])


@pytest.mark.slow
def test_whoever_resumes_it_has_another_28_days(world: World) -> None:
    """Resuming tries at once; where it fails the connector is quarantined, not off."""
    shut(world)
    ticks(world, days=30, every=timedelta(hours=6))
    resume(world.ports(), world.connector, "ann")
    tried = ticks(world, days=0.1)

    assert (quarantine(world).off_since, tried) == (None, 1)
    assert ("continue_pull", "hr", "") in world.waker.sent
    world.sim.faults.clear()
    ticks(world, days=1.5)
    world.settle_down()
    assert (world.state.quarantine, world.differences()) == (None, [])


@pytest.mark.slow
def test_a_reset_ends_quarantine_and_switches_on(world: World) -> None:
    """`upa reset --quarantine` forgets the failures."""
    shut(world)
    ticks(world, days=30, every=timedelta(hours=6))
    world.sim.faults.clear()
    reset(world.ports(), world.connector, "quarantine", "ann")

    assert (world.state.quarantine, world.state.pull_retry, ticks(world, days=0.01)) == (None, None, 1)


@pytest.mark.slow
def test_a_connector_that_is_off_refuses_a_run(world: World) -> None:
    """Asking for a run isn't the way back on, and says which is."""
    shut(world)
    ticks(world, days=30, every=timedelta(hours=6))
    with pytest.raises(RefusedError, match=r"switched off since .*upa resume"):
        request_run(world.ports(), world.connector)


def test_an_import_job_in_flight_is_seen_through_by_a_connector_that_is_off() -> None:
    """Its file is settled, the run's next one isn't sent until somebody resumes."""
    world = quick(World(8))
    world.connector = replace(world.connector, limits=replace(world.connector.limits, max_pairs=8))
    world.pull()
    world.far()
    off = Quarantine(QuarantineReason.CREDENTIALS, world.now, "403", "pull", off_since=world.now)
    _set(world, quarantine=off)
    world.drain(hours=24)
    queued = len(world.queued())
    resume(world.ports(), world.connector, "ann")
    world.settle_down()

    assert queued == 1
    assert world.differences() == []


def test_asking_for_a_run_probes_at_once(world: World) -> None:
    """Whoever has mended it needn't wait a day."""
    shut(world)
    ticks(world, days=3)
    world.sim.faults.clear()
    request_run(world.ports(), world.connector)

    assert ticks(world, days=0.01) == 1
    assert world.state.quarantine is None


@pytest.mark.slow
def test_a_failing_export_probes_daily_and_is_switched_off_too() -> None:
    """SharePoint refuses uploads for a month: pulling goes on, the connector goes off, nothing is lost."""
    world = settled()
    world.edit(world.people[0], department="B")
    world.sim.faults.add(operation="files.add", status=403)
    pulls = ticks(world, days=27, every=timedelta(hours=12))
    before = quarantine(world).off_since
    ticks(world, days=4, every=timedelta(hours=12))
    off = quarantine(world)
    world.sim.faults.clear()
    resume(world.ports(), world.connector, "ann")
    ticks(world, days=1)
    world.settle_down()

    assert pulls == 54
    assert (before, off.off_since is not None, off.probe) == (None, True, "export")
    assert (world.state.quarantine, world.differences()) == (None, [])


def test_what_pulling_found_isnt_lifted_by_an_export(world: World) -> None:
    """A run that goes through says nothing of the source."""
    world.edit(world.people[0], department="B")
    world.pull()
    shut(world)
    with pytest.raises(AccessDeniedError):
        tick(world.ports(), world.connector)
    world.drain(hours=2)

    assert world.profile(world.people[0])["UpaDepartment"] == "B"
    assert quarantine(world).probe == "pull"


def test_what_exporting_meets_doesnt_change_what_pulling_found(world: World) -> None:
    """Two things fail: the first one's reason stands until its own probe says otherwise."""
    world.edit(world.people[0], department="B")
    world.pull()
    shut(world)
    with pytest.raises(AccessDeniedError):
        tick(world.ports(), world.connector)
    world.sim.profiles.define("UpaDepartment", editable=True)
    world.drain(hours=2)

    assert world.state.retry is not None
    assert "UpaDepartment" in world.state.retry.why
    assert quarantine(world).reason is QuarantineReason.CREDENTIALS
    assert [event.fields["reason"] for event in named(world, EventName.QUARANTINED)] == ["credentials"]


def test_a_connector_that_is_off_plans_nothing_of_what_it_has_pulled(world: World) -> None:
    """The outbox waits: no wake-up, no plan, no file, until somebody resumes."""
    world.edit(world.people[0], department="B")
    world.pull()
    off = Quarantine(QuarantineReason.CREDENTIALS, world.now, "403", "pull", off_since=world.now)
    _set(world, quarantine=off)
    world.waker.sent.clear()
    tick(world.ports(), world.connector)
    step = world.far()
    queued = len(world.queued())
    woken = list(world.waker.sent)
    resume(world.ports(), world.connector, "ann")
    world.settle_down()

    assert (woken, step.kind, step.why, queued) == ([], "idle", "switched off: see `upa resume`", 1)
    assert world.differences() == []


@pytest.mark.slow
def test_resuming_tries_a_failed_export_at_once() -> None:
    """Whoever has mended SharePoint needn't wait for tomorrow's try; quarantine ends with it."""
    world = settled()
    world.edit(world.people[0], department="B")
    world.sim.faults.add(operation="files.add", status=403)
    ticks(world, days=3)
    world.sim.faults.clear()
    waiting = world.far().kind
    resume(world.ports(), world.connector, "ann")
    world.drain(hours=4)

    assert waiting == "poll"
    assert (world.state.quarantine, world.profile(world.people[0])["UpaDepartment"]) == (None, "B")


def held() -> World:
    world = settled(threshold=replace(NO_THRESHOLD, clears_absolute=2))
    for person in world.people[:3]:
        world.edit(person, jobTitle=None)
    world.sync()
    assert world.state.hold is not None
    return world


def keep_house(world: World, days: int) -> None:
    for _ in range(days):
        world.sim.advance(86_400)
        housekeeping(world.ports(), world.connector)


def test_a_hold_that_nobody_decides_for_a_week_is_quarantine_and_stays_held() -> None:
    """Only the rhythm changes: the plan is still there to be decided."""
    world = held()
    keep_house(world, 6)
    early = world.state.quarantine
    keep_house(world, 2)

    assert (early, quarantine(world).reason) == (None, QuarantineReason.HOLD_EXPIRED)
    assert world.state.hold is not None
    assert 4 <= ticks(world, days=4) <= 5


@pytest.mark.slow
@pytest.mark.parametrize("decide", [approve, reject])
@pytest.mark.parametrize("days", [8, 40])
def test_the_decision_ends_it_even_where_the_connector_was_switched_off(decide: Any, days: int) -> None:
    """Off 28 days after the hold expired; approving or rejecting is the way back on."""
    world = held()
    assert world.state.hold is not None
    run = world.state.hold.run.id
    keep_house(world, days)
    off = quarantine(world).off_since
    decide(world.ports(), world.connector, run, "ann")
    world.settle_down()

    assert (off is not None) == (days == 40)
    assert (world.state.quarantine, world.state.hold) == (None, None)
    assert len(named(world, EventName.QUARANTINE_LEFT)) == 1


def test_a_slower_rhythm_of_the_connector_is_kept(world: World) -> None:
    """`rhythm.every: 4 h` with ticks every hour pulls every fourth time; what was asked for isn't made to wait."""
    world.connector = replace(world.connector, every=timedelta(hours=4))
    rare = ticks(world, days=25 / 24)
    request_run(world.ports(), world.connector)

    assert rare == 6
    assert ticks(world, days=0.01) == 1


def test_a_changed_configuration_is_tried_at_once(world: World) -> None:
    """A mended mapping needn't wait for the next probe."""
    shut(world, 400)
    ticks(world, days=3)
    world.sim.faults.clear()
    world.connector = replace(world.connector, mappings=(*world.connector.mappings, direct("city", "UpaCity")))
    world.sim.profiles.define("UpaCity")

    assert ticks(world, days=0.01) >= 1
    assert world.state.quarantine is None


def first_line(world: World) -> dict[str, Any]:
    return status(world.ports(), world.connector)


def test_the_status_tells_when_it_is_tried_again_and_when_it_is_switched_off(world: World) -> None:
    """Since when, why, the next probe and the last day."""
    shut(world)
    ticks(world, days=0.01)
    document, moment = first_line(world), quarantine(world).since

    assert (document["state"], document["since"]) == ("quarantined", _iso(moment))
    assert document["quarantine"]["next_probe"] == _iso(moment + timedelta(minutes=15)) == document["next_try"]
    assert document["quarantine"]["off_after"] == _iso(moment + OFF_AFTER)
    assert "upa resume" in document["what_to_do"]
    assert (document["failures_in_a_row"], document["quarantine"]["probe"]) == (1, "pull")


@pytest.mark.slow
def test_the_status_of_one_that_is_off_says_so_before_anything_else(world: World) -> None:
    """Even paused: no next try, and the way back on."""
    shut(world)
    ticks(world, days=30, every=timedelta(hours=6))
    pause(world.ports(), world.connector, "ann")
    document = first_line(world)

    assert document["state"] == "quarantined"
    assert document["reason"].startswith("switched off at ")
    assert document["what_to_do"].endswith("upa resume")
    assert (document["next_try"], document["quarantine"]["next_probe"], document["quarantine"]["off_after"]) == (
        None,
    ) * 3


def test_staging_doesnt_hide_a_source_that_refuses() -> None:
    """A connector being set up shows what is wrong, not that it is staging."""
    world = quick(World(3, staging=True))
    shut(world)
    ticks(world, days=0.01)

    assert first_line(world)["state"] == "quarantined"


def test_a_pause_says_whose_it_is_and_since_when(world: World) -> None:
    """Who and when are on the first line; pausing again changes neither."""
    pause(world.ports(), world.connector, "ann")
    since = world.now
    world.sim.advance(60)
    pause(world.ports(), world.connector, "bert")
    document = first_line(world)

    assert (document["state"], document["since"], document["reason"]) == ("paused", _iso(since), "paused by ann")


def _iso(moment: Any) -> str:
    return str(moment.isoformat().replace("+00:00", "Z"))


def _set(world: World, **fields: Any) -> None:
    state_of(world.store, world.connector.name).update(lambda state: replace(state, **fields))


def test_a_hold_of_exactly_a_week_is_quarantine_with_what_nobody_decided() -> None:
    """On that minute, by the day, the run and the reason of the hold; a moment earlier it isn't."""
    world = held()
    hold = world.state.hold
    assert hold is not None
    world.until(hold.since + timedelta(days=7) - timedelta(seconds=1))
    hold_expired(world.ports(), world.connector)
    early = world.state.quarantine
    world.sim.advance(1)
    hold_expired(world.ports(), world.connector)
    why = f"nobody has decided since {hold.since:%Y-%m-%d} about run {hold.run.id}: {hold.why}"

    assert (early, quarantine(world).detail, quarantine(world).probe) == (None, why, "decision")
    assert quarantine(world).reason is QuarantineReason.HOLD_EXPIRED
