"""Administrators are told once for each change of reason, and when it is over; a failing channel is tried again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, get_args

import pytest

from tests.fakes.hooks import Call, nothing
from tests.fakes.messenger import FakeMessenger
from tests.support.single import SingleWorld
from tests.support.world import World
from tests.support.wrapped import Wrapped
from upa_core.domain.documents.connector_state import ConnectorState, Debt
from upa_core.domain.documents.quarantine import Quarantine, QuarantineReason
from upa_core.domain.documents.runs import Hold, Retry, Run
from upa_core.domain.errors import AccessDeniedError, UnavailableError
from upa_core.domain.health.alarms import CERTIFICATE_DAYS, Occasion
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.health.notification_log import MAX_TRIES, Sample
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.services.health.notify import Alerting, count_library, notification_log_of, notify
from upa_core.services.health.status import status
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.document import lane_of, state_of

EVERYTHING = frozenset(get_args(Occasion))
NOTHING = Run("20261122T101500Z-aaaa", datetime.fromisoformat("2026-11-22T10:15:00Z"), (), (), None)


class Watched:
    """A world whose first sync is done, and a channel."""

    def __init__(self, *, occasions: frozenset[str] = EVERYTHING) -> None:
        self.world = World(6)
        self.world.sync()
        self.channel = FakeMessenger()
        self.ends: Callable[[], datetime | None] = lambda: None
        self.occasions = occasions

    def look(self, *channels: FakeMessenger, trouble: str = "") -> list[str]:
        """Look after the connector; returns what was told now."""
        before = len(self.channel.messages)
        watch = Alerting(self.occasions, timedelta(hours=26), channels or (self.channel,), self.ends)
        notify(self.world.ports(), self.world.connector, watch, trouble=trouble)
        return self.channel.subjects[before:]

    def change(self, **fields: Any) -> None:
        """Change the connector's state."""
        name = self.world.connector.name
        state_of(self.world.store, name).update(lambda s: replace(s, **fields))

    def later(self, **by: float) -> None:
        """Let time pass in which pulling goes on well."""
        self.world.sim.advance(timedelta(**by).total_seconds())
        self.world.pull()
        self.world.drain(hours=1)


@pytest.fixture
def watched() -> Watched:
    return Watched()


def _quarantine(watched: Watched, reason: QuarantineReason) -> None:
    watched.change(quarantine=Quarantine(reason, watched.world.now, "why"))


def test_a_healthy_connector_is_silent(watched: Watched) -> None:
    """Nothing is told about what is well."""
    assert watched.look() == []


def test_a_reason_is_told_once_and_its_end_once(watched: Watched) -> None:
    """Three looks at one quarantine are one message, its end is another, and then there is quiet."""
    _quarantine(watched, QuarantineReason.TARGET_DOWN)
    told = [watched.look() for _ in range(3)]
    watched.change(quarantine=None)
    told += [watched.look() for _ in range(2)]

    assert told == [["upa-sync hr: quarantined"], [], [], ["upa-sync hr: recovered: quarantined"], []]


def test_a_changed_reason_is_told_again(watched: Watched) -> None:
    """Another reason for the same occasion is news, and no recovery."""
    _quarantine(watched, QuarantineReason.TARGET_DOWN)
    first = watched.look()
    _quarantine(watched, QuarantineReason.CREDENTIALS)
    second = watched.look()

    assert (first, second) == (["upa-sync hr: quarantined"], ["upa-sync hr: quarantined"])
    assert watched.channel.messages[1].detail.startswith("credentials")


def test_a_request_id_makes_no_new_reason(watched: Watched) -> None:
    """The same error under another request id and number of people isn't told again."""
    told = [watched.look(trouble=f"GET graph: HTTP 403 (request {n})") for n in ("a1", "b2")]

    assert told == [["upa-sync hr: the last tick failed"], []]


def test_every_alarm_is_an_event_even_without_a_channel(watched: Watched) -> None:
    """Raised and ended are events of their own."""
    _quarantine(watched, QuarantineReason.MAPPING)
    watch = Alerting(EVERYTHING, timedelta(hours=26))
    notify(watched.world.ports(), watched.world.connector, watch)
    watched.change(quarantine=None)
    notify(watched.world.ports(), watched.world.connector, watch)
    alarms = [name for name in watched.world.events.names if name.value.startswith("upa.alarm")]

    assert alarms == [EventName.ALARM_RAISED, EventName.ALARM_ENDED]


