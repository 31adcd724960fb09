"""Writing one person: whose profile it is, what differs, users' edits, strangers, faults."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.crash.scenarios import quick
from tests.support.single import SingleWorld
from upa_core.domain.health.events import EventName
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.mapping import direct
from upa_core.domain.people_calls import Budget
from upa_core.state.individual import proofs_of

TEXT = direct("department", "UpaDepartment", route="individual", on_user_edit="overwrite")


def alone(**options: Any) -> SingleWorld:
    """One mapping, one person whose department is D0, delivered."""
    world = quick(SingleWorld(1, **{"mappings": (TEXT,), **options}))
    world.sync()
    return world


def reasons(world: SingleWorld) -> dict[str, EscrowReason]:
    return {person: entry.reason for person, entry in world.escrow().items()}


def test_what_is_there_already_is_not_written() -> None:
    """A profile that holds the value is confirmed by the read alone."""
    world = quick(SingleWorld(1, mappings=(TEXT,)))
    world.sim.profiles.set(world.people[0], "UpaDepartment", "D0")
    world.sync()

    assert (world.writes(), world.shadow(world.people[0])) == (0, {"UpaDepartment": "D0"})


def test_only_what_differs_is_written() -> None:
    """Of two properties the one that changed is set."""
    world = alone(mappings=(TEXT, replace(TEXT, target="UpaTitle", expression=direct("jobTitle", "x").expression)))
    before = len(world.sim.profiles.history(world.people[0]))
    world.edit(world.people[0], jobTitle="new")
    world.sync()

    assert [one.property for one in world.sim.profiles.history(world.people[0])[before:]] == ["UpaTitle"]
    assert world.shadow(world.people[0]) == {"UpaDepartment": "D0", "UpaTitle": "new"}


def test_a_name_that_leads_to_somebody_else() -> None:
    """Nothing is written to a profile whose object id isn't the person's; they wait in escrow, by name."""
    world = alone()
    ann = world.people[0]
    world.sim.accounts.lag_s = 86_400
    bob = world.join(department="B")
    name = world.sim.directory.get(ann)["userPrincipalName"]
    world.edit(ann, userPrincipalName="gone@contoso.com", department="secret")
    world.edit(bob, userPrincipalName=name)
    before = world.profile(ann)["UpaDepartment"]
    world.pull()
    world.drain(hours=0.5)

    assert (world.profile(ann)["UpaDepartment"], world.sim.profiles.get(bob).get("UpaDepartment")) == (before, None)
    assert set(reasons(world).values()) <= {
        EscrowReason.OTHER_PERSON,
        EscrowReason.PROFILE_NOT_CREATED,
        EscrowReason.USER_NAME_CHANGED,
    }
    assert set(reasons(world)) == {ann, bob}


def test_a_name_given_away_between_read_and_write() -> None:
    """A stranger whose profile was written gets back what it held, it is told, and the person waits."""
    world = alone()
    ann = world.people[0]
    bob = world.join(department="B")
    world.sync()
    name = world.sim.directory.get(ann)["userPrincipalName"]

    def swap(account: str) -> None:
        if account.endswith(name.lower()):
            world.sim.single_writes.on_read = lambda _account: None
            world.sim.directory.edit(ann, userPrincipalName="gone@contoso.com")
            world.sim.directory.edit(bob, userPrincipalName=name)

    world.edit(ann, department="secret")
    world.sim.single_writes.on_read = swap
    world.pull()
    world.drain(hours=0.5)
    told = world.events.named(EventName.STRANGER_WRITTEN)

    assert world.profile(bob)["UpaDepartment"] == "B"
    assert [one.fields for one in told] == [{"properties": 1, "put_back": 1}]
    assert reasons(world)[ann] is EscrowReason.OTHER_PERSON


def test_a_users_edit_is_kept() -> None:
    """With on_user_edit: keep a value that somebody else wrote stays, and is told by name."""
    world = alone(mappings=(replace(TEXT, on_user_edit="keep"),))
    ann = world.people[0]
    world.sim.profiles.set(ann, "UpaDepartment", "mine", cause="user")
    world.edit(ann, department="theirs")
    world.pull()
    world.drain(hours=0.5)

    assert (world.profile(ann)["UpaDepartment"], reasons(world)) == ("mine", {ann: EscrowReason.USER_EDITED})


def test_ours_is_replaced_although_edits_are_kept() -> None:
    """With on_user_edit: keep what we confirmed last is ours, and gives way."""
    world = alone(mappings=(replace(TEXT, on_user_edit="keep"),))
    world.edit(world.people[0], department="next")
    world.sync()

    assert (world.profile(world.people[0])["UpaDepartment"], world.escrow()) == ("next", {})


def test_edits_are_overwritten_where_that_is_said() -> None:
    """With on_user_edit: overwrite our value counts."""
    world = alone()
    world.sim.profiles.set(world.people[0], "UpaDepartment", "mine", cause="user")
    world.edit(world.people[0], department="ours")
    world.sync()

    assert (world.profile(world.people[0])["UpaDepartment"], world.escrow()) == ("ours", {})


@pytest.mark.parametrize("clears", ["empty", "null"])
def test_dates_are_cleared(clears: str) -> None:
    """A date is cleared in the form that the probe proved, and confirmed empty by the read-back."""
    day = direct("employeeHireDate", "UpaHired", type="date", route="individual", on_empty="clear")
    world = quick(SingleWorld(0, mappings=(day,), proven=False))
    world.sim.single_writes.rules.clears = clears
    world.prove()
    if clears == "null":
        document = proofs_of(world.store, world.connector)
        proof = document.load().value.apps["0a1b"]
        found = {name: replace(one, clear="null") for name, one in proof.properties.items()}
        document.update(lambda proofs: proofs.plus("0a1b", replace(proof, properties=found)))
    ann = world.join(employeeHireDate="2020-03-04T00:00:00Z")
    world.sync()
    held = world.profile(ann)["UpaHired"]
    world.edit(ann, employeeHireDate=None)
    world.sync()

    assert (held, world.profile(ann).get("UpaHired"), world.shadow(ann)) == ("2020-03-04", "", {"UpaHired": ""})


def test_lists_stay_lists() -> None:
    """Several values reach a list property with their commas, and an empty list clears it."""
    teams = direct("businessPhones", "UpaTeams", type="strings", route="individual", on_empty="clear")
    world = quick(SingleWorld(0, mappings=(teams,)))
    world.sim.profiles.define("UpaTeams", multi_value=True)
    ann = world.join(businessPhones=["1, 2", "3"])
    world.sync()
    held = world.sim.profiles.get(ann)["UpaTeams"]
    world.edit(ann, businessPhones=[])
    world.sync()

    assert (held, world.sim.profiles.get(ann)["UpaTeams"], world.escrow()) == ("1, 2|3", "", {})


def test_a_refused_property_is_told_and_the_others_arrive() -> None:
    """A value that SharePoint refuses waits by the name of the error; the person's other values are there."""
    short = direct("jobTitle", "UpaTitle", route="individual")
    world = quick(SingleWorld(0, mappings=(TEXT, short)))
    ann = world.join(department="D", jobTitle="x" * 41)
    world.pull()
    world.drain(hours=0.5)

    assert world.profile(ann)["UpaDepartment"] == "D"
    assert reasons(world) == {ann: EscrowReason.REFUSED_BY_SHAREPOINT}
    assert world.escrow()[ann].detail == "PropertyInvalidFormatException"
    assert world.shadow(ann) == {"UpaDepartment": "D", "UpaTitle": None}


