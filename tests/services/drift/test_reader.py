"""Reading people's profiles: whose each profile is, what it costs, and in which order dates are shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.profiles import FakeProfiles
from tests.support.drifting import DriftWorld
from tests.support.wrapped import Wrapped
from upa_core.domain.errors import ThrottledError
from upa_core.domain.individual.answer import Fault, Profile
from upa_core.domain.individual.proof import Proof, Proofs
from upa_core.domain.people.mapping import direct
from upa_core.domain.people_calls import Budget
from upa_core.services.drift.reader import NoCallsLeftError, Read, Reader
from upa_core.state.individual import people_calls_of, proofs_of

NAMES = {"a": "a@contoso.com", "b": "b@contoso.com", "twin": "A@contoso.com", "nameless": None, "odd": "not a name"}


class Directory:
    """Knows some people by the names above."""

    def read(self, ids: Any, select: Any) -> dict[str, Any]:
        return {one: {"id": one, "userPrincipalName": NAMES[one]} if one in NAMES else None for one in ids}


def reader(world: DriftWorld, profiles: Any) -> Reader:
    return Reader(replace(world.ports(), source=Directory()), world.connector, profiles)


def in_day(world: DriftWorld) -> int:
    return people_calls_of(world.store, world.connector).load().value.in_day


def test_each_person_is_read_by_their_own_name_or_says_why_not() -> None:
    """Nobody is asked for who isn't in the directory, has no name, or shares one; only calls that are made count."""
    world, profiles = DriftWorld(), FakeProfiles()
    profiles.add("a@contoso.com", "a", UpaTitle="T")
    made = reader(world, profiles)
    found = made.read(["a", "b", "twin", "nameless", "odd", "gone"], ["UpaTitle"])
    made.close()

    assert found == {
        "a": Read({"UpaTitle": "T"}),
        "b": Read(why="no_profile"),
        "twin": Read(why="same_user_name"),
        "nameless": Read(why="no_user_name"),
        "odd": Read(why="no_user_name"),
        "gone": Read(why="not_in_directory"),
    }
    assert (made.calls, profiles.calls, in_day(world)) == (2, 2, 2)
    assert made.read(["gone"], ["UpaTitle"]) == {"gone": Read(why="not_in_directory")}
    assert made.calls == 2


@pytest.mark.parametrize(
    ("reading", "read"),
    [
        (Fault("refused", "UserProfileException"), Read(why="refused", code="UserProfileException")),
        (Fault("denied", ""), Read(why="refused", code="denied")),
        (Profile("", {"UpaTitle": "T"}), Read(why="no_object_id")),
        (Profile("somebody", {"UpaTitle": "T"}), Read(why="other_person")),
        (Profile("a", {"UpaTitle": "T"}), Read({"UpaTitle": "T"})),
    ],
)
def test_a_profile_counts_where_it_says_that_it_is_the_persons(reading: Any, read: Read) -> None:
    """Somebody else's, or one that doesn't say whose it is, is no reading of theirs."""
    world = DriftWorld()
    profiles = Wrapped(FakeProfiles(), read=lambda wanted: dict.fromkeys(wanted, reading))

    assert reader(world, profiles).read(["a"], ["UpaTitle"]) == {"a": read}


def test_a_throttle_while_reading_stands_in_the_tenants_book() -> None:
    """Everybody who shares the budget waits."""
    world, profiles = DriftWorld(), FakeProfiles()
    profiles.hooks.fail("read", ThrottledError("429", retry_after=60))
    made = reader(world, profiles)
    with pytest.raises(ThrottledError):
        made.read(["a"], ["UpaTitle"])

    assert people_calls_of(world.store, world.connector).load().value.throttled == 1
    assert made.free_at() > world.now


def test_without_calls_nothing_is_asked() -> None:
    """Of a budget for one person, a second isn't read."""
    world, profiles = DriftWorld(individual=Budget(per_hour=1)), FakeProfiles()
    made = reader(world, profiles)
    with pytest.raises(NoCallsLeftError):
        made.read(["a", "b"], ["UpaTitle"])

    assert (made.calls, profiles.calls) == (0, 0)


def test_the_order_of_dates_is_that_of_the_probe_of_this_app() -> None:
    """Where a date is mapped at all, and this app was probed; nobody asks for the app's id for nothing."""
    world, profiles = DriftWorld(), FakeProfiles()
    asked: list[str] = []
    app = Wrapped(profiles, app=lambda: asked.append("app") or "fake-app")

    def order() -> str | None:
        return Reader(world.ports(), world.connector, app).order()

    unknown = order()
    proofs_of(world.store, world.connector).update(lambda _: Proofs().plus("another", Proof(world.now, "ymd", {})))
    others = order()
    proofs_of(world.store, world.connector).update(lambda all_: all_.plus("fake-app", Proof(world.now, "dmy", {})))
    ours, times = order(), len(asked)
    world.connector = replace(world.connector, mappings=(direct("department", "UpaDepartment"),))
    none = order()

    assert (unknown, others, ours, none) == (None, None, "dmy", None)
    assert (times, len(asked)) == (2, 2)
