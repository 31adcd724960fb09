"""A mapping on real people: what is looked at, counted and hidden."""

from __future__ import annotations

from dataclasses import replace

from tests.support.world import World
from tests.support.wrapped import Wrapped
from upa_core.domain.documents.rounds import Link
from upa_core.domain.people.mapping import direct
from upa_core.domain.people.scope import Clause, Scope
from upa_core.ports.change_source import Page
from upa_core.services.insight.trial import MOST_LOOKED_AT, try_mapping


def test_people_are_counted_by_what_comes_of_them() -> None:
    """Two have a department, one has none: nobody's shadow or state is touched."""
    world = World(3)
    world.edit(world.people[0], department=None)
    before = dict(world.store.blobs)
    trial = try_mapping(world.ports(), world.connector, direct("department", "X"), most=10)

    assert (len(trial.rows), trial.filled, trial.longest) == (3, 2, 2)
    assert world.store.blobs == before


def test_no_more_people_are_shown_than_were_asked_for() -> None:
    """The first in scope, in the order of the source."""
    trial = try_mapping(World(9).ports(), World(9).connector, direct("department", "X"), most=4)

    assert (len(trial.rows), trial.looked_at) == (4, 4)


def test_a_scope_that_holds_nobody_ends() -> None:
    """A bounded number of people is looked at, and none of them is in the result."""
    world = World(60)
    nobody = replace(world.connector, scope=Scope(((Clause("department", "EQUALS", "nowhere"),),)))
    trial = try_mapping(world.ports(), nobody, direct("department", "X"), most=1)

    assert trial.rows == []
    assert MOST_LOOKED_AT <= trial.looked_at <= 60


def test_each_result_is_counted_by_what_it_is() -> None:
    """Filled, cleared, kept as it is, invalid by reason; different values, and the longest with its person."""
    world = World(0)
    values = ("Sales", "Sales", "Finance 💰", None, "x" * 41)
    people = [world.join(department=value) for value in values]
    clears = direct("department", "X", on_empty="clear", max_length=40, on_too_long="skip_value")
    keeps = replace(clears, on_empty="keep")
    cleared, kept = (try_mapping(world.ports(), world.connector, one, most=10) for one in (clears, keeps))
    name = world.sim.directory.get(people[2])["userPrincipalName"]

    assert (cleared.looked_at, cleared.filled, cleared.cleared, cleared.different) == (5, 3, 1, 2)
    assert (cleared.longest, cleared.longest_of) == (10, name)
    assert list(cleared.reasons.values()) == [1]
    assert [one.made for one in cleared.rows] == ["Sales", "Sales", "Finance 💰", "", None]
    assert [bool(one.problem) for one in cleared.rows] == [False] * 4 + [True]
    assert (kept.cleared, [one.made for one in kept.rows][3]) == (0, None)
    assert [(one.person, one.given["department"]) for one in cleared.rows] == list(zip(people, values, strict=True))
    assert [one.user for one in cleared.rows][2] == name


def test_a_redacted_value_shows_neither_what_was_given_nor_what_came_of_it() -> None:
    """By the mapping itself, or by another that reads the same attribute; nothing stays nothing."""
    world = World(0)
    for value in ("secret", None):
        world.join(department=value)
    mapping = direct("department", "X", on_empty="clear")
    others = tuple(replace(one, redact=one.target == "UpaDepartment") for one in world.connector.mappings)
    shown = [
        [(one.given["department"], one.made) for one in try_mapping(world.ports(), made, tried, most=9).rows]
        for made, tried in (
            (world.connector, replace(mapping, redact=True)),
            (replace(world.connector, mappings=others), mapping),
            (world.connector, mapping),
        )
    ]

    assert shown[:2] == [[("***", "***"), (None, "")]] * 2
    assert shown[2] == [("secret", "secret"), (None, "")]


def test_whoever_left_isnt_tried_and_a_person_of_two_pages_is_tried_once() -> None:
    """By their last record; who has no user name is named by their id."""
    world = World(0)
    gone, named = world.join(department="gone"), world.join(department="D")
    page = Page(
        [
            {"id": gone, "@removed": {"reason": "deleted"}},
            {"id": named, "department": "first", "userPrincipalName": "n@x"},
            {"id": named, "department": "second", "userPrincipalName": None},
        ],
        Link("end", "delta"),
    )
    source = Wrapped(world.ports().source, begin=lambda _: Link("x", "next"), page=lambda _: page)
    trial = try_mapping(replace(world.ports(), source=source), world.connector, direct("department", "X"), most=9)

    assert [(one.person, one.user, one.made) for one in trial.rows] == [(named, "", "second")]
    assert trial.longest_of == named
