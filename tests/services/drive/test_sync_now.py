"""One person at once: written singly beside whatever is on its way, refused by name, safe at every death."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.crash.scenarios import quick
from tests.fakes.hooks import Call, nothing
from tests.fakes.profiles import FakeProfiles
from tests.support.ended import delivery_of, planned
from tests.support.mortal import Death, Fate
from tests.support.single import APP, SingleWorld
from tests.support.world import NO_THRESHOLD
from tests.support.wrapped import Wrapped
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.lane import Abandoned, InFlight, Lane
from upa_core.domain.documents.runs import Counts, Report, Run, Urgent
from upa_core.domain.documents.storage_layout import report_key, state_key
from upa_core.domain.errors import (
    AccessDeniedError,
    ConfigError,
    RefusedError,
    RetryLaterError,
    ThrottledError,
    UnavailableError,
    UpaError,
)
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.individual.answer import Fault
from upa_core.domain.individual.proof import Proofs
from upa_core.domain.people_calls import Budget, PeopleCalls
from upa_core.services.admin.controls import pause, reset
from upa_core.services.admin.forget import forget
from upa_core.services.admin.holds import reject
from upa_core.services.deliver.individual.slices import CLAIM_LASTS, REQUEST_TIMEOUT
from upa_core.services.deliver.routes import routes_with
from upa_core.services.drive.busy_properties import busy_properties
from upa_core.services.drive.sync_now import Now, sync_now
from upa_core.state.document import Document, get_document, lane_of, state_of
from upa_core.state.individual import people_calls_of, proofs_of


def delivered(people: int = 3, **options: Any) -> SingleWorld:
    """A tenant whose properties all travel by bulk, delivered, and proven to be writable singly."""
    world = quick(SingleWorld(people, **{"targets": (), **options}))
    world.sync()
    return world


def now(world: SingleWorld, person: str, **options: Any) -> Now:
    """Write a person at once."""
    return sync_now(world.ports(), world.connector, person, "Ann", **options)


def at_sharepoint(world: SingleWorld, person: str) -> None:
    """Let an import job be in flight that names one person's department."""
    world.edit(person, department="on its way")
    world.pull()
    while world.lane.in_flight is None or world.lane.in_flight.phase != "queued":
        world.step()


def test_somebody_is_written_while_an_import_job_is_in_flight() -> None:
    """A bulk property arrives at once and is confirmed; the import job of somebody else goes on; all is reported."""
    world = delivered()
    ann, bob, _ = world.people
    at_sharepoint(world, bob)
    world.edit(ann, department="urgent", jobTitle=None)
    told = now(world, ann)
    shadow, flight = world.shadow(ann) or {}, world.lane.in_flight
    report = get_document(world.store, report_key(told.run), Report)
    profile = world.profile(ann)
    world.settle_down()

    assert told.results == {"UpaDepartment": "confirmed", "UpaTitle": "confirmed"}
    assert (told.refused, told.calls, told.requests, told.waited) == ({}, 6, 2, 0.0)
    assert (profile["UpaDepartment"], profile["UpaTitle"]) == ("urgent", "")
    assert (shadow["UpaDepartment"], shadow["UpaTitle"], flight is not None) == ("urgent", "", True)
    assert report is not None
    assert (report.value.outcome, report.value.counts.exported) == ("complete", 1)
    assert world.differences() == []


def test_nothing_differs() -> None:
    """A person whose profile is right costs no call of PeopleManager."""
    world = delivered(1)

    assert now(world, world.people[0]) == Now(world.people[0])


def test_what_is_on_its_way_is_left_to_it() -> None:
    """A property that an unsettled batch names is refused with the run's id; the person's other one is written."""
    world = delivered()
    ann = world.people[0]
    at_sharepoint(world, ann)
    run = world.state.run
    assert run is not None
    world.edit(ann, department="even newer", jobTitle="now")
    told = now(world, ann)
    before = world.profile(ann)
    world.settle_down()

    assert told.results == {"UpaTitle": "confirmed"}
    assert told.refused == {"UpaDepartment": f"run {run.id}, which is on its way, names it"}
    assert (before["UpaDepartment"], before["UpaTitle"]) == ("D0", "now")
    assert world.differences() == []


