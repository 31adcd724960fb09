"""Values that profiles hold already become the shadow of a new connector."""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.world import World
from upa_core.domain.errors import RefusedError
from upa_core.services.admin.adopt import BATCH, Adopted, adopt, unconfirmed
from upa_core.services.insight.preview import preview

HELD = {"UpaDepartment": "D0", "UpaTitle": "", "UpaHired": "2020-01-01", "Other": "x"}


class Profiles:
    """Implements `Profiles`: what each person in turn holds; an error is raised."""

    def __init__(self, *answers: Mapping[str, str] | RefusedError | None) -> None:
        self._answers = list(answers)

    def properties(self, user_principal_name: str) -> Mapping[str, str] | None:
        answer = self._answers.pop(0)
        if isinstance(answer, RefusedError):
            raise answer
        return answer


def read(world: World, *answers: Mapping[str, str] | RefusedError | None) -> Adopted:
    """Adopt as many people as there are answers."""
    people = world.people[: len(answers)]
    *_, total = adopt(world.ports(), world.connector, Profiles(*answers), people, per_second=8.0)
    return total


def test_strings_that_a_profile_holds_are_confirmed() -> None:
    """Empty ones too; a date and a property of somebody else aren't taken."""
    world = World(1)
    total = read(world, HELD)

    assert total == Adopted(people=1, values=2)
    assert world.shadow(world.people[0]) == {
        "UpaDepartment": "D0",
        "UpaTitle": "",
        "UpaType": None,
        "UpaHired": None,
        "UpaCode": None,
    }


def test_a_profile_that_is_missing_or_refused_leaves_its_person_unknown() -> None:
    """They are counted apart, and the others are read."""
    world = World(3)
    total = read(world, None, RefusedError("no"), HELD)

    assert total == Adopted(people=1, values=2, without_profile=1, unread=1)
    assert total.looked_at == 3
    assert [(world.shadow(person) or {}).get("UpaDepartment") for person in world.people] == [None, None, "D0"]


def test_what_is_known_already_is_left() -> None:
    """A confirmed value is newer than what somebody reads beside the pipeline."""
    world = World(1)
    world.sync()
    read(world, {"UpaDepartment": "old"})

    assert (world.shadow(world.people[0]) or {})["UpaDepartment"] == "D0"


def test_profiles_are_read_no_faster_than_allowed() -> None:
    """Eight a second: three take three eighths of a second."""
    world = World(3)
    began = world.now
    read(world, HELD, HELD, HELD)

    assert (world.now - began).total_seconds() >= 3 / 8


def test_totals_come_after_each_batch() -> None:
    """So that a caller can tell how far it is."""
    world = World(0)
    people = [f"{n:08d}-0000-0000-0000-000000000000" for n in range(BATCH + 1)]
    totals = [one.without_profile for one in adopt(world.ports(), world.connector, Profiles(), people, per_second=1e9)]

    assert totals == [BATCH, BATCH + 1]


def test_only_people_with_an_unknown_property_need_to_be_read() -> None:
    """Of whom everything is confirmed, a difference is a change."""
    world = World(2)
    world.sync()
    new = world.join(department="new")
    world.edit(world.people[0], department="B")

    assert unconfirmed(preview(world.ports(), world.connector).entries) == [new]
