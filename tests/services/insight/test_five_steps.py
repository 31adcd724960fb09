"""The five steps of one person, as provisioning on demand shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.crash.scenarios import settled
from tests.support.joined import HR, JoinedWorld
from tests.support.world import MAPPINGS, World
from tests.support.wrapped import Wrapped
from upa_core.domain.errors import UnavailableError
from upa_core.domain.people.mapping import direct
from upa_core.domain.people.scope import Clause, Scope
from upa_core.domain.people.shadow import Shard
from upa_core.services.insight import five_steps as five_steps_module
from upa_core.services.insight.five_steps import OnDemandStep, five_steps, out_of_scope, scope_today
from upa_core.services.plan.joins import row_today
from upa_core.state.change_people import change_people_between_runs


class Profiles:
    """Implements `Profiles`: the same answer for everybody."""

    def __init__(self, answer: Mapping[str, str] | None = None, error: Exception | None = None) -> None:
        self._answer, self._error = answer, error

    def properties(self, user_principal_name: str) -> Mapping[str, str] | None:
        if self._error is not None:
            raise self._error
        return self._answer


def steps(
    world: World, person: str = "", profiles: Profiles | None = None, *, resend: bool = False
) -> list[OnDemandStep]:
    """Take the steps for the first person."""
    one = person or world.people[0]
    return five_steps(world.ports(), world.connector, profiles or Profiles({}), one, resend=resend)


def test_what_differs_is_planned_and_nothing_is_stored() -> None:
    """All five steps, the last with old and new value; the attributes that were read are in the second."""
    world = settled(2)
    world.edit(world.people[0], department="B")
    before = world.store.blobs
    taken = steps(world)

    assert [one.step for one in taken] == ["connect", "import", "scope", "match", "action"]
    assert taken[1].details["department"] == "B"
    assert (taken[4].text, taken[4].details) == (
        "update 1 of 5 properties",
        {"UpaDepartment": {"old": "D0", "new": "B"}},
    )
    assert world.store.blobs == before


def test_with_resend_every_value_is_planned() -> None:
    """Confirmed values too: their old value is unknown."""
    world = settled(2)
    assert steps(world)[-1].text == "nothing differs"
    details = steps(world, resend=True)[-1].details

    assert details["UpaDepartment"] == {"old": None, "new": "D0"}


def test_the_first_step_that_fails_is_the_last() -> None:
    """Nobody is planned whom the directory doesn't know, or who is out of scope."""
    world = settled(2)
    assert [one.step for one in steps(world, "00000000-0000-0000-0000-00000000dead")] == ["connect", "import"]
    clause = Clause("department", "EQUALS", ("elsewhere",))
    world.connector = replace(world.connector, scope=Scope(groups=((clause,),)))
    taken = steps(world)

    assert [(one.step, one.ok) for one in taken][-1] == ("scope", False)
    assert taken[-1].text.endswith("values stay as they are")
    assert scope_today(world.ports(), world.connector, world.people[0])[1] == taken[-1].text


def test_a_profile_that_is_missing_or_cant_be_read_stops_nothing() -> None:
    """The import job matches by object id, and puts a person without a profile into escrow."""
    world = settled(2)
    missing, unread = steps(world, profiles=Profiles()), steps(world, profiles=Profiles(error=UnavailableError("down")))

    assert "no profile yet" in missing[3].text
    assert "can't be read (down)" in unread[3].text
    assert (missing[3].ok, unread[3].ok, len(missing), len(unread)) == (True, True, 5, 5)


def test_a_value_that_fails_the_run_fails_the_last_step() -> None:
    """`fail_run`: no export would send anybody."""
    world = settled(2)
    typed = direct("department", "UpaHired", type="date", on_invalid="fail_run")
    others = tuple(one for one in MAPPINGS if one.target != "UpaHired")
    world.connector = replace(world.connector, mappings=(*others, typed))

    assert (steps(world)[-1].step, steps(world)[-1].ok) == ("action", False)