def test_what_a_held_plan_names_waits_for_the_decision() -> None:
    """A property that a held plan names is refused; so is one that was rejected afterwards."""
    world = delivered(threshold=replace(NO_THRESHOLD, updates_absolute=1))
    ann, bob, _ = world.people
    for person in (ann, bob):
        world.edit(person, department="held")
    world.sync()
    hold = world.state.hold
    assert hold is not None
    held = now(world, ann).refused
    reject(world.ports(), world.connector, hold.run.id, "Ann")
    rejected = now(world, ann)

    assert held == {"UpaDepartment": f"a held plan names it: decide {hold.run.id} first"}
    assert (rejected.run, rejected.refused) == ("", {"UpaDepartment": "rejected: upa declined lift"})


def test_an_import_job_that_was_given_up_may_still_write() -> None:
    """A property that it names is refused; where its file can't be read any more, every property is."""
    world = delivered(1)
    ann = world.people[0]
    file = next(key for key in world.store.blobs if key.endswith("/report.json"))
    report = get_document(world.store, file, Report)
    assert report is not None
    run, sent = report.value.run, report.value.files[0]
    given_up = Abandoned("hr", run, sent.name, 1, "", "", (), world.now, world.now)
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, abandoned=(given_up,)))
    world.edit(ann, department="now")
    named = now(world, ann)
    missing = replace(given_up, file="upa-hr-gone-1.json")
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, abandoned=(missing,)))
    unreadable = now(world, ann)

    assert [list(one.refused) for one in (named, unreadable)] == [["UpaDepartment"]] * 2
    assert "given up" in named.refused["UpaDepartment"]
    assert world.writes() == 0


def test_what_the_probe_did_not_prove_is_refused() -> None:
    """Without a proof nothing is written, and it is said what to run, for a bulk property with its option."""
    world = delivered(1)
    proofs_of(world.store, world.connector).update(lambda _: Proofs())
    world.edit(world.people[0], department="now")
    told = now(world, world.people[0])

    assert (told.run, world.writes()) == ("", 0)
    assert told.refused["UpaDepartment"].endswith("upa doctor --probe-individual USER --with-bulk")


def test_a_clear_that_was_not_proven_is_refused() -> None:
    """Where the probe found nothing that clears a property, a clear is refused by name."""
    world = delivered(1)
    document = proofs_of(world.store, world.connector)
    proof = document.load().value.apps[APP]
    found = {name: replace(one, clear="") for name, one in proof.properties.items()}
    document.update(lambda all_: all_.plus(APP, replace(proof, properties=found)))
    world.edit(world.people[0], jobTitle=None)

    assert now(world, world.people[0]).refused == {"UpaTitle": "the probe found nothing that clears it"}


@pytest.mark.parametrize("closed", ["paused", "staging", "threshold", "unknown", "budget"])
def test_gates_hold_for_one_person_too(closed: str) -> None:
    """Pause, staging mode, threshold, a person who isn't there, a used-up budget: refused, nothing written."""
    options: dict[str, Any] = {"individual": Budget(per_hour=20)} if closed == "budget" else {}
    world = delivered(2, **options)
    ann = world.people[0]
    world.edit(ann, department="now")
    if closed == "paused":
        pause(world.ports(), world.connector, "Ann")
    elif closed == "staging":
        world.connector = replace(world.connector, staging=True)
    elif closed == "threshold":
        world.connector = replace(world.connector, threshold=replace(NO_THRESHOLD, updates_absolute=0))
    elif closed == "budget":
        key = f"tenants/{world.connector.target.lane}/people-calls.json"
        Document(world.store, key, PeopleCalls()).update(
            lambda calls: calls.reserve(18, world.connector.individual, world.now)[0]
        )
    person = "00000000-0000-0000-0000-00000000beef" if closed == "unknown" else ann
    words = {
        "paused": "paused",
        "staging": "upa go",
        "threshold": "limit is 0",
        "unknown": "no such",
        "budget": "used up",
    }

    with pytest.raises(RefusedError, match=words[closed]):
        now(world, person)
    assert (world.writes(), world.state.urgent) == (0, None)


