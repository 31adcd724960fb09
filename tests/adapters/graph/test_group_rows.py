"""A group's delta as it may come: what can't be trusted is refused, and a round counts whole or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import FakeClock, FakeTokens, ScriptedTransport, reply
from upa_core.adapters.graph.following import Position
from upa_core.adapters.graph.group_rows import GroupRows
from upa_core.adapters.http.service import Service
from upa_core.domain.errors import (
    CorruptStateError,
    ForeignLinkError,
    RefusedError,
    UnavailableError,
    UpaError,
)
from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.joined.secondary import Secondary

ROOT = "https://graph.example"
GROUP = "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"
NEXT, DELTA = f"{ROOT}/v1.0/groups/delta?$skiptoken=n", f"{ROOT}/v1.0/groups/delta?$deltatoken=d"
USER = "#microsoft.graph.user"
NAMED = reply(200, {"id": GROUP, "displayName": "Pilot"})


def member(name: str, *, removed: bool = False, kind: str = USER) -> dict[str, Any]:
    return {"@odata.type": kind, "id": name, **({"@removed": {"reason": "deleted"}} if removed else {})}


def page(*members: object, link: str = "deltaLink", url: str = DELTA, **record: Any) -> object:
    """Write a page of the group's delta down."""
    one = {"id": GROUP, "displayName": "Pilot", "members@delta": list(members), **record}
    return reply(200, {"value": [one], f"@odata.{link}": url})


class World:
    """A group over written-down answers."""

    def __init__(self, *replies: object, nested: str = "refuse") -> None:
        self.net, self.clock = ScriptedTransport(*replies), FakeClock()
        service = Service(ROOT, FakeTokens(), self.clock, session=self.net.session(), jitter=lambda: 0.5)
        one = Secondary("grp", (KeyPart("id", "id"),), on_missing="leave", kind="group", group=GROUP, nested=nested)
        week = timedelta(days=7)
        self.source = GroupRows(service, self.clock, one, valid=timedelta(days=6), full_every=week)

    def read(self, cursor: str = "") -> list[tuple[str, Any]]:
        """Look, and read to the end."""
        offer = self.source.look(cursor)
        assert offer is not None
        rows = [(key, cells[0]) for key, cells in self.source.rows(offer, ("member",))]
        assert self.source.closing(offer).rows == len(rows)
        return rows

    @property
    def cursor(self) -> str:
        """A position that is good."""
        return Position(DELTA, self.clock.now(), self.clock.now()).write()


def test_what_a_round_says_last_counts() -> None:
    """The same member may come again, on another page too, and in another letter case."""
    first = page(member("A"), member("b"), member("c", removed=True), link="nextLink", url=NEXT)
    world = World(NAMED, first, page(member("a", removed=True), member("c"), member("d")))

    assert world.read() == [("b", "true"), ("c", "true"), ("d", "true")]


def test_a_round_of_changes_tells_who_left() -> None:
    """And nothing of anybody else; devices and other groups' ids are nobody's."""
    changes = page(member("a", removed=True), member("b"), member("x", kind="#microsoft.graph.device"))
    world = World(changes, changes)

    assert world.read(world.cursor) == [("a", None), ("b", "true")]


