"""A probe that is cut off, disturbed or sent astray leaves nothing wrong behind that nobody hears of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.profiles import FakeProfiles
from tests.services.deliver.individual.test_person import KEEP, TEXT, alone
from tests.support.single import APP, SingleWorld
from tests.support.world import World
from tests.support.wrapped import Wrapped
from upa_core.domain.errors import AccessDeniedError, RefusedError, ThrottledError, UnavailableError, UpaError
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.individual.answer import Profile
from upa_core.services.doctor.finding import Finding
from upa_core.services.doctor.probe_individual import probe_individual
from upa_core.services.doctor.probe_traces import help_stranger, restored

FOUND = "GetUserProfilePropertiesFor"


class DeathError(BaseException):
    """The laptop is closed."""


def name_of(world: World, person: str) -> str:
    return str(world.sim.directory.get(person)["userPrincipalName"])


def probe(world: SingleWorld, **ports: Any) -> list[Finding]:
    """Probe with the profile of the first person."""
    user = name_of(world, world.people[0])
    return probe_individual(replace(world.ports(), **ports), world.connector, world.profiles(), APP, user)


@pytest.mark.parametrize("nth", [3, 4])
@pytest.mark.parametrize("trouble", [{"status": 503}, {"status": 429}, {"drop": "before"}, {"drop": "after"}])
def test_a_probe_that_is_cut_off_puts_the_old_value_back(nth: int, trouble: dict[str, Any]) -> None:
    """SharePoint stumbles after the test value was set: the probe ends, and the profile is as it was."""
    world = alone()
    world.sim.faults.add(surface="admin", operation=FOUND, nth=nth, **trouble)
    (finding,) = probe(world)

    assert (finding.severity, world.profile(world.people[0])["UpaDepartment"]) == ("error", "D0")
    assert "test value" not in finding.evidence


@pytest.mark.parametrize("mapping", [TEXT, KEEP], ids=["overwrite", "keep"])
def test_a_test_value_that_stays_is_told_and_put_right_by_the_next_run(mapping: Any) -> None:
    """SharePoint is away after the test value was set: the property is named, and the connector sets its own again."""
    world = alone(mappings=(mapping,))
    ann = world.people[0]
    world.sim.faults.add(surface="admin", operation=FOUND, nth=tuple(range(3, 40)), status=503)
    (finding,) = probe(world)
    left = world.profile(ann)["UpaDepartment"]
    world.sim.faults.clear()
    world.sync(hours=30)

    assert (left, "UpaDepartment of the user may hold a test value" in finding.evidence) == ("upa probe", True)
    assert (world.profile(ann)["UpaDepartment"], world.escrow()) == ("D0", {})


@pytest.mark.parametrize("mapping", [TEXT, KEEP], ids=["overwrite", "keep"])
def test_a_probe_that_dies_is_put_right_within_hours(mapping: Any) -> None:
    """The laptop is closed with a test value in the profile: nobody ends the probe, and the next runs do."""
    world = alone(mappings=(mapping,))
    ann, sets = world.people[0], []

    def die(account: str) -> None:
        sets.append(account)
        if len(sets) == 2:
            raise DeathError

    def put(*args: Any, **conditions: Any) -> Any:
        if len(sets) == 2:
            raise DeathError  # the dead store nothing
        return world.store.put(*args, **conditions)

    world.sim.single_writes.on_set = die
    with pytest.raises(DeathError):
        probe(world, store=Wrapped(world.store, put=put))
    left = world.profile(ann)["UpaDepartment"]
    world.sim.single_writes.on_set = lambda _account: None
    world.sync(hours=3)

    assert (left, world.profile(ann)["UpaDepartment"], world.escrow()) == ("upa probe", "D0", {})


def test_a_value_that_a_run_wrote_beside_the_probe_is_there_in_the_end() -> None:
    """The probe puts back what it had read before; the run's newer value is set again after it."""
    world = alone()
    ann, sets = world.people[0], []

    def run(account: str) -> None:
        sets.append(account)
        if len(sets) == 2:
            world.edit(ann, department="newer")
            world.pull()
            world.drain(hours=0.2)

    world.sim.single_writes.on_set = run
    probe(world)
    world.sim.single_writes.on_set = lambda _account: None
    world.sync(hours=3)

    assert (world.profile(ann)["UpaDepartment"], world.escrow()) == ("newer", {})