def test_a_connector_that_points_to_another_tenant_writes_nobody() -> None:
    """What it knows is about the tenant before."""
    world = delivered(1)
    world.edit(world.people[0], department="now")
    state_of(world.store, "hr").update(lambda state: replace(state, target="fabrikam-admin.sharepoint.com"))

    with pytest.raises(ConfigError, match="fabrikam"):
        now(world, world.people[0])
    assert world.writes() == 0


def test_it_counts_against_the_threshold() -> None:
    """Whoever was written at once is among those changed in the last 24 h."""
    world = delivered(3, threshold=replace(NO_THRESHOLD, updates_absolute=1))
    for person in world.people[:2]:
        world.edit(person, department="now")
    now(world, world.people[0])

    with pytest.raises(RefusedError, match="updates of 2 people"):
        now(world, world.people[1])


def test_calls_are_waited_for() -> None:
    """Where the share of these five minutes is used up it waits for the next, and says how long."""
    world = delivered(1)
    world.sim.advance(300 - world.sim.time() % 300 + 60)
    key = f"tenants/{world.connector.target.lane}/people-calls.json"
    Document(world.store, key, PeopleCalls()).update(
        lambda calls: calls.reserve(750, world.connector.individual, world.now)[0]
    )
    world.edit(world.people[0], department="now")
    told = now(world, world.people[0])

    assert told.results == {"UpaDepartment": "confirmed"}
    fields = {"control": "sync-user --now", "by": "Ann"}
    assert Event(EventName.CONTROLLED, "hr", told.run, Level.WARNING, fields) in world.events.events
    assert 230 <= told.waited <= 240
    assert told.seconds >= told.waited


def test_a_throttle_is_told_and_nothing_is_left_claimed() -> None:
    """A pause that SharePoint asks for before anything was sent is an error with its length; the claim is given up."""
    world = delivered(1)
    world.edit(world.people[0], department="now")
    world.sim.faults.add(surface="admin", operation="GetUserProfilePropertiesFor", status=429, nth=2)
    with pytest.raises(ThrottledError):
        now(world, world.people[0])

    assert (world.state.urgent, world.writes()) == (None, 0)
    world.sim.faults.clear()
    world.settle_down()
    assert world.differences() == []


def test_a_write_that_nobody_answers_is_unknown_and_sent_again() -> None:
    """A write without an answer, and a read without one: unknown, due at once, and right in the end."""
    world = delivered(1)
    ann = world.people[0]
    world.edit(ann, department="now")
    world.sim.faults.add(surface="admin", operation="GetUserProfilePropertiesFor", nth=(2, 3, 4, 5), drop="after")
    told = now(world, ann)
    shadow, due = world.shadow(ann) or {}, world.escrow()[ann].due
    world.sim.faults.clear()
    world.settle_down()

    assert (told.results, shadow["UpaDepartment"]) == ({"UpaDepartment": "unknown"}, None)
    assert told.requests == 5  # a read, the write, three looks
    assert due is not None
    assert due <= world.now
    assert world.differences() == []


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_death_at_any_call_loses_nothing(after: bool) -> None:
    """Whoever finds the claim settles it: the person is right in the end, and the batch was archived."""
    at, deaths, dead = 1, 0, True
    while dead:
        world = delivered(2)
        ann, bob = world.people
        at_sharepoint(world, bob)
        world.edit(ann, department="urgent")
        try:
            sync_now(world.ports(Fate(at=at, after=after)), world.connector, ann, "Ann")
            dead = False
        except Death:
            deaths += 1
        if world.state.urgent is not None:
            with pytest.raises(RefusedError, match="somebody else"):
                now(world, bob)
        world.settle_down()
        assert (world.differences(), world.state.urgent) == ([], None), at
        at += 3

    assert deaths > 8


def test_a_claim_that_outlived_its_worker_is_settled_by_the_next_who_asks() -> None:
    """After five minutes the next question settles it as unknown, and serves the person."""
    world = delivered(1)
    ann = world.people[0]
    world.edit(ann, department="urgent")
    fate = Fate()
    ports = world.ports(fate)
    world.sim.single_writes.on_read = lambda _: setattr(fate, "at", len(fate.calls) + 1)
    with pytest.raises(Death):
        sync_now(ports, world.connector, ann, "Ann")
    world.sim.single_writes.on_read = lambda _: None
    claimed, step = world.state.urgent, world.far()
    world.sim.advance(CLAIM_LASTS.total_seconds() + 1)
    told = now(world, ann)

    assert claimed is not None
    assert (step.kind, step.at) == ("poll", claimed.until)
    assert told.results == {"UpaDepartment": "confirmed"}
    assert world.state.urgent is None


