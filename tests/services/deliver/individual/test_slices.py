"""Slices: claimed by one worker until a moment, within the budget, resumable at any person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.crash.scenarios import quick
from tests.fakes.profiles import FakeProfiles
from tests.support.full import FULL
from tests.support.single import APP, SingleWorld
from tests.support.world import with_limits
from upa_core.domain.documents.individual_keys import people_calls_key
from upa_core.domain.documents.storage_layout import Kind, parse
from upa_core.domain.errors import ConflictError, ThrottledError, UnavailableError
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.individual.proof import PropertyProof
from upa_core.domain.individual.record import Progress
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.mapping import direct
from upa_core.domain.people.shadow import Shard
from upa_core.domain.people_calls import Budget, PeopleCalls
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.archive import load_outcome
from upa_core.services.deliver.individual import slices
from upa_core.services.deliver.individual.route import IndividualRoute
from upa_core.services.deliver.individual.slices import CLAIM_LASTS, REQUEST_TIMEOUT
from upa_core.services.deliver.routes import routes_with
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.document import Document, get_document
from upa_core.state.individual import people_calls_of, proofs_of

TITLE = direct("jobTitle", "UpaTitle", route="individual", on_user_edit="overwrite")
TEXT = direct("department", "UpaDepartment", route="individual", on_user_edit="overwrite")


def planned(people: int, **options: Any) -> SingleWorld:
    """People whose department is planned and not yet written."""
    world = quick(SingleWorld(people, **{"mappings": (TEXT,), **options}))
    world.pull()
    assert world.step().why == "planned"
    return world


def progress(world: SingleWorld) -> tuple[str, Progress]:
    key = next(key for key in world.store.blobs if (found := parse(key)) and found.kind is Kind.PROGRESS)
    stored = get_document(world.store, key, Progress)
    assert stored is not None
    return key, stored.value


def arrived(world: SingleWorld) -> list[bool]:
    return [world.profile(person).get("UpaDepartment") == f"D{n}" for n, person in enumerate(world.people)]


def test_a_claimed_slice_is_left_alone() -> None:
    """While a worker has its claim nobody else sends anything; after the claim's end somebody takes over."""
    world = planned(3)
    run = world.state.run
    assert run is not None
    key = f"runs/{run.id[:4]}/{run.id[4:6]}/{run.id}/individual/{run.files[0].name}"
    Document(world.store, key, Progress()).update(
        lambda one: replace(one, claimed_until=world.now + CLAIM_LASTS, claim="x")
    )
    step = world.far()
    during = world.writes()
    world.sim.advance(CLAIM_LASTS.total_seconds() + 1)
    world.drain(hours=1)

    assert (during, step.kind, step.at is not None) == (0, "poll", True)
    assert arrived(world) == [True] * 3


def test_a_stalled_worker_sends_nothing_after_its_claim() -> None:
    """A worker that stands still before its sets, beyond its claim, sends none of them, and archives nothing."""
    world = planned(3)
    ports = world.ports()
    route = ports.routes["individual"]
    stalled = []

    def stall(account: str) -> None:
        if not stalled:
            stalled.append(account)
            world.sim.advance(CLAIM_LASTS.total_seconds() + 10)
            while world.far().kind == "again":
                pass
            world.edit(world.people[1], department="newer")
            world.pull()
            world.drain(hours=2)

    world.sim.single_writes.on_read = stall
    with pytest.raises(ConflictError):
        route.advance(ports, world.connector)
    world.drain(hours=3)

    assert world.profile(world.people[1])["UpaDepartment"] == "newer"
    assert world.profile(world.people[2])["UpaDepartment"] == "D2"


def test_the_budget_ends_a_slice_and_the_next_window_goes_on() -> None:
    """With calls for few people the batch goes on in the next window, at the person where it stopped."""
    world = planned(9, individual=Budget(share=1.0))
    step = world.far()
    first = sum(arrived(world))
    world.drain(hours=1)

    assert 0 < first < 9
    assert (step.kind, step.at is not None) == ("poll", True)
    assert (arrived(world), world.writes()) == ([True] * 9, 9)