def test_a_hidden_value_is_not_confirmed() -> None:
    """A value that was accepted and reads empty is unknown, and the person is tried again later."""
    world = quick(SingleWorld(1, mappings=(TEXT,)))
    ann = world.people[0]
    world.sim.single_writes.private.add((world.sim.directory.slot_of(ann), "UpaDepartment"))
    world.pull()
    world.drain(hours=0.5)

    assert reasons(world) == {ann: EscrowReason.NOT_KEPT}
    assert (world.shadow(ann) or {"UpaDepartment": None})["UpaDepartment"] is None


def test_a_lost_answer_is_looked_at() -> None:
    """A write without an answer is settled by what is read afterwards."""
    world = quick(SingleWorld(1, mappings=(TEXT,)))
    world.sim.faults.add(surface="admin", operation="GetUserProfilePropertiesFor", nth=2, drop="after")
    world.sync()

    assert (world.shadow(world.people[0]), world.escrow()) == ({"UpaDepartment": "D0"}, {})


KEEP = replace(TEXT, on_user_edit="keep")


def test_what_we_sent_and_never_confirmed_is_ours() -> None:
    """With on_user_edit: keep a value of ours that was hidden at its read-back gives way; the user's doesn't."""
    world = alone(mappings=(KEEP,))
    ann = world.people[0]
    slot = world.sim.directory.slot_of(ann)
    world.edit(ann, department="D1")
    world.sim.single_writes.on_read = lambda _: world.sim.single_writes.private.add((slot, "UpaDepartment"))
    world.pull()
    world.drain(hours=0.5)
    waiting = reasons(world)
    world.sim.single_writes.on_read = lambda _: None
    world.sim.single_writes.private.clear()
    shown = world.profile(ann)["UpaDepartment"]
    world.edit(ann, department="D2")
    world.sync()

    assert (waiting, shown) == ({ann: EscrowReason.NOT_KEPT}, "D1")
    assert (world.profile(ann)["UpaDepartment"], world.shadow(ann), world.escrow()) == (
        "D2",
        {"UpaDepartment": "D2"},
        {},
    )
    assert all(not shard.ours for shard in world.shards())