def test_a_new_person_whose_profile_holds_values_is_told() -> None:
    """A user name given to somebody new brings its predecessor's values: the plan names the properties, no value."""
    world = World(1)
    before = Profiles({"UpaDepartment": "the predecessor's", "UpaHired": "2001-02-03", "UpaTitle": ""})
    match = next(step for step in steps(world, profiles=before) if step.step == "match")

    assert "it already holds UpaDepartment, UpaHired, never sent from here" in match.text
    assert "predecessor's," in match.text
    assert "2001" not in match.text


def test_a_profile_that_we_filled_is_no_news() -> None:
    """Whoever was delivered before holds our values."""
    world = settled(2)
    match = next(step for step in steps(world, profiles=Profiles({"UpaTitle": "T0"})) if step.step == "match")

    assert "never sent" not in match.text


def test_a_predecessors_values_are_named_before_the_first_run_and_cleared_where_the_mapping_says_so() -> None:
    """Whoever gets a user name that was somebody else's: `keep` leaves the department, `clear` empties the title."""
    world = settled(3)
    world.sim.profiles.names_lead_to_predecessors = True
    name = world.sim.directory.get(world.people[0])["userPrincipalName"]
    world.sim.directory.remove(world.people[0], hard=True)
    world.sync(hours=6)
    heir = world.sim.directory.add({"userPrincipalName": name, "displayName": "Heir"})
    match = next(one for one in steps(world, heir, Profiles(world.sim.profiles.get(heir))) if one.step == "match")
    world.sync(hours=12)
    after = world.profile(heir)

    assert "it already holds UpaDepartment, UpaTitle" in match.text
    assert (after["UpaDepartment"], after["UpaTitle"]) == ("D0", "")


def test_without_the_switch_a_new_person_finds_an_empty_profile() -> None:
    """The simulator takes a profile away with its person unless told otherwise."""
    world = settled(3)
    name = world.sim.directory.get(world.people[0])["userPrincipalName"]
    world.sim.directory.remove(world.people[0], hard=True)
    heir = world.sim.directory.add({"userPrincipalName": name, "displayName": "Heir"})

    assert set(world.profile(heir).values()) == {""}


def test_an_attribute_that_the_source_has_nothing_to_say_about_is_no_problem() -> None:
    """A value that doesn't fit is told with its property, its reason and the policy; an absent one isn't."""
    world = settled(2)
    typed = direct("department", "UpaHired", type="date", on_invalid="skip_value")
    clear = direct("jobTitle", "UpaDepartment", type="date", on_invalid="skip_value")
    world.connector = replace(world.connector, mappings=(typed, clear))
    bad = steps(world)[-1].text
    row = row_today(world.ports(), world.connector, world.people[0], {"id": world.people[0]})

    assert bad.count("on_invalid: skip_value)") == 2
    assert "UpaHired: " in bad
    absent = [row[0], (1 << len(world.connector.inputs)) - 1, *("x" for _ in world.connector.inputs)]
    partly = [row[0], 1 << world.connector.inputs.index("department"), *("x" for _ in world.connector.inputs)]
    assert list(five_steps_module._problems(world.connector, absent)) == []
    assert [one.partition(":")[0] for one in five_steps_module._problems(world.connector, partly)] == ["UpaDepartment"]


def test_whoever_the_primary_source_doesnt_name_is_out_of_scope() -> None:
    """By the name of the source; nothing of theirs is cleared. What a scope clears is said too."""
    primary = replace(HR, primary=True)
    world = JoinedWorld(1, secondaries=(primary,))
    presence = world.connector.inputs.index(primary.presence)
    values: list[object] = ["x" for _ in world.connector.inputs]
    inside = out_of_scope(world.connector, values)
    values[presence] = None
    groups = ((Clause("jobTitle", "EQUALS", "a"),), (Clause("department", "EQUALS", "b"),))
    scoped = replace(world.connector, secondaries=(), scope=Scope(groups, out_of_scope="clear"))
    unmet = out_of_scope(scoped, ["x" for _ in scoped.inputs])

    assert inside == ""
    assert out_of_scope(world.connector, values) == "out of scope: no row of hr names them; values stay as they are"
    assert unmet == "out of scope: not jobTitle EQUALS a, and not department EQUALS b; values are cleared"