def test_an_occasion_that_nobody_wants_is_an_event_alone() -> None:
    """The connector file chooses what is told; telemetry and the status know everything."""
    watched = Watched(occasions=EVERYTHING - {"quarantined"})
    _quarantine(watched, QuarantineReason.MAPPING)
    told = watched.look()
    alarms = status(watched.world.ports(), watched.world.connector)["alarms"]
    watched.change(quarantine=None)
    told += watched.look()

    assert told == []
    assert [alarm["occasion"] for alarm in alarms] == ["quarantined"]
    assert [name for name in watched.world.events.names if name.value.startswith("upa.alarm")] == [
        EventName.ALARM_RAISED,
        EventName.ALARM_ENDED,
    ]


def test_a_channel_that_fails_is_tried_again_and_the_other_is_not(watched: Watched) -> None:
    """The failing channel gets the message after a pause; the one that worked gets nothing twice."""
    other = FakeMessenger("other")
    other.hooks.fail("send", UnavailableError("webhook: HTTP 500"))
    _quarantine(watched, QuarantineReason.MAPPING)
    first = watched.look(watched.channel, other)
    at_once = watched.look(watched.channel, other)
    watched.world.sim.advance(901)
    later = watched.look(watched.channel, other)

    assert (first, at_once, later) == (["upa-sync hr: quarantined"], [], [])
    assert other.subjects == ["upa-sync hr: quarantined"]
    assert watched.world.events.names.count(EventName.NOTIFICATION_FAILED) == 1


def test_a_channel_that_never_works_is_given_up(watched: Watched) -> None:
    """After so many tries the message is dropped; the event has told it."""
    watched.channel.hooks.fail("send", AccessDeniedError("mail: HTTP 403"), times=100)
    _quarantine(watched, QuarantineReason.MAPPING)
    for _ in range(40):
        watched.look()
        watched.world.sim.advance(6 * 3600 + 1)

    assert watched.channel.hooks.count("send") <= MAX_TRIES * 3


def test_an_end_that_nobody_heard_the_beginning_of_is_not_told(watched: Watched) -> None:
    """A message that never went out needs no recovery."""
    watched.channel.hooks.fail("send", UnavailableError("down"))
    _quarantine(watched, QuarantineReason.MAPPING)
    watched.look()
    watched.change(quarantine=None)

    assert watched.look() == []


def test_a_death_while_sending_repeats_after_a_quarter_of_an_hour(watched: Watched) -> None:
    """Whoever claimed the message and died leaves it for another, not at once."""
    watched.channel.hooks.fail("send", KeyboardInterrupt())
    _quarantine(watched, QuarantineReason.MAPPING)
    with pytest.raises(KeyboardInterrupt):
        watched.look()
    at_once = watched.look()
    watched.world.sim.advance(901)

    assert (at_once, watched.look()) == ([], ["upa-sync hr: quarantined"])


def test_a_hold_is_told_with_its_run(watched: Watched) -> None:
    """Held once; another hold is another message."""
    run = replace(NOTHING, counts=None)
    from upa_core.domain.documents.runs import Counts

    watched.change(hold=Hold(replace(run, counts=Counts()), watched.world.now, "clears of 50 people"))
    watched.look()

    assert watched.channel.messages[0].detail == "clears of 50 people"
    assert run.id in watched.channel.messages[0].todo


def test_a_failed_run_is_told_until_it_is_quarantine(watched: Watched) -> None:
    """Quarantine takes the place of the failure: one message, not two."""
    watched.change(retry=Retry(1, watched.world.now, "InternalError, no log"))
    first = watched.look()
    _quarantine(watched, QuarantineReason.TARGET_DOWN)
    second = watched.look()

    assert first == ["upa-sync hr: a run failed"]
    assert sorted(second) == ["upa-sync hr: quarantined", "upa-sync hr: recovered: a run failed"]


def test_silence_is_told_after_its_hours(watched: Watched) -> None:
    """25 hours without any success are quiet, 27 aren't; success ends it."""
    watched.look()
    watched.world.sim.advance(25 * 3600)
    early = watched.look()
    watched.world.sim.advance(5 * 3600)
    late = watched.look()
    watched.later(minutes=1)

    assert (early, late) == ([], ["upa-sync hr: silence"])
    assert watched.look() == ["upa-sync hr: recovered: silence"]


def test_rounds_without_changes_are_no_silence(watched: Watched) -> None:
    """Days in which nobody changes are days of success."""
    for _ in range(4):
        watched.later(hours=20)
        assert watched.look() == []