def test_a_users_edit_beside_what_is_ours_is_kept_and_told_by_property() -> None:
    """The property that the user edited waits by its name and isn't written; the person's other values arrive."""
    other = replace(TEXT, target="UpaTitle", expression=direct("jobTitle", "x").expression)
    world = alone(mappings=(KEEP, other))
    ann = world.people[0]
    world.sim.profiles.set(ann, "UpaDepartment", "mine", cause="user")
    world.edit(ann, department="theirs", jobTitle="T1")
    world.sync(hours=0.5)
    world.edit(ann, jobTitle="T2")
    before = world.writes()
    world.sync(hours=0.5)

    assert world.waiting() == {(ann, "UpaDepartment")}
    assert world.escrow()[ann].reason is EscrowReason.USER_EDITED
    assert (world.profile(ann)["UpaTitle"], world.profile(ann)["UpaDepartment"]) == ("T2", "mine")
    assert world.writes() == before + 1


def test_an_unconfirmed_value_is_written_three_times() -> None:
    """A hidden value is set three times in a year, however often people are planned in full."""
    world = quick(SingleWorld(1, mappings=(TEXT,)))
    ann = world.people[0]
    world.sim.single_writes.private.add((world.sim.directory.slot_of(ann), "UpaDepartment"))
    for _ in range(6):
        world.prove()
        world.sync(full=True)
        world.sim.advance(29 * 86_400)

    assert world.writes() == 3
    assert world.waiting() == {(ann, "UpaDepartment")}


def test_a_profile_in_another_geo_is_left_alone() -> None:
    """Nothing is written to the copy that another geo holds, nor confirmed; the person waits by that name."""
    world = alone()
    ann = world.people[0]
    world.sim.geos.append("EUR")
    world.sim.profiles.geos[world.sim.directory.slot_of(ann)] = "EUR"
    world.edit(ann, department="here?")
    before = world.writes()
    world.sync(hours=0.5)

    assert (world.writes(), reasons(world)) == (before, {ann: EscrowReason.OTHER_GEO})
    assert world.escrow()[ann].detail == ""


