"""Everything that can happen around one write: nothing of a stranger, nothing doubled, nothing lost, nothing older."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf
from typing import Any, cast

import pytest

from tests.crash.scenarios import quick
from tests.services.deliver.individual.test_person import KEEP, TEXT, alone, given_away, reasons
from tests.services.deliver.individual.test_slices import arrived, charged, planned
from tests.support.single import SingleWorld
from tests.support.world import Time
from upa_core.domain.documents.individual_keys import people_calls_key
from upa_core.domain.health.events import EventName
from upa_core.domain.individual.answer import Fault, Profile, Reading, Value, Written
from upa_core.domain.individual.batch import Task
from upa_core.domain.individual.proof import LIFETIME, Proof
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.mapping import direct
from upa_core.domain.people_calls import Budget, PeopleCalls
from upa_core.services.deliver.individual.person import Writer
from upa_core.state.document import get_document
from upa_core.state.individual import proofs_of

TITLE = direct("jobTitle", "UpaTitle", route="individual", on_user_edit="overwrite")


@pytest.mark.parametrize("nth", [3, 4], ids=["at the look", "at the write"])
@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 429, "headers": {"Retry-After": "7"}},
        {"status": 503},
        {"status": 500},
        {"drop": "before"},
        {"drop": "after"},
    ],
    ids=["429", "503", "500", "unsent", "unanswered"],
)
def test_a_stranger_gets_their_values_back_although_sharepoint_stumbles(nth: int, trouble: dict[str, Any]) -> None:
    """A pause, an error or a lost answer while a stranger's values are put back: they are put back after it."""
    world = alone(individual=Budget(one_geo=True))
    bob, _ = given_away(world)
    world.sim.faults.add(surface="admin", operation="GetUserProfilePropertiesFor", nth=nth, **trouble)
    world.sync(hours=0.5)

    assert world.profile(bob)["UpaDepartment"] == "B"
    assert [one.fields for one in world.events.named(EventName.STRANGER_WRITTEN)] == [{"properties": 1, "put_back": 1}]
    assert reasons(world)[world.people[0]] is EscrowReason.OTHER_PERSON


def test_a_stranger_who_cannot_be_helped_is_told() -> None:
    """Where nothing may be sent any more, the alarm says that the values weren't put back, and the slice is settled."""
    world = alone(individual=Budget(one_geo=True))
    given_away(world)
    world.sim.faults.add(surface="admin", operation="GetUserProfilePropertiesFor", nth=(3, 4, 5, 6), status=403)
    world.sync(hours=0.5)

    assert [one.fields for one in world.events.named(EventName.STRANGER_WRITTEN)] == [{"properties": 1, "put_back": 0}]
    assert reasons(world)[world.people[0]] is EscrowReason.OTHER_PERSON


class Silent:
    """Profiles of a stranger; the sets of what we send have no answer."""

    def __init__(self) -> None:
        self.sent: list[Mapping[str, Value]] = []
        self.theirs = Profile("bob", {"UpaDepartment": "B", "UpaTitle": "theirs"})

    def read(self, wanted: Mapping[str, Sequence[str]], *, hosts: bool = False) -> Mapping[str, Reading]:
        return dict.fromkeys(wanted, self.theirs)

    def write(self, account: str, values: Mapping[str, Value], names: Sequence[str]) -> Written:
        self.sent.append(values)
        faults = (Fault("unclear", "unanswered"), Fault("refused", "PropertyNotEditableException"))
        sets = dict(zip(values, faults, strict=False)) if len(self.sent) == 1 else dict.fromkeys(values)
        return Written(sets, self.theirs, self.theirs)


def test_a_set_that_may_have_worked_is_put_back_too() -> None:
    """A stranger's property whose set nobody answered for may hold our value: set again; a refused one isn't."""
    world, profiles = quick(SingleWorld(0, mappings=(TEXT, TITLE))), Silent()
    mappings = {one.target: one for one in world.connector.mappings}
    writer = Writer(world.ports(), cast("Any", profiles), "hr", "run", mappings, Proof(world.now))
    task = Task("ann", "i:0#.f|membership|ann@contoso.com", {"UpaDepartment": "secret", "UpaTitle": "secret"})
    record = writer.write(task, Profile("ann", {"UpaDepartment": "", "UpaTitle": ""}), until=inf)

    assert profiles.sent[1:] == [{"UpaDepartment": "B"}]
    assert (record.stranger, record.after) == (True, None)
    assert [one.fields for one in world.events.named(EventName.STRANGER_WRITTEN)] == [{"properties": 1, "put_back": 1}]