def test_off_peak_hours_are_kept() -> None:
    """Outside the hours nothing is sent; it goes when they begin."""
    world = planned(2, individual=Budget(hours=(20, 5)))
    world.drain(hours=8)
    before = world.writes()
    world.drain(hours=6)

    assert (before, arrived(world)) == (0, [True, True])


def test_two_throttles_end_a_slice() -> None:
    """A first short pause is waited for; the second ends the slice, and the tenant's document tells everybody."""
    world = planned(2)
    world.sim.faults.add(surface="admin", status=429, headers={"Retry-After": "10"}, nth=(1, 3))
    began = world.now
    world.drain(hours=1)
    calls = get_document(world.store, people_calls_key(world.connector.target.lane), PeopleCalls)

    assert arrived(world) == [True, True]
    assert world.now - began >= timedelta(seconds=20)
    assert calls is not None
    assert calls.value.throttled == 2


def test_a_long_pause_is_not_slept_through() -> None:
    """A pause of minutes ends the slice at once; nothing is sent before it is over."""
    world = planned(1)
    world.sim.faults.add(surface="admin", status=429, headers={"Retry-After": "600"}, times=1)
    step = world.far()

    assert step.at is not None
    assert step.at - world.now >= timedelta(seconds=590)
    world.drain(hours=1)
    assert arrived(world) == [True]


def test_a_denial_stops_the_route_and_the_others_go_on() -> None:
    """After a denial nothing is planned individually until a probe passes; what bulk writes arrives."""
    bulk = direct("jobTitle", "UpaTitle")
    world = quick(SingleWorld(2, mappings=(TEXT, bulk)))
    world.sim.single_writes.rules.term_rights = "none"
    world.sim.faults.add(surface="admin", operation="GetUserProfilePropertiesFor", status=403)
    world.sync(hours=30)
    denied = world.writes(), [world.profile(person).get("UpaTitle") for person in world.people]
    world.sim.faults.clear()
    world.edit(world.people[0], jobTitle="later")
    world.sync(hours=30)
    still = arrived(world)
    world.prove_again()
    world.settle_down(days=2)

    assert denied == (0, ["T0", "T1"])
    assert (world.profile(world.people[0])["UpaTitle"], still, arrived(world)) == ("later", [False] * 2, [True] * 2)


def test_nothing_is_written_before_a_probe_has_passed() -> None:
    """Without a proof nothing is planned individually; with one everybody is."""
    world = quick(SingleWorld(2, mappings=(TEXT,), proven=False))
    world.sync()
    before = world.writes(), arrived(world)
    world.prove_again()
    world.settle_down(days=1)

    assert (before, arrived(world)) == ((0, [False, False]), [True, True])


def test_a_proof_that_ends_during_a_run() -> None:
    """A batch whose proof is over isn't written; its people stay unknown."""
    world = planned(2)
    world.sim.advance(timedelta(days=31).total_seconds())
    world.far()

    assert (world.writes(), arrived(world)) == (0, [False, False])


def renamed(people: int) -> SingleWorld:
    """Everybody's user name was changed, and their department with it; SharePoint's sync comes a day later."""
    world = quick(SingleWorld(people, mappings=(TEXT,)))
    world.sync()
    world.sim.accounts.lag_s = 86_400
    for n, person in enumerate(world.people):
        world.sim.directory.edit(person, userPrincipalName=f"new{n}@contoso.com", department=f"D{n} new")
    world.sim.advance(300)
    return world