def test_a_tenant_with_one_geo_saves_the_look() -> None:
    """Told that there is one geo, nobody looks where a profile lives: a call a person less."""
    made = []
    for one_geo in (False, True):
        world = alone(individual=Budget(one_geo=one_geo))
        charged: list[int] = []
        throttle = world.sim.people_throttle
        real = throttle.charge
        throttle.charge = lambda calls, real=real, charged=charged: (charged.append(calls), real(calls))[1]  # type: ignore[misc]
        world.edit(world.people[0], department="next")
        world.sync()
        made.append(sum(charged))

    assert made == [5, 4]


def given_away(world: SingleWorld, *, twice: bool = False) -> tuple[str, str]:
    """Let Ann's user name go to Bob after it was read, and with `twice` to Eve right after the write."""
    ann = world.people[0]
    bob, eve = world.join(department="B"), world.join(department="E")
    world.sync()
    name = world.sim.directory.get(ann)["userPrincipalName"]
    reads: list[str] = []

    def swap(account: str) -> None:
        if not account.endswith(name.lower()):
            return
        reads.append(account)
        if len(reads) == 1:
            world.sim.directory.edit(ann, userPrincipalName="gone@contoso.com")
            world.sim.directory.edit(bob, userPrincipalName=name)
        elif len(reads) == 3 and twice:
            world.sim.directory.edit(bob, userPrincipalName="bob@contoso.com")
            world.sim.directory.edit(eve, userPrincipalName=name)

    world.edit(ann, department="secret")
    world.sim.single_writes.on_read = swap
    return bob, eve


def test_a_strangers_values_are_put_back_to_nobody_else() -> None:
    """Where the name moves on before they are put back, a third person's profile is left alone, and it is told."""
    world = alone(individual=Budget(one_geo=True))
    _, eve = given_away(world, twice=True)
    world.pull()
    world.drain(hours=0.5)
    told = world.events.named(EventName.STRANGER_WRITTEN)

    assert world.profile(eve)["UpaDepartment"] == "E"
    assert [one.fields["put_back"] for one in told] == [0]


def test_what_a_stranger_wrote_after_us_stays() -> None:
    """Of two values that we wrote to a stranger, one is changed by them before it is put back: it stays."""
    title = direct("jobTitle", "UpaTitle", route="individual", on_user_edit="overwrite")
    world = alone(mappings=(TEXT, title), individual=Budget(one_geo=True))
    bob, _ = given_away(world)
    world.edit(world.people[0], jobTitle="secret")
    swap, reads = world.sim.single_writes.on_read, list[str]()

    def edited(account: str) -> None:
        swap(account)
        reads.append(account)
        if len(reads) == 3:
            world.sim.profiles.set(bob, "UpaDepartment", "mine", cause="user")

    world.sim.single_writes.on_read = edited
    world.sync(hours=0.5)

    assert (world.profile(bob)["UpaDepartment"], world.profile(bob).get("UpaTitle", "")) == ("mine", "")
    assert [one.fields for one in world.events.named(EventName.STRANGER_WRITTEN)] == [{"properties": 2, "put_back": 1}]


def test_a_stranger_behind_a_lost_answer_is_told() -> None:
    """A write that nobody answered, and an account that leads to somebody else afterwards: told, and not confirmed."""
    world = alone()
    given_away(world)
    ann = world.people[0]
    world.sim.faults.add(surface="admin", operation="GetUserProfilePropertiesFor", nth=2, drop="after")
    world.pull()
    world.drain(hours=0.5)
    told = world.events.named(EventName.STRANGER_WRITTEN)

    assert [one.fields["put_back"] for one in told] == [0]
    assert reasons(world)[ann] is EscrowReason.OTHER_PERSON
    assert (world.shadow(ann) or {})["UpaDepartment"] is None
