"""A write that nobody answers, and nobody can look at: whoever it may have reached is told, and nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.crash.scenarios import quick
from tests.services.deliver.individual.test_person import KEEP, alone, given_away, reasons
from tests.services.deliver.individual.test_slices import charged
from tests.support.single import SingleWorld
from tests.support.wrapped import Wrapped
from upa_core.domain.documents.individual_keys import people_calls_key
from upa_core.domain.errors import UnansweredError, UnavailableError
from upa_core.domain.health.events import EventName
from upa_core.domain.individual.answer import Reading, Written
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people_calls import Budget, PeopleCalls
from upa_core.services.deliver.individual.slices import CLAIM_LASTS
from upa_core.services.deliver.routes import routes_with
from upa_core.services.drive.sync_now import sync_now
from upa_core.state.document import get_document

FOUND = "GetUserProfilePropertiesFor"


class DeathError(BaseException):
    """The worker ends."""


def told(world: SingleWorld) -> list[Mapping[str, Any]]:
    return [event.fields for event in world.events.named(EventName.STRANGER_WRITTEN)]


def silent(world: SingleWorld, lost: str, *, times: int = 3) -> None:
    """Lose the answer of the first write, and of every look at what came of it."""
    world.sim.faults.add(surface="admin", operation=FOUND, nth=2, drop=lost)
    world.sim.faults.add(surface="admin", operation=FOUND, nth=tuple(range(3, 3 + times)), status=503)


@pytest.mark.parametrize(
    ("lost", "seen"), [("after", [{"properties": 1, "put_back": 0}]), ("before", [])], ids=["set", "not set"]
)
def test_a_stranger_behind_a_write_without_an_answer_is_found_at_the_next_look(
    lost: str, seen: list[Mapping[str, Any]]
) -> None:
    """The name changed hands before the write, and nobody could look: the next slice sees what the stranger holds.

    It is told once, and only where their profile holds what was sent; the person's value arrives by the new name.
    """
    world = alone(individual=Budget(one_geo=True))
    bob, _ = given_away(world)
    silent(world, lost)
    world.pull()
    world.drain(hours=0.5)
    waits = reasons(world)
    world.sync(hours=30)

    assert (world.profile(bob)["UpaDepartment"] == "secret") is bool(seen)
    assert told(world) == seen
    assert waits == {world.people[0]: EscrowReason.OTHER_PERSON}
    assert (world.profile(world.people[0])["UpaDepartment"], world.escrow()) == ("secret", {})


def test_a_silent_write_is_looked_at_again_at_once() -> None:
    """A look that SharePoint doesn't answer is made again after a pause: the stranger is told in the same slice."""
    world = alone(individual=Budget(one_geo=True))
    given_away(world)
    silent(world, "after", times=2)
    world.pull()
    while world.step().why != "planned":
        pass
    world.step()

    assert told(world) == [{"properties": 1, "put_back": 0}]


def test_a_worker_that_dies_with_its_write_leaves_a_doubt() -> None:
    """It set a stranger's value and died before the archive: whoever takes over finds it, and tells it once."""
    world = alone(individual=Budget(one_geo=True))
    bob, _ = given_away(world)
    profiles = world.profiles()

    def write(*args: Any) -> Written:
        profiles.write(*args)
        raise DeathError

    world.pull()
    assert world.step().why == "planned"
    ports = replace(world.ports(), routes=routes_with(Wrapped(profiles, write=write)))
    with pytest.raises(DeathError):
        ports.routes["individual"].advance(ports, world.connector)
    world.sim.advance(CLAIM_LASTS.total_seconds() + 1)
    world.sync(hours=30)

    assert world.profile(bob)["UpaDepartment"] == "secret"
    assert told(world) == [{"properties": 1, "put_back": 0}]


def test_a_doubt_outlives_the_run() -> None:
    """SharePoint is away for hours after the write, and the batch is given up: the next run looks at the old name.

    The person has another user name by then, and the stranger has theirs.
    """
    world = alone(individual=Budget(one_geo=True))
    given_away(world)
    world.sim.faults.add(surface="admin", operation=FOUND, nth=2, drop="after")
    world.sim.faults.add(surface="admin", operation=FOUND, nth=tuple(range(3, 400)), status=503)
    world.pull()
    world.drain(hours=4)
    (waits,) = world.escrow().values()
    world.sim.faults.clear()
    for _ in range(3):
        world.sync(hours=24)

    assert (waits.reason, waits.detail.split(" ")[0]) == (EscrowReason.NOT_WRITTEN, "unanswered")
    assert told(world) == [{"properties": 1, "put_back": 0}]
    assert (world.profile(world.people[0])["UpaDepartment"], world.escrow()) == ("secret", {})


