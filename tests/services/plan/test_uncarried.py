"""An attribute that nobody carries is never taken for everybody being empty."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.world import NO_THRESHOLD, World
from upa_core.domain.connector import ChangeThreshold
from upa_core.domain.documents.runs import Counts
from upa_core.domain.health.events import EventName
from upa_core.domain.people.mapping import direct
from upa_core.domain.people.scope import Clause, Scope
from upa_core.domain.plan.carriers import Carriers
from upa_core.services.plan.hold_reason import Reason, hold_reason
from upa_core.services.plan.make_plan import PlanResult

EXTENSION = "extension_00000000000000000000000000000001_CostCode"
TYPED = "extension_00000000000000000000000000000001_costcode"
DEFAULT = ChangeThreshold()


def world(attribute: str, on_empty: str = "clear") -> World:
    """Return a world whose people carry an extension; the connector spells it its own way."""
    made = World(0, threshold=DEFAULT, mappings=(direct(attribute, "UpaCode", on_empty=on_empty),))
    made.people = [made.join(**{EXTENSION: f"C{n}"}) for n in range(6)]
    for person in made.people:
        made.sim.profiles.set(person, "UpaCode", "by hand")
    return made


def codes(made: World) -> list[str]:
    return [made.sim.profiles.get(person)["UpaCode"] for person in made.people]


def test_an_extension_in_another_letter_case_is_found() -> None:
    """Graph answers in the registered spelling: the values arrive all the same, and nobody is cleared."""
    made = world(TYPED)
    made.sync()

    assert codes(made) == [f"C{n}" for n in range(6)]
    assert made.state.hold is None


@pytest.mark.parametrize("threshold", [DEFAULT, ChangeThreshold(clears_percent=100)])
def test_a_first_run_that_would_clear_for_want_of_an_attribute_is_held(threshold: ChangeThreshold) -> None:
    """A mistyped attribute of a first run, announced and about unknown values, is held by name."""
    made = world("employeeType")
    made.connector = made.connect(threshold=threshold, mappings=made.connector.mappings)
    made.pull()
    made.far()

    assert made.state.hold is not None
    assert made.state.hold.why == "nobody carries employeeType: UpaCode of 6 people would be cleared"
    assert codes(made) == ["by hand"] * 6


def test_an_attribute_that_everybody_loses_holds_the_plan_of_the_next_full_round() -> None:
    """A deleted extension, or a right that was taken away, wipes nobody."""
    made = world(EXTENSION)
    made.sync()
    for person in made.people:
        made.edit(person, **{EXTENSION: None})
    made.pull(full=True)
    made.far()

    assert made.state.hold is not None
    assert EXTENSION in made.state.hold.why
    assert codes(made) == [f"C{n}" for n in range(6)]


def test_with_keep_a_warning_names_the_attribute() -> None:
    """Nothing would be delivered in silence: the full round tells which attribute nobody carries."""
    made = world("employeeType", on_empty="keep")
    made.sync()

    warned = made.events.named(EventName.ATTRIBUTE_UNCARRIED)
    assert [(one.fields["attribute"], one.fields["people"]) for one in warned] == [("employeeType", 6)]
    assert made.state.hold is None


def test_a_scope_that_everybody_leaves_for_want_of_an_attribute_is_held() -> None:
    """Where the scope's attribute is lost, nobody is cleared for being out of scope."""
    limits = replace(NO_THRESHOLD, clears_percent=100)
    scope = Scope(((Clause("employeeType", "IS NOT NULL"),),), "clear")
    made = World(0, threshold=limits, scope=scope, mappings=(direct("department", "UpaDepartment"),))
    made.people = [made.join(department=f"D{n}", employeeType="E") for n in range(6)]
    made.sync()
    for person in made.people:
        made.edit(person, employeeType=None)
    made.pull(full=True)
    made.far()

    assert made.state.hold is not None
    assert made.state.hold.why == ("nobody carries employeeType, so nobody is in scope: 6 people would be cleared")
    assert [made.profile(person)["UpaDepartment"] for person in made.people] == [f"D{n}" for n in range(6)]


@pytest.mark.parametrize("both", [True, False])
def test_only_attributes_of_the_scope_are_named_for_an_empty_scope(both: bool) -> None:
    """Another attribute that nobody has didn't take anybody out of it."""
    limits = replace(NO_THRESHOLD, clears_percent=100)
    mappings = (direct("department", "UpaDepartment"), direct("city", "UpaCity"))
    connector = World().connect(threshold=limits, scope=Scope(((Clause("employeeType", "IS NOT NULL"),),), "clear"))
    connector = replace(connector, mappings=mappings)
    carriers = Carriers.of(connector)
    carriers.see([[f"p{n}", 0, *["x" if path == "department" else None for path in connector.inputs]] for n in (1, 2)])
    assert carriers.nobodys == ["city", "employeeType"]
    out = PlanResult(Counts(people=2, cleared=2, out_of_scope=2 if both else 1), carriers=carriers)
    found = hold_reason(connector, World().state, out, exempt=False, now=World().now)

    why = "nobody carries employeeType, so nobody is in scope: 2 people would be cleared" if both else ""
    assert found == Reason(why)