@pytest.mark.slow
def test_new_user_names_are_one_cause_and_few_calls() -> None:
    """After sixty in a row that find no profile the others wait without a call; a day later all are delivered."""
    world = renamed(130)
    before, calls = world.writes(), charged(world)
    world.pull()
    world.drain(hours=0.5)
    first = sum(calls)
    calls.clear()
    world.drain(hours=2)
    again = sum(calls)

    assert (world.writes(), first, again) == (before, 2 * 65, 2 * 5)
    assert {entry.reason for entry in world.escrow().values()} == {EscrowReason.USER_NAME_CHANGED}
    assert len(world.escrow()) == 130
    assert not [one for one in world.events.named(EventName.PERSON_ESCROWED) if one.level is not Level.INFO]
    world.sim.advance(86_400)
    world.settle_down(days=3)
    assert all(world.profile(person)["UpaDepartment"] == f"D{n} new" for n, person in enumerate(world.people))
    assert world.escrow() == {}


def charged(world: SingleWorld) -> list[int]:
    """Return what PeopleManager is called from now on, request by request."""
    calls: list[int] = []
    throttle = world.sim.people_throttle
    real = throttle.charge

    def charge(made: int) -> int | None:
        calls.append(made)
        return real(made)

    throttle.charge = charge
    return calls


@pytest.mark.slow
@pytest.mark.full
def test_the_share_is_used_and_no_more() -> None:
    """While there is work, 95 % of the share is used window by window for hours, and nothing is ever throttled."""
    hours, budget = 24 if FULL else 1, Budget(share=2.0)
    people = hours * 12 * budget.per_window // 5 + 20
    world = quick(SingleWorld(people, mappings=(TEXT,), individual=budget))
    world.connector = with_limits(world.connector, segment_rows=2_000, people_per_shard=250)
    world.sim.delta.options.page_size = 500
    world.sim.advance(300 - world.sim.time() % 300)
    world.sim.people_throttle.enabled = True
    calls, windows = charged(world), []
    world.pull()
    for _ in range(hours * 12):
        calls.clear()
        world.drain(until=world.now + timedelta(seconds=299))
        windows.append(sum(calls))
        world.sim.advance(300 - world.sim.time() % 300)

    print(f"{sum(windows)} of {hours * 12 * budget.per_window} calls in {hours} hours")
    assert max(windows) <= budget.per_window
    assert sum(windows) >= 0.95 * hours * 12 * budget.per_window
    assert world.sim.people_throttle.refused == 0
    assert {entry.reason for entry in world.escrow().values()} <= {EscrowReason.OVER_BUDGET}


def calls_of(world: SingleWorld) -> PeopleCalls:
    return people_calls_of(world.store, world.connector).load().value


def test_calls_that_werent_made_are_given_back() -> None:
    """Whose profile is right already costs a read; what is left of the block is free for others."""
    world = planned(3)
    world.sim.profiles.set(world.people[0], "UpaDepartment", "D0", cause="user")
    calls = charged(world)
    world.far()

    assert arrived(world) == [True] * 3
    assert calls_of(world).in_day == sum(calls) > 0


def test_a_first_short_pause_is_waited_out_within_the_slice() -> None:
    """Everybody in the tenant learns of it; nobody is left for another slice."""
    world = planned(2)
    world.sim.faults.add(surface="admin", status=429, headers={"Retry-After": "10"}, times=1)
    began = world.now
    world.far()

    assert (arrived(world), calls_of(world).throttled) == ([True, True], 1)
    assert timedelta(seconds=10) <= world.now - began < timedelta(seconds=20)


def alone_with(profiles: Any, people: int = 2) -> tuple[SingleWorld, Ports]:
    """Return a world whose planned people are written to other profiles; a slice holds one of them."""
    world = planned(people, mappings=(TEXT, TITLE))
    for one in world.people:
        profiles.add(world.sim.directory.get(one)["userPrincipalName"], one)
    proof = proofs_of(world.store, world.connector).load().value.apps[APP]
    proofs_of(world.store, world.connector).update(lambda proofs: proofs.plus("fake-app", proof))
    return world, replace(world.ports(), routes=routes_with(profiles))


