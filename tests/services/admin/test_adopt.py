"""Values that profiles hold already become the shadow of a new connector."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.drifting import DriftWorld
from upa_core.domain.people_calls import Budget
from upa_core.domain.plan.entry import Entry
from upa_core.services.admin.adopt import BATCH, Adopted, adopt, unconfirmed
from upa_core.services.insight.preview import preview


def fill(world: DriftWorld, number: int = 0, **values: str) -> None:
    """Let another tool have filled a profile."""
    for target, value in values.items():
        world.hand(world.people[number], target, value)


def read(world: DriftWorld) -> Adopted:
    """Adopt everybody of whom something is unknown."""
    entries = unconfirmed(preview(world.ports(), world.connector).entries)
    *_, total = adopt(world.ports(), world.connector, world.profiles(), entries, per_second=8.0)
    return total


def test_strings_that_a_profile_holds_are_confirmed() -> None:
    """Empty ones too; what has no value isn't a date."""
    world = DriftWorld(1)
    fill(world, UpaDepartment="D0", UpaTitle="other")
    total = read(world)

    assert total == Adopted(people=1, values=4)
    assert world.shadow(world.people[0]) == {
        "UpaDepartment": "D0",
        "UpaTitle": "other",
        "UpaType": "",
        "UpaHired": None,
        "UpaCode": "",
    }


@pytest.mark.parametrize("locale", ["en-US", "de-DE"])
def test_a_date_is_taken_where_it_is_the_planned_one_in_the_readers_language(locale: str) -> None:
    """Another date stays unknown, and is sent."""
    world = DriftWorld()
    world.sim.single_writes.rules.date_locale = locale
    for day in ("31", "03", "04"):
        world.people.append(world.join(employeeHireDate=f"2026-01-{day}T00:00:00Z"))
    fill(world, 0, UpaHired="2026-01-31")
    fill(world, 1, UpaHired="2026-01-03")
    fill(world, 2, UpaHired="2026-04-01")
    read(world)
    held = [(world.shadow(person) or {})["UpaHired"] for person in world.people]

    assert held == ["2026-01-31", "2026-01-03", None]


def test_a_profile_that_is_missing_or_somebody_elses_leaves_its_person_unknown() -> None:
    """They are counted apart, and the others are read."""
    world = DriftWorld(3)
    world.people.append(world.join(profile=False, department="D3"))
    world.sim.directory.edit(world.people[0], userPrincipalName="not a name")
    fill(world, 1, UpaDepartment="D1")
    total = read(world)

    assert (total.people, total.without_profile, total.unread, total.looked_at) == (2, 2, 0, 4)
    assert (world.shadow(world.people[1]) or {})["UpaDepartment"] == "D1"


def test_what_is_known_already_is_left() -> None:
    """A confirmed value is newer than what somebody reads beside the pipeline."""
    world = DriftWorld(1)
    entries = unconfirmed(preview(world.ports(), world.connector).entries)
    world.sync()
    fill(world, UpaDepartment="old")
    list(adopt(world.ports(), world.connector, world.profiles(), entries))

    assert (world.shadow(world.people[0]) or {})["UpaDepartment"] == "D0"


def test_profiles_are_read_no_faster_than_allowed() -> None:
    """Eight a second: sixteen take two seconds."""
    world = DriftWorld(16)
    began = world.now
    read(world)

    assert (world.now - began).total_seconds() >= 2


def test_the_budget_of_calls_is_waited_for() -> None:
    """Forty people at twenty in five minutes."""
    world = DriftWorld(40)
    world.connector = replace(world.connector, individual=Budget(share=100 * 20 / 3000))
    began = world.now
    pauses: list[float] = []
    sleep = world.time.sleep
    world.time.sleep = lambda seconds: (pauses.append(seconds), sleep(seconds))[1]
    total = read(world)

    assert (total.people, len(pauses) < 40) == (40, True)
    assert 60 <= (world.now - began).total_seconds() <= 900


def test_totals_come_after_each_batch() -> None:
    """So that a caller can tell how far it is."""
    world = DriftWorld(1)
    (entry,) = preview(world.ports(), world.connector).entries
    people = [entry._replace(person=f"{n:08d}-0000-0000-0000-000000000000") for n in range(BATCH + 1)]
    totals = adopt(world.ports(), world.connector, world.profiles(), people, per_second=1e9)

    assert [one.without_profile for one in totals] == [BATCH, BATCH + 1]


def test_only_people_with_an_unknown_property_need_to_be_read() -> None:
    """Of whom everything is confirmed, a difference is a change."""
    world = DriftWorld(2)
    world.sync()
    new = world.join(department="new")
    world.edit(world.people[0], department="B")

    assert [one.person for one in unconfirmed(preview(world.ports(), world.connector).entries)] == [new]


def test_one_unknown_property_among_several_is_enough_to_be_read() -> None:
    """Confirmed ones beside it don't show what the profile holds of that one."""
    old = {"UpaDepartment": "A", "UpaTitle": None, "UpaCode": ""}
    entry = Entry("p", {"UpaDepartment": "B", "UpaTitle": "t"}, old)
    assert unconfirmed([entry, Entry("q", {"UpaCode": "c"}, old), Entry("r", {"UpaType": "x"}, old)]) == [
        entry,
        Entry("r", {"UpaType": "x"}, old),
    ]