def test_a_worker_that_stalls_sends_nothing_after_its_claim() -> None:
    """A worker that stands still between its read and its write beyond the claim sends nothing."""
    world = delivered(1)
    ann = world.people[0]
    world.edit(ann, department="late")

    def stall(_: str) -> None:
        world.sim.single_writes.on_read = lambda _: None
        world.sim.advance(CLAIM_LASTS.total_seconds() + 10)
        while world.far().kind == "again":
            pass

    world.sim.single_writes.on_read = stall
    with pytest.raises(RetryLaterError):
        now(world, ann)

    assert world.writes() == 0
    assert world.state.urgent is None
    world.settle_down()
    assert world.differences() == []


def test_nothing_is_planned_while_somebody_is_written() -> None:
    """A round that is sealed in between waits for the claim's end; nobody is forgotten, no shadow reset meanwhile."""
    world = delivered(2)
    ann, bob = world.people
    world.edit(ann, department="urgent")
    seen: list[Any] = []

    def meanwhile(_: str) -> None:
        world.sim.single_writes.on_read = lambda _: None
        world.edit(ann, department="newer")
        world.edit(bob, department="newer")
        world.pull()
        seen.append(world.step())
        seen.append(world.state.run)
        for refused in (
            lambda: forget(world.ports(), world.connector, bob, "Ann"),
            lambda: reset(world.ports(), world.connector, "shadow", "Ann"),
        ):
            with pytest.raises(RefusedError):
                refused()

    world.sim.single_writes.on_read = meanwhile
    told = now(world, ann)
    world.settle_down()

    assert (seen[0].kind, seen[0].why, seen[1]) == ("poll", "somebody is written at once", None)
    assert told.results == {"UpaDepartment": "confirmed"}
    assert world.differences() == []


def test_a_users_edit_is_overwritten_by_bulk_and_kept_singly() -> None:
    """A bulk property isn't the user's; an individual one is kept as its mapping says."""
    world = delivered(1, targets=("UpaTitle",))
    ann = world.people[0]
    for target in ("UpaTitle", "UpaDepartment"):
        world.sim.profiles.set(ann, target, "by hand", cause="user")
    world.edit(ann, department="bulk", jobTitle="single")
    told = now(world, ann)

    assert told.results == {"UpaDepartment": "confirmed", "UpaTitle": "user_edited"}
    assert world.now - world.state.exported[-1].at < timedelta(minutes=1)


def test_a_person_is_the_same_however_their_id_is_written() -> None:
    """In capitals too."""
    world = delivered(1)
    world.edit(world.people[0], department="now")

    assert now(world, world.people[0].upper()).results == {"UpaDepartment": "confirmed"}


def test_one_person_is_written_at_a_time() -> None:
    """While a claim lasts, the next one is refused, and the claim stays."""
    world = delivered(2)
    ann, bob = world.people
    world.edit(bob, department="now")
    run = Run("run", world.now, (), (), Counts())
    claim = Urgent(run, ann, world.now + CLAIM_LASTS)
    state_of(world.store, "hr").update(lambda state: replace(state, urgent=claim))
    with pytest.raises(RefusedError, match="somebody else"):
        now(world, bob)

    assert (world.state.urgent, world.writes()) == (claim, 0)


def test_whoever_cant_wait_waits_for_no_off_peak_hour() -> None:
    """And takes no more of the budget than the calls that were made."""
    world = delivered(1, individual=Budget(hours=(3, 4)))
    world.edit(world.people[0], department="now")
    before, sequence = people_calls_of(world.store, world.connector).load().value.in_day, world.state.sequence
    told = now(world, world.people[0])
    report = get_document(world.store, report_key(told.run), Report)

    assert (told.results, told.waited) == ({"UpaDepartment": "confirmed"}, 0.0)
    assert people_calls_of(world.store, world.connector).load().value.in_day - before == told.calls
    assert report is not None
    assert [one.sequence for one in report.value.files] == [sequence + 1]
    assert (report.value.counts.people, report.value.counts.pairs, world.state.sequence > sequence) == (1, 1, True)