def test_a_changed_mapping_that_waits_for_go_is_silence(watched: Watched) -> None:
    """A connector that never went live is silent by right; one that was live and waits again is told, with why."""
    watched.look()
    watched.world.connector = replace(watched.world.connector, staging=True)
    watched.world.edit(watched.world.people[0], department="B")
    watched.later(hours=0)
    watched.later(hours=30)
    never = watched.look()
    watched.change(released=True, released_to="another mapping's")

    assert (never, watched.look()) == ([], ["upa-sync hr: silence"])
    assert "changed mappings wait for upa go" in watched.channel.messages[-1].detail


def test_a_pause_is_no_silence(watched: Watched) -> None:
    """Whoever paused a connector knows."""
    watched.change(paused=True)
    watched.world.sim.advance(100 * 3600)

    assert "upa-sync hr: silence" not in watched.look()


@pytest.mark.slow
def test_a_certificate_is_told_at_30_14_and_7_days_and_when_it_is_over(watched: Watched) -> None:
    """Each bound once, and a new certificate ends it."""
    end = watched.world.now + timedelta(days=31)
    watched.ends = lambda: end
    told = []
    for _ in range(32):
        told += [subject for subject in watched.look() if "certificate" in subject]
        watched.later(days=1)
    told += [subject for subject in watched.look() if "certificate" in subject]
    watched.ends = lambda: end + timedelta(days=365)
    watched.later(days=1)
    told += [subject for subject in watched.look() if "certificate" in subject]

    assert len(CERTIFICATE_DAYS) == 4
    assert told == [
        "upa-sync hr: the certificate ends in less than 30 days",
        "upa-sync hr: the certificate ends in less than 14 days",
        "upa-sync hr: the certificate ends in less than 7 days",
        "upa-sync hr: the certificate has expired",
        "upa-sync hr: recovered: the certificate has expired",
    ]


def test_whoever_needs_no_certificate_any_more_isnt_told_of_the_old_one(watched: Watched) -> None:
    """A managed identity in its place ends the alarm."""
    end = watched.world.now + timedelta(days=5)
    watched.ends = lambda: end
    before = watched.look()
    watched.ends = lambda: None
    watched.later(days=1)

    assert before == ["upa-sync hr: the certificate ends in less than 7 days"]
    assert watched.look() == ["upa-sync hr: recovered: the certificate ends in less than 7 days"]


def test_the_status_is_degraded_by_what_is_urgent_alone(watched: Watched) -> None:
    """A certificate of 20 days leaves a connector healthy, one of 6 days doesn't; since when is kept."""

    def first_line() -> tuple[str, str]:
        watched.look()
        shown = status(watched.world.ports(), watched.world.connector)
        return shown["state"], shown["reason"]

    end = watched.world.now + timedelta(days=20)
    watched.ends = lambda: end
    early = first_line()
    watched.later(days=14, hours=1)
    late = first_line()
    since = status(watched.world.ports(), watched.world.connector)["since"]
    watched.later(hours=5)
    watched.look()

    assert early == ("healthy", "")
    assert late == ("degraded", f"the certificate ends in less than 7 days: it ends {end:%Y-%m-%d %H:%M} UTC")
    assert status(watched.world.ports(), watched.world.connector)["since"] == since


def test_a_state_says_since_when_it_is_so(watched: Watched) -> None:
    """Healthy since it was first seen healthy again, not since the last run."""
    watched.look(trouble="GET graph: HTTP 500")
    watched.world.sim.advance(600)
    watched.look()
    moment = watched.world.now
    watched.later(hours=3)
    watched.look()
    shown = status(watched.world.ports(), watched.world.connector)

    assert (shown["state"], shown["since"]) == ("healthy", moment.isoformat().replace("+00:00", "Z"))


def test_a_connector_switched_off_is_told_anew_with_the_way_back(watched: Watched) -> None:
    """Off is another reason than quarantine: one message more, and the recovery when it works again."""
    _quarantine(watched, QuarantineReason.CREDENTIALS)
    told = watched.look()
    off = replace(watched.world.state.quarantine, off_since=watched.world.now)
    watched.change(quarantine=off)
    told += watched.look() + watched.look()
    watched.change(quarantine=None)
    told += watched.look()

    assert told == ["upa-sync hr: quarantined", "upa-sync hr: switched off", "upa-sync hr: recovered: switched off"]
    assert watched.channel.messages[1].todo.endswith("upa resume")