def found(world: SingleWorld) -> set[str]:
    proof = proofs_of(world.store, world.connector).load().value.apps["fake-app"]
    return {one.found for one in proof.properties.values()}


@pytest.mark.parametrize(
    ("denied", "refused", "stops"),
    [
        ({"UpaTitle"}, {}, False),
        ({"UpaTitle"}, {"UpaDepartment": "x"}, False),
        ({"UpaTitle", "UpaDepartment"}, {}, True),
    ],
)
def test_the_route_stops_where_everything_of_a_person_is_denied(denied: Any, refused: Any, stops: bool) -> None:
    """A right that is missing for one property says nothing of the others."""
    profiles = FakeProfiles()
    world, ports = alone_with(profiles)
    profiles.denied, profiles.refused = denied, refused
    ports.routes["individual"].advance(ports, world.connector)

    assert (found(world) == {"denied"}) == stops


def test_a_slice_without_progress_counts_as_failed_until_somebody_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wasn't reached is next, and nobody is passed over; one who was written makes it no failure."""
    monkeypatch.setattr(slices, "MAX_PEOPLE", 2)
    profiles = FakeProfiles()
    world, ports = alone_with(profiles, 4)
    route, noted = ports.routes["individual"], []

    def goes_on() -> None:
        route.advance(ports, world.connector)
        after = progress(world)[1]
        noted.append((after.failures, after.done, after.not_before is not None))
        world.sim.advance(3600)

    profiles.hooks.fail("read", UnavailableError("down"), times=2)
    goes_on()
    goes_on()
    real = profiles.write

    def second_fails(*args: Any) -> Any:
        profiles.write = broken
        return real(*args)

    def broken(*_: Any) -> Any:
        profiles.write = real
        raise UnavailableError("down")

    profiles.write = second_fails
    goes_on()
    goes_on()

    assert noted == [(1, 0, True), (2, 0, True), (0, 1, True), (0, 3, False)]


def test_values_that_were_set_after_the_claim_are_sent_again() -> None:
    """Somebody may have set newer ones: only what was sent is unknown and due, and it counts as ours."""
    profiles = FakeProfiles()
    world, ports = alone_with(profiles)
    title = world.people[0]
    profiles.people[next(iter(profiles.people))].values["UpaTitle"] = "T0"
    key = progress_key_of(world)
    real = profiles.write

    def overtaken(*args: Any) -> Any:
        Document(world.store, key, Progress()).update(lambda one: replace(one, claim="another's"))
        change_people_between_runs(
            ports, world.connector, world.people, lambda shard, one: deliver(shard, one, "newer")
        )
        return real(*args)

    profiles.write = overtaken
    with pytest.raises(ConflictError):
        ports.routes["individual"].advance(ports, world.connector)
    ours = {person: mine for shard in world.shards() for person, mine in shard.ours.items()}

    assert {entry.reason for entry in world.escrow().values()} == {EscrowReason.REQUESTED}
    assert sorted(world.escrow()) == sorted(world.people)
    assert ours[title] == {"UpaDepartment": ["newer", "D0"]}
    assert [(world.shadow(person) or {}).get("UpaDepartment") for person in world.people] == [None, None]


def deliver(shard: Shard, person: str, value: str) -> None:
    shard.settle(person, {"UpaDepartment": value}, 1)


def progress_key_of(world: SingleWorld) -> str:
    run = world.state.run
    assert run is not None
    return f"runs/{run.id[:4]}/{run.id[4:6]}/{run.id}/individual/{run.files[0].name}"


def test_a_person_whose_write_was_throttled_is_read_again_before_the_next_try() -> None:
    """What is there by then isn't written twice."""
    profiles = FakeProfiles()
    world, ports = alone_with(profiles, 1)
    account = next(iter(profiles.people))
    writes: list[str] = []

    def throttled(written: str, *_: Any) -> Any:
        writes.append(written)
        profiles.people[account].values.update(UpaDepartment="D0", UpaTitle="T0")
        raise ThrottledError("429", retry_after=5)

    profiles.write = throttled
    ports.routes["individual"].advance(ports, world.connector)

    assert (writes, progress(world)[1].done) == ([account], 1)