def test_a_stranger_behind_the_probed_name_gets_their_value_back() -> None:
    """The user name changes hands after the probe's read: what it set at a stranger is put back, and reported."""
    world = alone()
    ann, bob = world.people[0], world.join(department="B")
    world.sync()
    name = name_of(world, ann)
    reads: list[str] = []

    def swap(account: str) -> None:
        reads.append(account)
        if len(reads) == 1:
            world.sim.directory.edit(ann, userPrincipalName="gone@contoso.com")
            world.sim.directory.edit(bob, userPrincipalName=name)

    world.sim.single_writes.on_read = swap
    (finding,) = probe(world)

    assert "somebody else" in finding.evidence
    assert (world.profile(ann)["UpaDepartment"], world.profile(bob)["UpaDepartment"]) == ("D0", "B")
    told = [one.fields for one in world.events.named(EventName.STRANGER_WRITTEN)]
    assert told == [{"properties": 1, "put_back": 1}]


def test_a_probe_that_ends_well_costs_the_person_one_read_more() -> None:
    """They are looked at once by the next run, and nothing is written."""
    world = alone()
    ann = world.people[0]
    probe(world)
    before = world.writes()
    world.sync(hours=3)

    assert (world.writes() - before, world.escrow(), world.shadow(ann)) == (0, {}, {"UpaDepartment": "D0"})


OLD = {"UpaTitle": "old"}
ANN = "i:0#.f|membership|ann@contoso.com"
BUSY = UnavailableError("down")


def put_back(profiles: FakeProfiles, *errors: UpaError) -> tuple[bool, list[float]]:
    """Put Ann's old title back, with these errors of the first sets; returns the result, and the moments of reads."""
    world, moments = World(), list[float]()
    for error in errors:
        profiles.hooks.fail("write", error)
    profiles.hooks.before = lambda call: moments.append(world.time.monotonic()) if call.operation == "read" else None
    done = restored(world.ports(), profiles, ANN, "ann", OLD)
    return done, [moment - moments[0] for moment in moments]


def test_old_values_are_set_again_three_times_at_most_with_pauses() -> None:
    """As long as SharePoint asks, else five seconds; a refusal ends it, and so does one of the values."""
    results = []
    for errors in ((), (BUSY, ThrottledError("429", retry_after=9)), (BUSY, BUSY, BUSY), (RefusedError("no"),)):
        profiles = FakeProfiles()
        person = profiles.add("ann@contoso.com", "ann", UpaTitle="test")
        done, moments = put_back(profiles, *errors)
        results.append((done, moments, person.values["UpaTitle"]))
    refused = FakeProfiles()
    refused.add("ann@contoso.com", "ann")
    refused.refused = {"UpaTitle": "X"}

    assert results == [
        (True, [0], "old"),
        (True, [0, 5, 14], "old"),
        (False, [0, 5, 10], "test"),
        (False, [0], "test"),
    ]
    assert put_back(refused)[0] is False


def test_nothing_is_set_at_somebody_else_or_at_nobody() -> None:
    """Where the account name leads to them by now: it isn't claimed that the value is back."""
    other, nobody = FakeProfiles(), FakeProfiles()
    eve = other.add("ann@contoso.com", "eve", UpaTitle="eve's")

    assert (put_back(other)[0], put_back(nobody)[0]) == (False, False)
    assert (eve.values, other.hooks.count("write"), nobody.hooks.count("write")) == ({"UpaTitle": "eve's"}, 0, 0)


@pytest.mark.parametrize(("error", "back"), [(None, 1), (RefusedError("no"), 0), (AccessDeniedError("403"), 0)])
def test_a_stranger_is_reported_whether_their_values_are_back_or_not(error: UpaError | None, back: int) -> None:
    """With how many properties, as an error."""
    world, profiles = World(), FakeProfiles()
    profiles.add("ann@contoso.com", "eve", UpaTitle="test")
    if error is not None:
        profiles.hooks.fail("write", error)
    help_stranger(world.ports(), world.connector, profiles, ANN, Profile("eve", {"UpaTitle": "old"}), OLD)
    (told,) = world.events.named(EventName.STRANGER_WRITTEN)

    assert (told.level, told.connector, told.fields) == (Level.ERROR, "hr", {"properties": 1, "put_back": back})