def test_a_watermark_of_five_days_is_told(watched: Watched) -> None:
    """Before Graph forgets it."""
    watched.look()
    watched.world.sim.advance(5 * 24 * 3600 + 60)

    assert "upa-sync hr: the watermark grows old" in watched.look()


def test_deletions_unpaid_for_days_are_told(watched: Watched) -> None:
    """A debt of three days is somebody's lock or label."""
    watched.change(debts=(Debt("https://x/f", is_folder=False, since=watched.world.now),))
    fresh = watched.look()
    watched.later(days=3, minutes=1)
    watched.change(debts=(Debt("https://x/f", is_folder=False, since=watched.world.now - timedelta(days=3)),))

    assert (fresh, watched.look()) == ([], ["upa-sync hr: deletions are unpaid"])


def test_an_import_job_of_six_hours_is_told(watched: Watched) -> None:
    """With its file, once."""
    world = watched.world
    world.edit(world.people[0], department="X")
    world.pull()
    world.far()
    lane_of(world.store, world.connector).update(
        lambda lane: replace(lane, in_flight=replace(lane.in_flight, since=world.now - timedelta(hours=7)))
    )

    assert (watched.look(), watched.look()) == (["upa-sync hr: an import job is stalled"], [])


def test_escrow_that_grows_is_told(watched: Watched) -> None:
    """Twenty more people than a day ago, those without a profile left out."""
    world = watched.world
    watched.look()
    for _ in range(21):
        world.join(department="x" * 60)
    world.connector = replace(
        world.connector, mappings=tuple(replace(m, max_length=40) for m in world.connector.mappings)
    )
    world.sim.advance(3700)
    world.sync(full=True)

    assert "upa-sync hr: escrow grows" in watched.look()


def test_what_was_told_says_nothing_of_people(watched: Watched) -> None:
    """The stored document holds no attribute value."""
    _quarantine(watched, QuarantineReason.MAPPING)
    watched.look()
    stored = watched.world.store.blobs[f"connectors/{watched.world.connector.name}/told.json"]

    assert b"D1" not in stored
    assert notification_log_of(watched.world.ports(), watched.world.connector).load().value.entries[0].heard


def test_the_state_is_never_written() -> None:
    """Looking after a connector changes its own document alone."""
    watched = Watched()
    before = state_of(watched.world.store, "hr").load()
    watched.look()

    assert state_of(watched.world.store, "hr").load() == before
    assert isinstance(before.value, ConnectorState)


@pytest.mark.parametrize("reason", EscrowReason)
def test_who_waits_for_what_comes_by_itself_is_no_growth_of_escrow(watched: Watched, reason: EscrowReason) -> None:
    """A profile to be made, a person asked for, one who isn't readable yet, a user name that
    SharePoint learns within a day: nobody has to do anything."""
    people = [f"p{n}" for n in range(3)]
    now = watched.world.now
    change_people_between_runs(
        watched.world.ports(),
        watched.world.connector,
        people,
        lambda shard, person: shard.put_in_escrow(person, reason, now=now),
    )
    watched.look()
    later = {EscrowReason.USER_NAME_CHANGED, EscrowReason.OTHER_PERSON}
    quiet = {EscrowReason.PROFILE_NOT_CREATED, EscrowReason.REQUESTED, EscrowReason.NOT_READABLE_YET}
    quiet.add(EscrowReason.OVER_BUDGET)
    seen = notification_log_of(watched.world.ports(), watched.world.connector).load().value.samples[-1].escrow

    watched.world.sim.advance(86_400 + 3_600)
    watched.look()
    a_day = notification_log_of(watched.world.ports(), watched.world.connector).load().value.samples[-1].escrow

    assert seen == (0 if reason in quiet | later else 3)
    assert a_day == (0 if reason in quiet else 3)


def test_an_alarm_is_raised_once_however_often_it_is_looked_at(watched: Watched) -> None:
    """One event at its beginning, with what it says; one at its end, with the same words."""
    _quarantine(watched, QuarantineReason.MAPPING)
    for _ in range(3):
        watched.look()
    watched.change(quarantine=None)
    for _ in range(3):
        watched.look()
    told = [one for one in watched.world.events.events if one.name.value.startswith("upa.alarm")]

    assert [(one.name, one.level) for one in told] == [
        (EventName.ALARM_RAISED, Level.WARNING),
        (EventName.ALARM_ENDED, Level.INFO),
    ]
    assert [(one.fields["occasion"], one.fields["title"]) for one in told] == [("quarantined", "quarantined")] * 2
    assert str(told[0].fields["detail"]).startswith("mapping")