def test_a_doubt_about_somebody_who_is_written_at_once_is_kept() -> None:
    """`sync-user --now` gets no answer, and can't look: the next run sees that the name leads to a stranger."""
    world = alone(individual=Budget(one_geo=True))
    bob, _ = given_away(world)
    silent(world, "after")
    result = sync_now(world.ports(), world.connector, world.people[0], "ops")
    world.sync(hours=30)

    assert result.results == {"UpaDepartment": "unknown"}
    assert world.profile(bob)["UpaDepartment"] == "secret"
    assert told(world) == [{"properties": 1, "put_back": 0}]


def test_whoever_is_written_at_once_again_is_looked_for_under_the_old_name() -> None:
    """The second `sync-user --now` finds the stranger whom the first may have written, and the person's own profile."""
    world = alone(individual=Budget(one_geo=True))
    given_away(world)
    silent(world, "after")
    sync_now(world.ports(), world.connector, world.people[0], "ops")
    world.sim.faults.clear()
    before = told(world)
    again = sync_now(world.ports(), world.connector, world.people[0], "ops")

    assert (before, told(world)) == ([], [{"properties": 1, "put_back": 0}])
    assert again.results == {"UpaDepartment": "confirmed"}
    assert world.profile(world.people[0])["UpaDepartment"] == "secret"


def test_what_a_silent_write_may_have_set_is_ours() -> None:
    """The user's name finds no profile for a day after it, and another value is wanted then: ours isn't an edit."""
    world = quick(SingleWorld(1, mappings=(KEEP,), individual=Budget(one_geo=True)))
    world.sync()
    ann = world.people[0]
    world.edit(ann, department="sent")
    silent(world, "after")
    reads: list[str] = []

    def rename(account: str) -> None:
        reads.append(account)
        if len(reads) == 2:
            world.sim.accounts.lag_s = 86_400
            world.sim.directory.edit(ann, userPrincipalName="new@contoso.com")

    world.sim.single_writes.on_read = rename
    world.sync(hours=2)
    shown, waits = world.profile(ann)["UpaDepartment"], reasons(world)
    world.edit(ann, department="wanted")
    for _ in range(3):
        world.sync(hours=24)

    assert shown == "sent"
    assert set(waits.values()) <= {EscrowReason.USER_NAME_CHANGED, EscrowReason.PROFILE_NOT_CREATED}
    assert (world.profile(ann)["UpaDepartment"], world.escrow()) == ("wanted", {})


@pytest.mark.parametrize("twice", [False, True], ids=["put back", "the name moved on"])
def test_what_is_put_back_is_counted(twice: bool) -> None:
    """The look and the sets that restore a stranger's values stand in the tenant's book, as every call does."""
    world = alone(individual=Budget(one_geo=True))
    given_away(world, twice=twice)
    world.pull()
    made = charged(world)
    key = people_calls_key(world.connector.target.lane)
    before = get_document(world.store, key, PeopleCalls)
    world.step()
    world.step()
    stored = get_document(world.store, key, PeopleCalls)

    assert before is not None
    assert stored is not None
    assert told(world) != []
    assert stored.value.in_day - before.value.in_day == sum(made)


def test_a_look_that_fails_for_good_ends_the_tries() -> None:
    """Where SharePoint never answers the look, the write counts as unanswered, and the pauses are short."""
    world = alone(individual=Budget(one_geo=True))
    profiles, looks = world.profiles(), []

    def read(wanted: Mapping[str, Sequence[str]], **options: Any) -> Mapping[str, Reading]:
        looks.append(world.now)
        if len(looks) > 1:
            raise UnavailableError("away", retry_after=None)
        return profiles.read(wanted, **options)

    def write(*args: Any) -> Written:
        raise UnansweredError("no answer")

    world.edit(world.people[0], department="next")
    world.pull()
    world.step()
    ports = replace(world.ports(), routes=routes_with(Wrapped(profiles, read=read, write=write)))
    step = ports.routes["individual"].advance(ports, world.connector)

    assert (len(looks), step.kind) == (4, "poll")
    assert (looks[-1] - looks[0]).total_seconds() < 30
