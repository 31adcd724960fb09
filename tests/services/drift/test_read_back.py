"""Profiles are read back in the background: what somebody changed by hand is found, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.profiles import FakeProfiles
from tests.support.drifting import REPAIRED, DriftWorld
from tests.support.full import FULL
from tests.support.mortal import Death, Fate
from tests.support.world import MAPPINGS
from upa_core.domain.connector import ChangeThreshold
from upa_core.domain.documents.storage_layout import file_key
from upa_core.domain.drift.record import minute_of
from upa_core.domain.errors import AccessDeniedError, RefusedError, ThrottledError, UnavailableError, UpaError
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.language.values import MEMBER_PREFIX
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.mapping import Mapping
from upa_core.domain.people.shadow import Shard
from upa_core.domain.people_calls import Budget
from upa_core.services.drive.tick import tick
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.drift.documents import part_of, parts_of
from upa_core.state.drift.partitions import partition_of
from upa_core.state.individual import people_calls_of


def settled(people: int = 3, **options: Any) -> DriftWorld:
    """Return a tenant whose people are all confirmed."""
    world = DriftWorld(people, **options)
    world.sync()
    return world


def test_a_value_changed_by_hand_is_found_with_what_was_there() -> None:
    """Old and found, since when, and nothing of anybody else."""
    world = settled()
    world.hand(world.people[1], "UpaTitle", "King")
    world.read_all()

    assert world.found() == {(world.people[1], "UpaTitle"): ("T1", "King")}
    assert world.known()[world.people[1], "UpaTitle"].since == world.now


def test_profiles_that_hold_what_was_confirmed_are_no_drift() -> None:
    """Dates are shown in the reader's own form, and are the same."""
    world = settled()
    world.edit(world.people[0], employeeHireDate="2026-01-31T00:00:00Z")
    world.sync()
    world.read_all()

    assert (world.found(), world.unreadable()) == ({}, {})
    assert sum(one.people for one in world.index.parts.values()) == 3


@pytest.mark.parametrize("locale", ["en-US", "de-DE", "sv-SE"])
def test_a_date_changed_by_hand_is_found_in_the_readers_language(locale: str) -> None:
    """The order of day and month is learnt from dates that can be read one way only."""
    world = DriftWorld()
    world.sim.single_writes.rules.date_locale = locale
    people = [world.join(employeeHireDate=f"2026-01-{day}T00:00:00Z") for day in ("31", "03")]
    world.sync()
    world.hand(people[1], "UpaHired", "2026-03-01")
    world.read_all()

    assert {key: old for key, (old, _) in world.found().items()} == {(people[1], "UpaHired"): "2026-01-03"}
    world.read_all()
    assert world.known()[people[1], "UpaHired"].verdict == "different"


def test_nothing_is_read_where_the_connector_doesnt_ask_for_it() -> None:
    """Nothing is stored either."""
    world = settled(drift=None)
    before = dict(world.store.blobs)
    came = world.read_back()

    assert (came.read, world.store.blobs == before) == (0, True)


def test_nobody_is_read_twice_in_a_day() -> None:
    """However many calls are left."""
    world = settled()
    world.read_all()
    again = world.read_back(hours=23)
    later = world.read_back(hours=2)

    assert (again.read, later.read) == (0, 3)


@pytest.mark.slow
def test_a_slice_makes_no_more_calls_than_its_share() -> None:
    """10 % of 100 calls in 5 minutes are 30 in a quarter of an hour; what is due goes on with the next tick."""
    world = settled(40, individual=Budget(share=100 * 100 / 3000))
    first = world.read_back()
    second = world.read_back(hours=0.25)

    assert (first.read, second.read, world.index.more) == (30, 10, False)


def test_another_instance_reads_nothing_meanwhile() -> None:
    """One that died is waited for no longer than ten minutes."""
    fate, world = Fate(), settled()
    other = settled()
    other.read_back(other.ports(fate))
    first = next(at for at, call in enumerate(fate.calls, 1) if call.startswith("profiles.read"))
    with pytest.raises(Death):
        world.read_back(world.ports(Fate(at=first)))
    meanwhile = world.read_back()
    later = world.read_back(hours=0.2)

    assert (meanwhile.read, later.read) == (0, 3)