@pytest.mark.parametrize(("pause", "waited"), [(20, True), (21, False)])
def test_twenty_seconds_are_waited_for_within_a_slice_and_no_more(pause: int, waited: bool) -> None:
    """A longer pause ends it; whoever wasn't written is next."""
    profiles = FakeProfiles()
    world, ports = alone_with(profiles)
    profiles.hooks.fail("read", ThrottledError("429", retry_after=pause))
    began = world.now
    step = ports.routes["individual"].advance(ports, world.connector)

    assert progress(world)[1].done == (2 if waited else 0)
    assert (world.now - began).total_seconds() == (pause if waited else 0)
    assert step.kind == ("again" if waited else "poll")


def test_a_pause_that_would_outlast_the_claim_ends_the_slice() -> None:
    """Nothing is sent in the last minute before the claim ends, however short the pause."""
    profiles = FakeProfiles()
    world, ports = alone_with(profiles)
    real = profiles.read

    def slow(*args: Any, **options: Any) -> Any:
        profiles.read = real
        world.sim.advance(CLAIM_LASTS.total_seconds() - REQUEST_TIMEOUT - 10)
        raise ThrottledError("429", retry_after=15)

    profiles.read = slow
    step = ports.routes["individual"].advance(ports, world.connector)

    assert (step.kind, progress(world)[1].done, profiles.calls) == ("poll", 0, 0)


def test_a_slice_that_the_budget_stopped_goes_on_when_a_person_can_be_written() -> None:
    """Not before there are calls enough for one: what is left of this window is too little."""
    profiles = FakeProfiles()
    world, ports = alone_with(profiles, 3)
    world.connector = replace(world.connector, individual=Budget(share=100 * 9 / 3000))
    first = ports.routes["individual"].advance(ports, world.connector)
    window = 300 - world.sim.time() % 300

    assert 0 < progress(world)[1].done < 3
    step = first if first.kind == "poll" else ports.routes["individual"].advance(ports, world.connector)
    assert step.kind == "poll"
    assert step.at is not None
    assert (step.at - world.now).total_seconds() == pytest.approx(window, abs=1)


def test_the_archive_of_a_batch_says_by_which_route_it_went() -> None:
    """It is whole, its answers are in slices by number, and no import job belongs to it."""
    profiles = FakeProfiles()
    world, ports = alone_with(profiles)
    run = world.state.run
    assert run is not None
    while world.state.run is not None:
        ports.routes["individual"].advance(ports, world.connector)
    outcome = load_outcome(ports, run.id, run.files[0].name)

    assert outcome is not None
    assert (outcome.route, outcome.intact, outcome.jobs, outcome.given_up) == ("individual", True, (), "")
    assert [(one.name, one.job) for one in outcome.logs] == [("slice 0", "")]


def test_a_denial_is_stored_by_its_name_and_no_longer_than_eighty_characters() -> None:
    """What didn't work before keeps its own reason."""
    profiles = FakeProfiles()
    world, ports = alone_with(profiles)
    route = ports.routes["individual"]
    assert isinstance(route, IndividualRoute)
    proof = proofs_of(world.store, world.connector).load().value.apps["fake-app"]
    refused = PropertyProof("string", "refused", "X")
    found = {**proof.properties, "UpaTitle": refused}
    proofs_of(world.store, world.connector).update(
        lambda proofs: proofs.plus("fake-app", replace(proof, properties=found))
    )
    route.deny(ports, world.connector, "c" * 100)
    denied = proofs_of(world.store, world.connector).load().value.apps["fake-app"].properties

    assert (denied["UpaDepartment"].found, denied["UpaDepartment"].code) == ("denied", "c" * 80)
    assert denied["UpaTitle"] == refused