@pytest.mark.parametrize(
    ("second", "error", "words"),
    [
        (page(member("x"), id="another"), UnavailableError, "another group than was asked for"),
        (page(**{"members@delta": {"id": "x"}}), UnavailableError, "its members aren't a list"),
        (page("x"), UnavailableError, "a member without an id"),
        (page({"@odata.type": USER}), UnavailableError, "a member without an id"),
        (page({"id": ""}), UnavailableError, "a member without an id"),
        (page({"id": 7}), UnavailableError, "a member without an id"),
        (page(member("x"), link="nextLink", url=NEXT), UnavailableError, "its nextLink is the link just followed"),
        (page(member("x"), link="nextLink", url="https://evil.example/x"), ForeignLinkError, "evil.example"),
        (reply(200, {"value": []}), UnavailableError, "neither nextLink nor deltaLink"),
        (reply(body=b"<html>", headers={"Content-Type": "text/html"}), UnavailableError, "an HTML page"),
        (page(**{"@removed": {"reason": "changed"}}), RefusedError, "it was deleted"),
        (page(member("g", kind="#microsoft.graph.group")), RefusedError, r"holds other groups \(g\)"),
        (reply(410, {"error": {"code": "resyncRequired"}}), UnavailableError, "read anew at the next pull"),
    ],
)
def test_a_round_of_which_a_page_cant_be_trusted_tells_nobody(
    second: object, error: type[UpaError], words: str
) -> None:
    """Not even the members of the pages before it."""
    world = World(NAMED, page(member("a"), link="nextLink", url=NEXT), *[second] * 4)
    offer = world.source.look("")
    assert offer is not None
    rows = world.source.rows(offer, ("member",))

    with pytest.raises(error, match=words):
        next(rows)
    with pytest.raises(UnavailableError, match="wasn't read to its end"):
        world.source.closing(offer)


def test_a_group_that_delta_doesnt_name_isnt_an_empty_one() -> None:
    """An answer without the group tells nothing; the group without members tells that there are none."""
    nothing = reply(200, {"value": [], "@odata.deltaLink": DELTA})
    with pytest.raises(RefusedError, match=f"the group {GROUP}: Graph's delta doesn't name it"):
        World(NAMED, nothing).read()
    empty = reply(200, {"value": [{"id": GROUP, "displayName": "Pilot"}], "@odata.deltaLink": DELTA})
    assert World(NAMED, empty).read() == []


def test_a_group_that_isnt_there_is_refused_by_its_id() -> None:
    """404 at the first look."""
    gone = reply(404, {"error": {"code": "Request_ResourceNotFound"}})
    with pytest.raises(RefusedError, match=f"the group {GROUP}: Graph knows no such group"):
        World(gone).source.look("")
    with pytest.raises(RefusedError, match="knows no such group"):
        World(gone, nested="include").source.look("")


def test_a_cursor_that_cant_be_read_is_no_position() -> None:
    """The source is read anew then."""
    for cursor in ("x", "{}", '{"url": 1, "issued": "yesterday", "full": ""}'):
        with pytest.raises(CorruptStateError):
            World().source.look(cursor)


def test_a_list_of_members_of_members_is_read_to_its_end() -> None:
    """A link that leads back, or elsewhere, tells nobody."""

    def listed(**more: Any) -> object:
        return reply(200, {"value": [member("a"), member("g", kind="#microsoft.graph.group")], **more})

    assert World(*[NAMED, listed()] * 2, nested="include").read() == [("a", "true")]
    link = f"{ROOT}/v1.0/groups/{GROUP}/transitiveMembers?$skiptoken=1"
    back = listed(**{"@odata.nextLink": link})
    with pytest.raises(UnavailableError, match="leads back to a page of this list"):
        World(NAMED, back, back, nested="include").source.look("")
    with pytest.raises(UnavailableError, match="not a page of members"):
        World(NAMED, reply(200, {"members": []}), nested="include").source.look("")


_CHANGES = st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans()), max_size=12)


@settings(max_examples=25, deadline=None)
@given(st.lists(_CHANGES, min_size=1, max_size=4), st.sets(st.sampled_from("abcdef")))
def test_rounds_laid_over_each_other_are_the_group(rounds: list[list[tuple[str, bool]]], first: set[str]) -> None:
    """Whatever joins, leaves and comes again, in whichever pages: the members are those of whom it was said last."""
    replies: list[object] = [NAMED, page(*map(member, sorted(first)))]
    for changes in rounds:
        told = [member(name, removed=not there) for name, there in changes]
        half = len(told) // 2
        both = [page(*told[:half], link="nextLink", url=NEXT), page(*told[half:])]
        replies += [both[0], *both]  # a look, and the reading
    world = World(*replies)
    members = {key for key, _ in world.read()}
    wanted = set(first)
    for changes in rounds:
        for key, said in world.read(world.cursor):
            (members.add if said else members.discard)(key)
        for name, there in changes:
            (wanted.add if there else wanted.discard)(name)

    assert members == wanted