def test_a_difference_that_a_batch_on_its_way_explains_is_no_drift() -> None:
    """The import job has written, and isn't settled yet."""
    world = settled()
    world.edit(world.people[0], jobTitle="Boss")
    world.pull()
    world.far()
    world.hand(world.people[0], "UpaTitle", "Boss")
    world.hand(world.people[0], "UpaDepartment", "hand")
    assert world.state.run is not None
    world.sim.advance(0)
    read = world.read_back()

    assert read.read == 3
    assert world.found() == {(world.people[0], "UpaDepartment"): ("D0", "hand")}


@pytest.mark.parametrize("damage", ["lost", "cut at the middle", "other bytes"])
def test_nobody_is_judged_while_a_batch_on_its_way_cant_be_read(damage: str) -> None:
    """Whoever stood in the part that is gone would look like drift."""
    world = settled()
    for number, person in enumerate(world.people):
        world.edit(person, jobTitle=f"Boss {number}")
    world.pull()
    world.far()
    for number, person in enumerate(world.people):
        world.hand(person, "UpaTitle", f"Boss {number}")
    run = world.state.run
    assert run is not None
    key = file_key(run.id, run.files[0].name)
    blob = world.store.get(key)
    assert blob is not None
    if damage == "lost":
        world.store.delete(key)
    else:
        half = blob.data[: len(blob.data) // 2]
        world.store.put(key, half if damage == "cut at the middle" else half + b"{" * (len(blob.data) - len(half)))
    world.read_back()

    assert world.found() == {}


def test_whoever_is_settled_while_being_read_is_left_for_the_next_time() -> None:
    """What was read is older than what is known now."""
    world = settled()
    ports = world.ports()
    profiles = ports.profiles
    assert profiles is not None
    account = MEMBER_PREFIX + world.sim.directory.get(world.people[0])["userPrincipalName"].lower()

    class Slow:
        """Reads, and a whole run goes by before the answer is here."""

        def __getattr__(self, name: str) -> object:
            return getattr(profiles, name)

        def read(self, *args: Any, **kwargs: Any) -> object:
            found = profiles.read(*args, **kwargs)
            if account in args[0]:
                world.edit(world.people[0], jobTitle="Boss")
                world.sync()
            return found

    came = world.read_back(replace(ports, profiles=Slow()))

    assert (came.read, world.found()) == (2, {})


def test_a_reused_user_name_is_somebody_else_and_no_drift() -> None:
    """The object id tells."""
    world = settled(2)
    gone, heir = world.people
    name = world.sim.directory.get(gone)["userPrincipalName"]
    world.sim.directory.edit(gone, userPrincipalName=f"old-{name}")
    world.sim.directory.edit(heir, userPrincipalName=name)
    world.sim.profiles.set(heir, "UpaTitle", "T1")
    records = {gone: name, heir: world.sim.directory.get(heir)["userPrincipalName"]}
    source = world.ports().source

    class Late:
        """A replica that still knows the old name."""

        def __getattr__(self, attribute: str) -> object:
            return getattr(source, attribute)

        def read(self, ids: list[str], select: list[str]) -> dict[str, Any]:
            return {one: {"id": one, "userPrincipalName": records[one]} for one in ids if one == gone}

    world.read_back(replace(world.ports(), source=Late()))

    assert world.unreadable()[gone] == "other_person"
    assert world.found() == {}


def test_whoever_has_no_profile_any_more_is_unreadable_by_reason() -> None:
    """And leaves the list once they are read again."""
    world = settled(2)
    account = world.sim.directory.get(world.people[0])["userPrincipalName"]
    world.sim.directory.edit(world.people[0], userPrincipalName="not a name")
    world.read_back()
    assert world.unreadable() == {world.people[0]: "no_user_name"}
    world.sim.directory.edit(world.people[0], userPrincipalName=account)
    world.read_all()

    assert world.unreadable() == {}


def test_somebody_who_left_leaves_no_record() -> None:
    """With the next look at their partition."""
    world = settled(2)
    world.hand(world.people[0], "UpaTitle", "King")
    world.read_all()
    world.sim.directory.remove(world.people[0])
    world.sync()
    world.read_all()

    assert (world.found(), world.unreadable()) == ({}, {})


def test_repair_sends_the_value_again() -> None:
    """The next read finds the profile right, and the difference is over."""
    world = settled(mappings=REPAIRED)
    world.hand(world.people[1], "UpaTitle", "King")
    world.read_all()
    assert world.waiting() == {(world.people[1], "UpaTitle")}
    world.drain()
    world.read_all()

    assert world.profile(world.people[1])["UpaTitle"] == "T1"
    assert (world.found(), world.waiting()) == ({}, set())
    assert world.known()[world.people[1], "UpaTitle"].repairs == 1


def test_repair_restores_what_the_source_has_nothing_to_say_about() -> None:
    """`on_empty: keep` leaves the last value that was delivered."""
    world = settled(mappings=REPAIRED)
    world.edit(world.people[0], department=None)
    world.sync()
    world.hand(world.people[0], "UpaDepartment", "hand")
    world.read_all()
    world.drain()

    assert world.profile(world.people[0])["UpaDepartment"] == "D0"


def test_without_repair_nothing_is_sent() -> None:
    """The default tells, and no more."""
    world = settled()
    world.hand(world.people[1], "UpaTitle", "King")
    world.read_all()
    world.drain()

    assert world.profile(world.people[1])["UpaTitle"] == "King"


def test_repairs_count_against_the_change_threshold() -> None:
    """More than may change at once is held, whoever changed it."""
    world = settled(6, mappings=REPAIRED, threshold=ChangeThreshold(None, None, None, None, None))
    world.connector = replace(world.connector, threshold=ChangeThreshold(2, None, None, None, None))
    for person in world.people[:4]:
        world.hand(person, "UpaTitle", "King")
    world.until(world.now + timedelta(days=2))
    world.read_all()
    world.drain()

    assert world.state.hold is not None
    assert world.profile(world.people[0])["UpaTitle"] == "King"


@pytest.mark.slow
@pytest.mark.parametrize("mappings", [MAPPINGS, REPAIRED], ids=["report", "repair"])
def test_a_property_changed_again_and_again_is_told_once_with_how_often(mappings: tuple[Mapping, ...]) -> None:
    """Somebody or something else writes it, whether it is put right in between or not."""
    world = settled(mappings=mappings)
    for n in range(5):
        world.hand(world.people[0], "UpaTitle", f"King {n}")
        world.read_all()
        world.drain()
    told = [one for one in world.events.events if one.name is EventName.DRIFT_CONTESTED]

    assert world.known()[world.people[0], "UpaTitle"].times == 5
    assert [one.fields["property"] for one in told] == ["UpaTitle"]


def test_people_whose_import_ended_unexplained_are_read_first() -> None:
    """The file's people, before others who were read longer ago."""
    world = settled(8)
    world.read_all()
    chosen = world.people[5]
    world.sim.advance(86_400)
    world.edit(chosen, jobTitle="Boss")
    world.sim.timer_job.plan("next", "internal_error")
    world.sync(hours=3)
    world.connector = replace(world.connector, individual=Budget(share=100 * 4 / 3000))
    came = world.read_back()

    assert came.read <= 4
    assert world.reads()[chosen] == minute_of(world.now)


def test_denied_reads_are_said_and_tried_an_hour_later() -> None:
    """Nothing else stops for it."""
    world = settled()
    ports = world.ports()

    class Denied:
        """Reads nothing."""

        def app(self) -> str:
            return "app"

        def read(self, *_: Any, **__: Any) -> object:
            raise AccessDeniedError("no right")

    came = world.read_back(replace(ports, profiles=Denied()))
    soon = world.read_back(hours=0.5)
    later = world.read_back(hours=0.6)

    assert (came.read, soon.read, later.read) == (0, 0, 3)
    assert world.index.trouble == ""


def test_a_fault_in_reading_back_keeps_no_wake_up_from_being_sent() -> None:
    """The tick goes on with what was pulled, and tells the fault by its kind: its text may hold a value."""
    world = settled()
    world.edit(world.people[0], jobTitle="Boss")

    class Broken:
        """Raises what no port may raise."""

        def app(self) -> str:
            return "app"

        def read(self, *_: Any, **__: Any) -> object:
            raise KeyError("a value of somebody")

    world.waker.sent.clear()
    pulled = tick(replace(world.ports(), profiles=Broken()), world.connector)
    (told,) = world.events.named(EventName.DRIFT_POSTPONED)

    assert (pulled.status, ("export", "hr", "") in world.waker.sent) == ("sealed", True)
    assert (told.level, told.fields) == (Level.ERROR, {"reason": "KeyError"})
    assert world.read_back(hours=0.5).read == 3


@pytest.mark.slow
def test_a_slice_may_die_at_any_call() -> None:
    """Repeated once the claim is over, it finds the same, and sends the same again."""
    deaths = 0
    for at in range(1, 500, 1 if FULL else 16):
        world = settled(mappings=REPAIRED)
        world.hand(world.people[1], "UpaTitle", "King")
        world.sim.advance(86_500)
        fate = Fate(at=at, after=bool(at % 2))
        try:
            world.read_back(world.ports(fate))
        except Death:
            deaths += 1
        else:
            break
        world.sim.advance(700)
        world.read_back()
        if (world.people[1], "UpaTitle") not in world.known():
            world.read_all()
        for _ in range(2):
            world.drain()
            world.read_all()
        assert world.profile(world.people[1])["UpaTitle"] == "T1", fate.calls[-1]
        assert world.found() == {}, fate.calls[-1]
        assert (world.people[1], "UpaTitle") in world.known(), fate.calls[-1]
    assert deaths > 5


def test_a_slice_tells_how_many_it_read_and_what_it_found() -> None:
    """People, unreadable ones, calls, differences, repairs; where nothing is found there is no warning."""
    world = settled(3, mappings=REPAIRED)
    world.hand(world.people[0], "UpaTitle", "King")
    account = world.sim.directory.get(world.people[1])["userPrincipalName"]
    world.sim.directory.edit(world.people[1], userPrincipalName="not a name")
    world.read_all()
    read, found = (world.events.named(name) for name in (EventName.DRIFT_READ, EventName.DRIFT_FOUND))
    counts = {"people": 3, "unreadable": 1, "calls": 2, "found": 1, "repairs": 1, "reason": ""}

    assert [(one.level, one.fields) for one in read] == [(Level.INFO, counts)]
    assert [(one.level, one.fields) for one in found] == [(Level.WARNING, {"properties": 1, "repairs": 1})]
    world.sim.directory.edit(world.people[1], userPrincipalName=account)
    world.hand(world.people[0], "UpaTitle", "T0")
    world.read_all()
    assert len(world.events.named(EventName.DRIFT_FOUND)) == 1
    assert world.events.named(EventName.DRIFT_READ)[-1].fields["found"] == 0


@pytest.mark.parametrize(
    ("error", "pause", "trouble"),
    [
        (ThrottledError("429", retry_after=600), timedelta(seconds=600), ""),
        (ThrottledError("429"), timedelta(seconds=60), ""),
        (AccessDeniedError("no right"), timedelta(hours=1), "profiles can't be read: no right"),
        (RefusedError("no"), timedelta(hours=1), "profiles can't be read: no"),
        (UnavailableError("down"), timedelta(minutes=15), "profiles can't be read: down"),
    ],
)
def test_a_service_that_doesnt_answer_is_left_alone_for_a_while(
    error: UpaError, pause: timedelta, trouble: str
) -> None:
    """As long as it asks, an hour after a refusal, else until the next tick; the claim is over, and people are due."""
    world, profiles = settled(2), FakeProfiles()
    profiles.hooks.fail("read", error)
    came = world.read_back(replace(world.ports(), profiles=profiles))
    index, told = world.index, world.events.named(EventName.DRIFT_READ)[-1].fields

    assert (came.read, told["reason"], told["people"]) == (0, str(error), 0)
    assert (index.trouble, index.not_before, index.claim, index.more) == (trouble, world.now + pause, "", True)
    assert world.read_back(hours=(pause - timedelta(seconds=1)).total_seconds() / 3600).read == 0
    assert world.read_back(hours=1 / 3600).read == 2


def test_calls_that_others_have_taken_end_a_slice_without_trouble() -> None:
    """It says that none are left, and goes on with the next tick."""
    world = settled(2)
    taken = people_calls_of(world.store, world.connector)
    taken.update(lambda calls: calls.reserve(100_000, Budget(share=100.0), world.now)[0])
    came = world.read_back()
    index, told = world.index, world.events.named(EventName.DRIFT_READ)[-1].fields

    assert (came.read, told["reason"]) == (0, "no calls are left")
    assert (index.trouble, index.not_before, index.more) == ("", None, True)


def test_what_is_overwritten_in_several_properties_is_told_by_each() -> None:
    """In their order, with how many people it concerns."""
    world = settled(2)
    for n in range(3):
        for target in ("UpaTitle", "UpaDepartment"):
            world.hand(world.people[0], target, f"King {n}")
        world.read_all()
    told = world.events.named(EventName.DRIFT_CONTESTED)

    assert [(one.level, one.fields) for one in told] == [
        (Level.WARNING, {"property": target, "people": 1}) for target in ("UpaDepartment", "UpaTitle")
    ]


def test_a_property_that_is_mapped_no_longer_is_no_difference() -> None:
    """What was found in it goes with the next read; another one stays."""
    world = settled(2)
    world.hand(world.people[0], "UpaTitle", "King")
    world.hand(world.people[0], "UpaDepartment", "hand")
    world.read_all()
    world.connector = replace(
        world.connector, mappings=tuple(one for one in world.connector.mappings if one.target != "UpaTitle")
    )
    world.sync()
    world.read_all()

    assert list(world.known()) == [(world.people[0], "UpaDepartment")]


def test_the_order_of_dates_is_kept_once_it_is_known() -> None:
    """Later dates that can be read in two ways are read as the earlier ones were shown."""
    world = DriftWorld()
    world.sim.single_writes.rules.date_locale = "de-DE"
    person = world.join(employeeHireDate="2026-01-31T00:00:00Z")
    world.sync()
    world.read_all()
    known = world.index.date_order
    world.edit(person, employeeHireDate="2026-01-03T00:00:00Z")
    world.sync()
    world.hand(person, "UpaHired", "2026-03-01")
    world.read_all()

    assert (known, world.index.date_order) == ("dmy", "dmy")
    assert world.known()[person, "UpaHired"].verdict == "different"


def test_calls_of_reading_back_are_counted_apart_in_the_tenants_book() -> None:
    """So that they leave the rest of the share to writes."""
    world = settled(2)
    world.read_back()
    calls = people_calls_of(world.store, world.connector).load().value

    assert (calls.in_day, list(calls.parts)) == (2, ["drift"])


def test_people_of_an_unexplained_import_stay_first_until_their_values_are_settled() -> None:
    """Whoever is merely unknown isn't read before others for it."""
    world = settled(3)
    chosen, unknown, _ = world.people
    change_people_between_runs(world.ports(), world.connector, [unknown], Shard.make_unknown)
    part = part_of(world.store, "hr", partition_of(chosen))
    stored = part.load()
    stored.value.first = (chosen,)
    part.save(stored, stored.value)
    change_people_between_runs(world.ports(), world.connector, [chosen], Shard.make_unknown)

    def first() -> set[str]:
        return {person for _, one in parts_of(world.store, "hr") for person in one.value.first}

    world.read_all()
    waiting = first()
    change_people_between_runs(
        world.ports(), world.connector, [chosen], lambda shard, one: shard.settle(one, world.profile(one), 99)
    )
    world.read_all()

    assert (waiting, first()) == ({chosen}, set())


def test_whoever_waits_in_escrow_for_another_reason_wakes_nobody() -> None:
    """Only a difference, or somebody who waits because of one, is for the next plan."""
    world = settled(2)
    reasons = dict(zip(world.people, (EscrowReason.NOT_KEPT, EscrowReason.REQUESTED), strict=True))

    def wait(shard: Shard, person: str) -> None:
        shard.put_in_escrow(person, reasons[person], now=world.now)

    change_people_between_runs(world.ports(), world.connector, world.people, wait)
    world.waker.sent.clear()
    world.read_all()

    assert world.waker.sent == []
