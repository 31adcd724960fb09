"""Mappings and scope that change, or people who leave the scope, between runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tenant_sim import Fault
from tests.crash.scenarios import quick, settled
from tests.support.world import MAPPINGS, World
from upa_core.domain.people.mapping import direct
from upa_core.domain.people.scope import Clause, Scope


def test_a_resync_after_another_mapping_was_proposed_delivers_the_right_attribute() -> None:
    """Same $select, same fingerprint, other columns: the round that begins anew is read by its own header."""
    part = "onPremisesExtensionAttributes.extensionAttribute"
    active = direct(f"{part}2", "UpaCode", on_empty="clear")
    world = quick(World(0, mappings=(active, direct(f"{part}1", "UpaNext", state="proposed"))))
    values = {"extensionAttribute1": "one", "extensionAttribute2": "two", "extensionAttribute3": "three"}
    person = world.join(onPremisesExtensionAttributes=values)
    world.settle_down()
    before = world.connector
    world.sim.faults.add(Fault(surface="graph", times=4, status=503))
    assert world.pull() == "paused"
    world.connector = replace(before, mappings=(active, direct(f"{part}3", "UpaNext", state="proposed")))
    assert world.connector.fingerprint == before.fingerprint
    world.sim.delta.resync()
    world.sim.advance(3600)
    world.settle_down()

    assert world.profile(person)["UpaCode"] == "two"


def test_a_property_that_was_given_away_and_taken_back_is_sent_again() -> None:
    """What another connector wrote there meanwhile isn't what we confirmed."""
    world = settled(3)
    connector = world.connector
    world.connector = replace(connector, mappings=tuple(m for m in MAPPINGS if m.target != "UpaDepartment"))
    world.settle_down()
    for person in world.people:
        world.sim.profiles.set(person, "UpaDepartment", "of another connector")
    world.connector = connector
    world.settle_down()

    assert world.differences() == []


@pytest.mark.slow
def test_who_leaves_the_scope_is_cleared_of_what_may_be_there_too() -> None:
    """A value that SharePoint refused left the property unknown: the one before it is still in the profile."""
    scope = Scope(((Clause("companyName", "EQUALS", "in"),),), "clear")
    world = quick(World(0, scope=scope))
    person = world.join(department="A", jobTitle="T", companyName="in")
    world.settle_down()
    world.edit(person, department="x" * 41)
    world.sync(hours=1)
    assert world.profile(person)["UpaDepartment"] == "A"
    world.edit(person, companyName="out")
    world.settle_down(days=2)

    assert {name: world.profile(person)[name] for name in ("UpaTitle", "UpaDepartment")} == {
        "UpaTitle": "",
        "UpaDepartment": "",
    }
    before = world.queued()
    world.pull(full=True)
    world.settle_down()
    assert world.queued() == before