def test_a_profile_that_is_right_already_costs_one_request() -> None:
    """Somebody has set the value meanwhile: it is read, and confirmed."""
    world = delivered(1)
    world.edit(world.people[0], department="now")
    world.sim.profiles.set(world.people[0], "UpaDepartment", "now", cause="user")
    told = now(world, world.people[0])

    assert (told.results, told.requests, told.calls) == ({"UpaDepartment": "confirmed"}, 1, 2)


def test_whoever_has_no_profile_is_told_so() -> None:
    """By the reason, for each property; nothing is written."""
    world = delivered(1)
    late = world.join(profile=False, department="late")
    told = now(world, late)

    assert set(told.results.values()) == {"profile_not_created"}
    assert (told.requests, world.writes()) == (1, 0)


def test_a_state_that_changes_meanwhile_is_read_again() -> None:
    """A round is sealed while the person is read: they are written all the same."""
    world = delivered(1)
    world.edit(world.people[0], department="now")

    def meanwhile(call: Call) -> None:
        if call.operation == "put" and call.subject == state_key("hr"):
            world.store.hooks.before = nothing
            state_of(world.store, "hr").update(lambda state: replace(state, runs=state.runs + 1))

    world.store.hooks.before = meanwhile

    assert now(world, world.people[0]).results == {"UpaDepartment": "confirmed"}


def test_what_is_on_its_way_is_named_by_the_first_that_may_write_it() -> None:
    """A batch of the open run, the file in the lane, an import job that was given up; not another connector's."""
    world = planned(2)
    on = delivery_of(world)
    person, run = world.people[0], on.run
    known: dict[str, Any] = {"run": run.id, "file": on.file.name, "sequence": 1}
    flight = InFlight("hr", phase="queued", since=world.now, **known)
    given_up = Abandoned("hr", upload="", source_uri="", jobs=(), since=world.now, next_poll=world.now, **known)

    def busy(open_run: Run | None, **lane: Any) -> set[str]:
        lane_of(world.store, world.connector).update(lambda _: Lane(**lane))
        return set(busy_properties(world.ports(), world.connector, ConnectorState(run=open_run), person).values())

    on_its_way = f"run {run.id}, which is on its way, names it"
    assert busy(run, abandoned=(given_up,)) == {on_its_way}
    assert busy(None, in_flight=flight) == {on_its_way}
    assert len(busy(None, abandoned=(given_up,)) - {on_its_way}) == 1
    assert busy(None, in_flight=replace(flight, connector="sales")) == set()
    assert busy(None) == set()


@pytest.mark.parametrize(
    ("nth", "status", "error"),
    [
        (1, 429, ThrottledError),
        (1, 403, AccessDeniedError),
        (1, 500, UnavailableError),
        (2, 429, ThrottledError),
        (2, 403, AccessDeniedError),
    ],
)
def test_an_error_before_anything_is_set_gives_the_claim_up_and_tells_those_whom_it_concerns(
    nth: int, status: int, error: type[UpaError]
) -> None:
    """While reading or writing: a throttle stands in the tenant's book, a denial takes the proof, an outage neither."""
    world = delivered(1)
    world.edit(world.people[0], department="now")
    world.sim.faults.add(surface="admin", operation="GetUserProfilePropertiesFor", status=status, nth=nth)
    with pytest.raises(error):
        now(world, world.people[0])
    found = {one.found for one in proofs_of(world.store, world.connector).load().value.apps[APP].properties.values()}

    assert (world.state.urgent, world.writes()) == (None, 0)
    assert people_calls_of(world.store, world.connector).load().value.throttled == (status == 429)
    assert found == ({"denied"} if status == 403 else {"works"})