@pytest.mark.parametrize(("ago", "grows"), [(timedelta(days=1), True), (timedelta(days=1, seconds=1), False)])
def test_escrow_grows_within_a_day(watched: Watched, ago: timedelta, grows: bool) -> None:
    """Who waits for longer than a day is no growth."""
    now, people = watched.world.now, [f"p{n}" for n in range(25)]
    change_people_between_runs(
        watched.world.ports(),
        watched.world.connector,
        people,
        lambda shard, person: shard.put_in_escrow(person, EscrowReason.NOT_KEPT, now=now),
    )
    samples = (Sample(now - ago, 0), Sample(now - timedelta(minutes=5), 25))
    log = notification_log_of(watched.world.ports(), watched.world.connector)
    log.update(lambda one: replace(one, first_seen=now - ago, samples=samples))

    assert ("upa-sync hr: escrow grows" in watched.look()) is grows


def test_the_certificate_is_read_twice_a_day(watched: Watched) -> None:
    """At the first look, and again after twelve hours; one that can't be read leaves what was known."""
    reads: list[datetime] = []

    def ends() -> datetime:
        reads.append(watched.world.now)
        if len(reads) == 3:
            raise AccessDeniedError("no key")
        return watched.world.now + timedelta(days=90)

    watched.ends = ends
    began = watched.world.now
    for _ in range(5):
        watched.look()
        watched.world.sim.advance(6 * 3600)
    log = notification_log_of(watched.world.ports(), watched.world.connector).load().value

    assert [moment - began for moment in reads] == [timedelta(hours=hours) for hours in (0, 12, 24)]
    assert log.certificate_ends == began + timedelta(days=90, hours=12)


def test_the_librarys_size_is_noted_with_escrow(watched: Watched) -> None:
    """Nothing is noted of a library that isn't there."""
    world = watched.world
    count_library(world.ports(), world.connector)
    library = world.ports().library
    count_library(replace(world.ports(), library=Wrapped(library, items=lambda: None)), world.connector)
    count_library(replace(world.ports(), library=Wrapped(library, items=lambda: [1, 2])), world.connector)
    samples = notification_log_of(world.ports(), world.connector).load().value.samples

    assert [(one.library_items, one.escrow, one.at) for one in samples][-3:] == [
        (0, 0, world.now),
        (None, 0, world.now),
        (2, 0, world.now),
    ]


def test_a_channel_that_fails_is_told_with_its_error(watched: Watched) -> None:
    """Which channel, about what, how often it was tried."""
    watched.channel.hooks.fail("send", UnavailableError("webhook: HTTP 500"))
    _quarantine(watched, QuarantineReason.MAPPING)
    watched.look()
    (told,) = watched.world.events.named(EventName.NOTIFICATION_FAILED)

    assert told.fields == {
        "channel": watched.channel.name,
        "occasion": "quarantined",
        "tries": 1,
        "error": "webhook: HTTP 500",
    }


def test_a_message_that_another_instance_has_claimed_isnt_sent(watched: Watched) -> None:
    """Both look at the same moment; one of them sends."""
    _quarantine(watched, QuarantineReason.MAPPING)
    store, other = watched.world.store, FakeMessenger()

    def overtaken(call: Call) -> None:
        if call.operation == "get" and call.subject.endswith("/told.json"):
            entries = notification_log_of(watched.world.ports(), watched.world.connector)
            store.hooks.after = nothing
            if entries.load().value.entries:
                watched.look(other)
            else:
                store.hooks.after = overtaken

    store.hooks.after = overtaken
    told = watched.look()

    assert (told, other.subjects) == ([], ["upa-sync hr: quarantined"])


def test_single_writes_that_wait_for_a_probe_raise_an_alarm_that_it_ends() -> None:
    """Nothing is written after the probe's 30 days: the alarm comes on that day, once, and another probe ends it."""
    world, channel = SingleWorld(1), FakeMessenger()
    alerting = Alerting(frozenset({"single_writes", "recovered"}), timedelta(days=90), (channel,))
    told = []
    for days in (29, 2, 1):
        world.sim.advance(timedelta(days=days).total_seconds())
        notify(world.ports(), world.connector, alerting)
        told.append(len(channel.messages))
    world.prove()
    notify(world.ports(), world.connector, alerting)

    assert told == [0, 1, 1]
    assert [(one.over, one.todo) for one in channel.messages] == [
        (False, "upa doctor --probe-individual USER"),
        (True, "upa doctor --probe-individual USER"),
    ]
