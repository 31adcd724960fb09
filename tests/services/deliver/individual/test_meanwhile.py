"""What others do between our set and our look: a user's edit, a renamed term, a second function app on one state."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.crash.scenarios import quick
from tests.services.deliver.individual.test_person import KEEP, TEXT, reasons
from tests.services.deliver.individual.test_slices import arrived, planned
from tests.support.single import SingleWorld
from tests.support.world import Time
from upa_core.domain.errors import ConflictError
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.mapping import direct
from upa_core.services.deliver.individual.slices import CLAIM_LASTS

TITLE = direct("jobTitle", "UpaTitle", route="individual", on_user_edit="overwrite")
SKILLS = direct("businessPhones", "UpaSkills", type="terms", route="individual", on_user_edit="overwrite")


def before_set(world: SingleWorld, nth: int, then: Callable[[], object]) -> None:
    """Do something right before the nth set: after the sets before it, and before the read-back."""
    sets: list[str] = []

    def count(account: str) -> None:
        sets.append(account)
        if len(sets) == nth:
            then()

    world.sim.single_writes.on_set = count


@pytest.mark.parametrize(("policy", "kept"), [("keep", "mine"), ("overwrite", "ours")])
def test_a_users_edit_between_our_set_and_our_look(policy: str, kept: str) -> None:
    """With `keep` it stays and is told by name; with `overwrite` our value is set once more. Nothing is confirmed
    that isn't there."""
    mapping = KEEP if policy == "keep" else TEXT
    world = quick(SingleWorld(1, mappings=(mapping, TITLE)))
    world.sync()
    ann = world.people[0]
    world.edit(ann, department="ours", jobTitle="T2")
    before_set(world, 2, lambda: world.sim.profiles.set(ann, "UpaDepartment", "mine", cause="user"))
    world.pull()
    world.drain(hours=0.5)
    shadow, waits = world.shadow(ann), reasons(world)
    for _ in range(4):
        world.sync(hours=24)

    assert shadow == {"UpaDepartment": None, "UpaTitle": "T2"}
    assert waits == {ann: EscrowReason.NOT_KEPT}
    assert (world.profile(ann)["UpaDepartment"], world.profile(ann)["UpaTitle"]) == (kept, "T2")
    assert reasons(world) == ({ann: EscrowReason.USER_EDITED} if policy == "keep" else {})


@pytest.mark.parametrize(("rights", "shown"), [("all", "Big data"), ("existing", "Data, big")])
def test_a_term_that_is_renamed_between_our_set_and_our_look(rights: str, shown: str) -> None:
    """The read-back shows the new label: not confirmed. The source's label is set again where it may be made anew;
    otherwise it is refused by name."""
    world = quick(SingleWorld(0, mappings=(SKILLS, TITLE)))
    world.sim.profiles.define("UpaSkills", multi_value=True, taxonomic=True)
    single = world.sim.single_writes
    single.rules.term_rights = rights
    single.add_terms("UpaSkills", "Big data")
    ann = world.join(businessPhones=["Big data"], jobTitle="T")

    def rename() -> None:
        single.terms["UpaSkills"] = {"data, big": "Data, big"}
        world.sim.profiles.set(ann, "UpaSkills", "Data, big")

    before_set(world, 2, rename)
    world.pull()
    world.drain(hours=0.5)
    shadow = world.shadow(ann)
    for _ in range(3):
        world.sync(hours=24)

    assert (shadow or {})["UpaSkills"] is None
    assert world.sim.profiles.get(ann)["UpaSkills"] == shown
    assert reasons(world) == ({} if rights == "all" else {ann: EscrowReason.REFUSED_BY_SHAREPOINT})


class Ahead(Time):
    """A wall clock that is ahead of the tenant's."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


def test_a_term_that_may_not_be_made_stops_nobody_else() -> None:
    """Only the one property of the one person is refused, by the error's name: the app hasn't lost its right."""
    world = quick(SingleWorld(0, mappings=(SKILLS, TITLE)))
    world.sim.profiles.define("UpaSkills", multi_value=True, taxonomic=True)
    world.sim.single_writes.rules.term_rights = "existing"
    ann, bob = world.join(businessPhones=["Nothing"]), world.join(jobTitle="T")
    for _ in range(2):
        world.sync(hours=24)

    assert reasons(world) == {ann: EscrowReason.REFUSED_BY_SHAREPOINT}
    assert world.profile(bob)["UpaTitle"] == "T"


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(minutes=3), timedelta(minutes=40)], ids=str)
def test_two_function_apps_on_one_state(ahead: timedelta) -> None:
    """A second app, its clock right or ahead, tries to write whenever the first one has read or is about to set.

    The claim keeps it out; one that takes a claim for ended, by a wrong clock, sets the same values. Everybody is right
    in the end, nobody waits, and with clocks within the claim everybody is set once.
    """
    world = planned(6)
    ports = world.ports()
    clock = Ahead(world.sim)
    clock.ahead = ahead
    other = replace(world.ports(), clock=clock)
    inside: list[str] = []

    def meet(account: str) -> None:
        if inside:
            return
        inside.append(account)
        with suppress(ConflictError):
            world.step(other)
        inside.clear()

    world.sim.single_writes.on_read = meet
    world.sim.single_writes.on_set = meet
    for _ in range(40):
        try:
            step = world.step(ports)
        except ConflictError:
            continue
        if step.kind == "idle":
            break
        world.sim.advance(20)
    world.sim.single_writes.on_read = world.sim.single_writes.on_set = lambda _account: None
    world.sync(hours=30)

    assert (arrived(world), world.escrow()) == ([True] * 6, {})
    assert world.writes() == 6 if ahead < CLAIM_LASTS else world.writes() >= 6


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(minutes=40)], ids=str)
def test_a_newer_value_survives_two_function_apps(ahead: timedelta) -> None:
    """While one app stands still with a frozen batch, the other one writes a newer value: the newer one stays."""
    world = planned(3)
    clock = Ahead(world.sim)
    clock.ahead = ahead
    other, stalled = replace(world.ports(), clock=clock), []

    def stall(account: str) -> None:
        if stalled:
            return
        stalled.append(account)
        world.sim.advance(CLAIM_LASTS.total_seconds() + 10)
        while world.step(other).kind == "again":
            pass
        world.edit(world.people[1], department="newer")
        world.pull(other)
        world.drain(other, hours=2)

    world.sim.single_writes.on_read = stall
    ports = world.ports()
    with pytest.raises(ConflictError):
        ports.routes["individual"].advance(ports, world.connector)
    world.sync(hours=30)

    assert world.profile(world.people[1])["UpaDepartment"] == "newer"
    assert (world.profile(world.people[2])["UpaDepartment"], world.escrow()) == ("D2", {})