def test_a_person_whose_sets_are_all_denied_takes_the_proof() -> None:
    """The app has lost its right: nothing is written singly before another probe."""
    world, profiles = delivered(1), FakeProfiles()
    world.edit(world.people[0], department="now")
    profiles.add(world.sim.directory.get(world.people[0])["userPrincipalName"], world.people[0])
    profiles.denied = {"UpaDepartment"}
    proof = proofs_of(world.store, world.connector).load().value.apps[APP]
    proofs_of(world.store, world.connector).update(lambda proofs: proofs.plus("fake-app", proof))
    sync_now(replace(world.ports(), routes=routes_with(profiles)), world.connector, world.people[0], "Ann")
    denied = proofs_of(world.store, world.connector).load().value.apps["fake-app"]

    assert {one.found for one in denied.properties.values()} == {"denied"}
    assert world.escrow()[world.people[0]].detail == "UnauthorizedAccessException"


@pytest.mark.parametrize(("kind", "denied"), [("denied", True), ("refused", False), ("unclear", False)])
def test_a_profile_that_cant_be_read_is_left_and_only_a_denial_takes_the_proof(kind: Any, denied: bool) -> None:
    """The person waits by that name, or the claim is given up; nothing is written."""
    world, profiles = delivered(1), FakeProfiles()
    world.edit(world.people[0], department="now")
    profiles.read = lambda wanted, **_: dict.fromkeys(wanted, Fault(kind, "X"))
    proof = proofs_of(world.store, world.connector).load().value.apps[APP]
    proofs_of(world.store, world.connector).update(lambda proofs: proofs.plus("fake-app", proof))
    ports = replace(world.ports(), routes=routes_with(profiles))
    if denied:
        with pytest.raises(AccessDeniedError, match="X"):
            sync_now(ports, world.connector, world.people[0], "Ann")
    else:
        assert sync_now(ports, world.connector, world.people[0], "Ann").results == {"UpaDepartment": "not_written"}
    found = proofs_of(world.store, world.connector).load().value.apps["fake-app"].properties.values()

    assert {one.found for one in found} == ({"denied"} if denied else {"works"})
    assert (world.state.urgent, profiles.hooks.count("write")) == (None, 0)


def test_a_proof_that_goes_while_the_person_is_claimed_refuses_the_write() -> None:
    """Nothing is sent, and nothing stays claimed."""
    world = delivered(1)
    world.edit(world.people[0], department="now")

    def denied(call: Call) -> None:
        if call.operation == "put" and call.subject == state_key("hr"):
            world.store.hooks.after = nothing
            proofs_of(world.store, world.connector).update(lambda _: Proofs())

    world.store.hooks.after = denied
    with pytest.raises(RefusedError, match="the probe's result is gone"):
        now(world, world.people[0])

    assert (world.state.urgent, world.writes()) == (None, 0)


def test_answers_that_cant_be_read_any_more_confirm_nobody() -> None:
    """The write's values are unknown and due, its run is reported as failed, and the claim is over."""
    world = delivered(1)
    ann = world.people[0]
    world.edit(ann, department="now")

    def put(key: str, data: bytes, **conditions: Any) -> str:
        return world.store.put(key, b"" if "/log-" in key else data, **conditions)

    ports = replace(world.ports(), store=Wrapped(world.store, put=put))
    told = sync_now(ports, world.connector, ann, "Ann")
    report = get_document(world.store, report_key(told.run), Report)
    shadow, waits = world.shadow(ann) or {}, world.escrow()[ann]

    assert told.results == {"UpaDepartment": "unknown"}
    assert report is not None
    assert (report.value.status, report.value.counts.exported, report.value.counts.escrowed) == ("failed", 0, 0)
    assert [(one.settled, one.confirmed) for one in report.value.files] == [(True, False)]
    assert (shadow["UpaDepartment"], shadow["UpaTitle"], world.state.urgent) == (None, "T0", None)
    assert waits.detail == f"unanswered {told.run} {report.value.files[0].name}"


def test_a_profile_that_was_read_too_slowly_isnt_written() -> None:
    """A request's time-out before the claim ends, the last moment to send is over."""
    world = delivered(1)
    world.edit(world.people[0], department="late")

    def slow(_: str) -> None:
        world.sim.single_writes.on_read = lambda _: None
        world.sim.advance(CLAIM_LASTS.total_seconds() - REQUEST_TIMEOUT)

    world.sim.single_writes.on_read = slow
    with pytest.raises(RetryLaterError, match="too slowly"):
        now(world, world.people[0])

    assert (world.writes(), world.state.urgent) == (0, None)