def test_two_people_with_one_user_name() -> None:
    """What one of them asks for doesn't hide the other's: a user's edit is seen, and kept."""
    for first in (0, 1):
        world = quick(SingleWorld(2, mappings=(KEEP, TITLE)))
        world.sync()
        owner, other = world.people[first], world.people[1 - first]
        name = world.sim.directory.get(owner)["userPrincipalName"]
        world.sim.profiles.set(owner, "UpaDepartment", "mine", cause="user")
        world.edit(owner, department="ours", jobTitle="T2")
        world.edit(other, userPrincipalName=name, jobTitle="T3")
        world.sim.directory.edit(owner, userPrincipalName=name)
        world.sync(hours=0.5)

        assert world.profile(owner)["UpaDepartment"] == "mine"


@pytest.mark.parametrize("look", [{"status": 503}, {"status": 429, "headers": {"Retry-After": "5"}}, {"status": 403}])
@pytest.mark.parametrize("lost", ["before", "after"])
def test_a_write_and_its_look_without_an_answer(look: dict[str, Any], lost: str) -> None:
    """Nobody answers the write, nor the read after it: it is looked at later, and set once more at most."""
    world = alone()
    ann = world.people[0]
    before = world.writes()
    world.edit(ann, department="next")
    world.sim.faults.add(surface="admin", operation="GetUserProfilePropertiesFor", nth=2, drop=lost)
    world.sim.faults.add(surface="admin", operation="GetUserProfilePropertiesFor", nth=3, **look)
    world.sync(hours=30)

    assert (world.shadow(ann), world.escrow(), world.writes() - before) == ({"UpaDepartment": "next"}, {}, 1)


def test_a_property_that_becomes_read_only_midway() -> None:
    """Whoever was written is confirmed; the others wait by the error's name, and arrive once it is open again."""
    world = planned(6)
    rules, written = world.sim.single_writes.rules, []

    def close(account: str) -> None:
        written.append(account)
        if len(written) == 4:
            rules.app_writes = "editable_only"

    world.sim.single_writes.on_set = close
    world.drain(hours=0.5)
    first = sum(arrived(world))
    waiting = {entry.detail for entry in world.escrow().values()}
    world.sim.single_writes.on_set = lambda _account: None
    rules.app_writes = "all"
    for _ in range(4):
        world.sync(hours=24)

    assert (first, waiting) == (3, {"PropertyNotEditableException"})
    assert (arrived(world), world.escrow(), world.writes()) == ([True] * 6, {}, 6)


def test_one_person_of_ten_is_refused() -> None:
    """The third of ten is refused whatever is set: nine arrive, one waits, each is written once."""
    world = planned(10)
    third = world.people[2]
    world.sim.single_writes.refused.add(world.sim.directory.slot_of(third))
    world.drain(hours=0.5)

    assert sum(arrived(world)) == 9
    assert (reasons(world), world.writes()) == ({third: EscrowReason.REFUSED_BY_SHAREPOINT}, 9)


def test_a_probe_that_ends_between_two_slices() -> None:
    """The batch ends there: whoever is written is confirmed, nobody else is, and a new probe brings the others."""
    world = planned(9, individual=Budget(share=1.0))
    document = proofs_of(world.store, world.connector)
    proof = document.load().value.apps["0a1b"]
    document.update(lambda one: one.plus("0a1b", replace(proof, at=world.now - LIFETIME + timedelta(minutes=2))))
    world.drain(hours=2)
    held = arrived(world)
    shadows = [(world.shadow(one) or {}).get("UpaDepartment") is not None for one in world.people]
    world.prove_again()
    world.sync(hours=30)

    assert 0 < sum(held) < 9
    assert shadows == held
    assert (arrived(world), world.escrow(), world.writes()) == ([True] * 9, {}, 9)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("0", 0.0, 2.0),
        ("-5", 0.0, 2.0),
        ("soon", 0.0, 2.0),
        ("7200", 1.9, 4.0),
        ("Sun, 22 Nov 2026 12:15:00 GMT", 1.9, 3.0),
        ("Sun, 22 Nov 2020 12:15:00 GMT", 0.0, 2.0),
        ("86400", 23.9, 26.0),
        ("1e9", 0.0, 2.0),
    ],
)
def test_any_pause_that_sharepoint_asks_for(header: str, least: float, most: float) -> None:
    """Nothing, nonsense, a date, a day: the value arrives once after the pause, and nobody asks in a hurry."""
    world = planned(2)
    began = world.now
    times = 3 if least == 0.0 else 1
    for _ in range(times):
        world.sim.faults.add(surface="admin", status=429, headers={"Retry-After": header}, times=1)
    ended: list[datetime] = []
    while world.now - began < timedelta(hours=48) and not ended:
        world.drain(hours=0.25)
        if all(arrived(world)):
            ended.append(world.now)
        world.pull()

    assert arrived(world) == [True, True]
    assert timedelta(hours=least) <= ended[0] - began <= timedelta(hours=most)
    assert world.writes() == 2