def test_each_step_says_whether_it_went_well() -> None:
    """The first that doesn't is the last; scope_today has the name and the reason of the same person."""
    world = settled(2)
    taken = steps(world)
    name = world.sim.directory.get(world.people[0])["userPrincipalName"]
    down = replace(world.ports(), source=Wrapped(world.ports().source, read=refuse))
    failed = five_steps(down, world.connector, Profiles({}), world.people[0])

    assert [(one.step, one.ok) for one in taken] == [
        (step, True) for step in ("connect", "import", "scope", "match", "action")
    ]
    assert taken[2].text == "in scope"
    assert [(one.step, one.ok, one.text) for one in failed] == [("connect", False, "Graph can't be asked: down")]
    assert scope_today(world.ports(), world.connector, world.people[0]) == (name, "in scope")
    assert scope_today(world.ports(), world.connector, "00000000-0000-0000-0000-00000000dead") == (None, "not in Entra")


def refuse(*_: Any) -> Any:
    """Answer nothing."""
    raise UnavailableError("down")


def test_what_an_administrator_declined_and_what_is_set_aside_is_said() -> None:
    """How many values were rejected; a person whose value has to be corrected isn't sent."""
    texts = []
    for declined in (1, 2):
        world = settled(2)
        person = world.people[0]
        world.edit(person, department="B", jobTitle="C")
        values = dict(list({"UpaDepartment": "B", "UpaTitle": "C"}.items())[:declined])

        def decline(shard: Shard, one: str, values: dict[str, str] = values) -> None:
            shard.declined[one] = values

        change_people_between_runs(world.ports(), world.connector, [person], decline)
        texts.append(steps(world)[-1].text)

    assert texts == [
        "update 1 of 5 properties; 1 value rejected by an administrator",
        "nothing differs; 2 values rejected by an administrator",
    ]


def test_each_step_has_its_name_and_its_text() -> None:
    """Nobody of that id; a profile that holds what we never sent; a plan that fails as a whole."""
    world = World(1)
    none = steps(world, "00000000-0000-0000-0000-00000000dead")
    match = steps(world, profiles=Profiles({"UpaTitle": "old"}))[3]
    missing, unread = (
        steps(world, profiles=Profiles())[3],
        steps(world, profiles=Profiles(error=UnavailableError("x")))[3],
    )
    typed = direct("department", "UpaHired", type="date", on_invalid="fail_run")
    world.connector = replace(world.connector, mappings=(typed,))
    failed = steps(world)[-1]

    assert [(one.step, one.ok) for one in none] == [("connect", True), ("import", False)]
    assert {match.step, missing.step, unread.step} == {"match"}
    assert match.text.endswith("(on_empty: keep, and dates, leave them)")
    assert (failed.step, failed.ok) == ("action", False)


def test_the_profile_is_looked_for_by_the_persons_user_name() -> None:
    """Of a person without one, by none."""
    world, asked = World(1), list[str]()

    class Noting:
        """Has no profile of anybody."""

        def properties(self, user_principal_name: str) -> None:
            asked.append(user_principal_name)

    person = world.people[0]
    five_steps(world.ports(), world.connector, Noting(), person)
    record = {**(world.ports().source.read([person], world.connector.select)[person] or {}), "userPrincipalName": None}
    nameless = Wrapped(world.ports().source, read=lambda *_: {person: record})
    five_steps(replace(world.ports(), source=nameless), world.connector, Noting(), person)

    assert asked == [world.sim.directory.get(person)["userPrincipalName"], ""]


def test_the_scope_is_judged_by_the_values_and_not_by_their_neighbours() -> None:
    """A person whose department is the one that is asked for is in scope, whatever the other values are."""
    world = World(1)
    world.connector = replace(world.connector, scope=Scope(((Clause("department", "EQUALS", "D0"),),)))

    assert steps(world)[2].text == "in scope"
    assert scope_today(world.ports(), world.connector, world.people[0])[1] == "in scope"
