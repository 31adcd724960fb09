"""Who is in scope and who isn't, as a plan sees them; who enters and who leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.crash.scenarios import settled
from tests.support.joined import HR, JoinedWorld
from tests.support.world import World
from upa_core.domain.documents.rounds import Link
from upa_core.domain.people.scope import Clause, Scope
from upa_core.ports.change_source import Page
from upa_core.services.insight.scope_view import ScopeView, WatchedSource

GROUPS = ((Clause("department", "EQUALS", "a"),), (Clause("jobTitle", "EQUALS", "b"),))


def seen(world: World, *rows: tuple[str, set[str], dict[str, str]]) -> ScopeView:
    """Let a plan see people: id, absent attributes, values."""
    view, inputs = ScopeView(), world.connector.inputs
    look = view.watching(world.connector)
    for person, absent, values in rows:
        bits = sum(1 << at for at, path in enumerate(inputs) if path in absent)
        look([[person, bits, *(values.get(path) for path in inputs)]])
    return view


def test_people_are_inside_outside_or_neither() -> None:
    """Outside by the conditions of every group; whose scope depends on an absent value is neither."""
    world = World()
    world.connector = replace(world.connector, scope=Scope(GROUPS))
    view = seen(
        world,
        ("in", set(), {"department": "a", "jobTitle": "b"}),
        ("half", set(), {"department": "x", "jobTitle": "b"}),
        ("out", set(), {"department": "x", "jobTitle": "x"}),
        ("out too", set(), {"department": "y", "jobTitle": "y"}),
        ("unknown", {"jobTitle"}, {"department": "a"}),
        ("absent elsewhere", {"employeeType"}, {"department": "a", "jobTitle": "b"}),
    )
    both = "not department EQUALS a, and not jobTitle EQUALS b"

    assert view.inside == {"in", "half", "absent elsewhere"}
    assert view.outside == {"out": both, "out too": both}
    view.outside["other"] = "another reason"
    assert view.reasons() == [(both, 2), ("another reason", 1)]


def test_whom_no_row_of_the_primary_source_names_is_outside() -> None:
    """By the name of the source."""
    primary = replace(HR, primary=True)
    world = JoinedWorld(secondaries=(primary,))
    view = seen(world, ("named", set(), {}), ("nobody", {primary.presence}, {}))

    assert (view.inside, view.outside) == ({"named"}, {"nobody": "not named by a row of hr"})


def test_who_enters_was_never_delivered_and_who_leaves_was() -> None:
    """Each list by object id."""
    world = settled(4)
    known, fresh = sorted(world.people), ["f2", "f1"]
    view = ScopeView(
        inside={*fresh, known[0]}, outside=dict.fromkeys([known[2], known[1], "stranger"], "not department EQUALS a")
    )

    assert view.moved(world.ports(), world.connector) == (["f1", "f2"], [known[1], known[2]])


def test_a_watched_source_passes_everything_on_and_notes_names() -> None:
    """Pages, reads and beginnings are the source's own; whoever has no name isn't noted."""
    page = Page([{"id": "a", "userPrincipalName": "a@x"}, {"id": "b"}], Link("next", "next"))

    class Source:
        """Answers everything with what it was asked."""

        def begin(self, select: Sequence[str]) -> Link:
            return Link(",".join(select), "next")

        def page(self, link: Link) -> Page:
            return page

        def read(self, ids: Sequence[str], select: Sequence[str]) -> Mapping[str, dict[str, Any] | None]:
            return {one: {"asked": list(select)} for one in ids}

    names: dict[str, str] = {}
    watched = WatchedSource(Source(), names)

    assert watched.begin(["id"]) == Link("id", "next")
    assert watched.page(Link("x", "next")) is page
    assert watched.read(["a"], ["id"]) == {"a": {"asked": ["id"]}}
    assert names == {"a": "a@x"}