@pytest.mark.slow
def test_a_service_that_always_says_now() -> None:
    """429 with `Retry-After: 0` for hours isn't asked again and again: a few calls in five minutes, not thousands."""
    world = planned(1)
    world.sim.faults.add(surface="admin", status=429, headers={"Retry-After": "0"})
    before = len(world.sim.calls)
    world.drain(hours=1)
    asked = len(world.sim.calls) - before
    world.sim.faults.clear()
    world.sync(hours=30)

    assert asked < 150
    assert (arrived(world), world.writes()) == ([True], 1)


class Skewed(Time):
    """A wall clock that can be set back; the monotonic clock goes on."""

    back = timedelta(0)

    def now(self) -> datetime:
        return super().now() - self.back

    def monotonic(self) -> float:
        return super().now().timestamp()


def between(then: Callable[[SingleWorld], None]) -> SingleWorld:
    """Write nine people on a budget for a few at a time; do something after the first slice."""
    world = planned(9, individual=Budget(share=1.0))
    world.far()
    then(world)
    world.drain(hours=3)
    world.sync(hours=30)
    return world


def test_a_clock_that_is_set_back_an_hour() -> None:
    """Between two slices: everybody is written once, and no more calls are made than the share allows."""

    def back(world: SingleWorld) -> None:
        clock = Skewed(world.sim)
        clock.back = timedelta(hours=1)
        world.time = clock
        world.tokens = type(world.tokens)(world.sim)

    world = between(back)

    assert (arrived(world), world.escrow(), world.writes()) == ([True] * 9, {}, 9)


@pytest.mark.parametrize("content", [b"", b"{", b'{"version":1,"in_window":"x"}', b'{"version":99}'])
def test_a_call_book_that_is_damaged_midway(content: bytes) -> None:
    """Calls are counted anew, nothing stops: everybody is written once."""

    def damage(world: SingleWorld) -> None:
        world.store.put(people_calls_key(world.connector.target.lane), content)

    world = between(damage)

    assert (arrived(world), world.escrow(), world.writes()) == ([True] * 9, {}, 9)


def test_a_person_named_in_a_property_leaves() -> None:
    """A boss whose profile is gone is refused by name; the person's other values arrive, and the old boss stays."""
    boss = replace(direct("jobTitle", "UpaBoss", type="person", route="individual"), on_user_edit="overwrite")
    world = quick(SingleWorld(0, mappings=(TEXT, boss)))
    world.sim.profiles.define("UpaBoss", "person")
    eve = world.join(department="E")
    account = f"i:0#.f|membership|{world.sim.directory.get(eve)['userPrincipalName']}"
    ann = world.join(department="D", jobTitle=account)
    world.sync(hours=1)
    held = world.sim.profiles.get(ann)["UpaBoss"]
    world.edit(ann, department="D2", jobTitle="i:0#.f|membership|gone@contoso.com")
    world.sync(hours=1)

    assert held.lower() == account.lower()
    assert (world.sim.profiles.get(ann)["UpaBoss"], world.profile(ann)["UpaDepartment"]) == (held, "D2")
    assert reasons(world)[ann] is EscrowReason.REFUSED_BY_SHAREPOINT


def test_terms_are_confirmed_in_the_spelling_of_the_term_store() -> None:
    """An ampersand and double blanks come back in another form: confirmed, and not sent again."""
    skills = direct("businessPhones", "UpaSkills", type="terms", route="individual", on_user_edit="overwrite")
    world = quick(SingleWorld(0, mappings=(skills,)))
    world.sim.profiles.define("UpaSkills", multi_value=True, taxonomic=True)
    world.sim.single_writes.rules.term_rights = "all"
    ann = world.join(businessPhones=["R&D", "Big  data"])
    world.sync(hours=1)
    world.sync(full=True, hours=30)

    assert world.sim.profiles.get(ann)["UpaSkills"] == "R\uff06D|Big data"
    assert (world.shadow(ann), world.escrow()) == ({"UpaSkills": '["R&D","Big  data"]'}, {})
    assert world.writes() == 1


@pytest.mark.parametrize(
    ("trouble", "refused"),
    [
        ({"nth": 1, "status": 429, "headers": {"Retry-After": "5"}}, 6),
        ({"nth": 2, "status": 429, "headers": {"Retry-After": "5"}}, 3),
        ({"nth": 2, "drop": "after"}, 0),
    ],
    ids=["the read is throttled", "a write is throttled", "a write is unanswered"],
)
def test_calls_that_are_made_again_are_counted(trouble: dict[str, Any], refused: int) -> None:
    """What is asked again after a pause or a lost answer stands in the tenant's book; refused calls count too."""
    world = planned(3)
    made = charged(world)
    world.sim.faults.add(surface="admin", operation="GetUserProfilePropertiesFor", **trouble)
    world.far()
    stored = get_document(world.store, people_calls_key(world.connector.target.lane), PeopleCalls)

    assert arrived(world) == [True] * 3
    assert stored is not None
    assert stored.value.in_window >= sum(made) + refused
