"""Managers as Graph may tell them: what is hidden, lags behind or breaks off never becomes a value."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes import FakeClock, FakeTokens, ScriptedTransport, reply
from upa_core.adapters.graph.following import Position
from upa_core.adapters.graph.manager_rows import ManagerRows
from upa_core.adapters.http.service import Service
from upa_core.domain.errors import AccessDeniedError, ForeignLinkError, UnavailableError, UpaError

ROOT = "https://graph.example"
DELTA = f"{ROOT}/v1.0/users/delta?$deltatoken=d"
LATEST = reply(200, {"value": [], "@odata.deltaLink": DELTA})
COLUMNS = ("displayName", "id", "onPremisesExtensionAttributes.extensionAttribute7")
BOSS = {"id": "B", "displayName": "Boss", "onPremisesExtensionAttributes": {"extensionAttribute7": "7"}}


class World:
    """Managers over written-down answers."""

    def __init__(self, *replies: object) -> None:
        self.net, self.clock = ScriptedTransport(*replies), FakeClock()
        service = Service(ROOT, FakeTokens(), self.clock, session=self.net.session(), jitter=lambda: 0.5)
        self.source = ManagerRows(service, self.clock, COLUMNS, valid=timedelta(days=6), full_every=timedelta(days=7))

    def read(self, cursor: str = "") -> list[tuple[str, list[object]]]:
        """Look, and read to the end."""
        self.offer = self.source.look(cursor)
        assert self.offer is not None
        return [(key, list(cells)) for key, cells in self.source.rows(self.offer, COLUMNS)]

    def changes(self) -> list[tuple[str, list[object]]]:
        """Read what changed since a position that is good."""
        return self.read(Position(DELTA, self.clock.now(), self.clock.now()).write())


def users(*people: dict[str, Any], **more: Any) -> object:
    """Write a page of the list of users down."""
    return reply(200, {"value": list(people), **more})


def told(*records: dict[str, Any]) -> list[object]:
    """Write a round of delta down, for the look and the reading."""
    return [reply(200, {"value": list(records), "@odata.deltaLink": DELTA})] * 2


def answers(*inner: tuple[int, object]) -> object:
    """Write an answer of $batch down."""
    return reply(200, {"responses": [{"id": str(n), "status": s, "body": b} for n, (s, b) in enumerate(inner)]})


GONE = (404, {"error": {"code": "Request_ResourceNotFound"}})


def test_everybody_is_read_from_the_list_behind_a_position_of_before() -> None:
    """The position is taken first, so that no change falls in between; who has nobody has no row."""
    link = f"{ROOT}/v1.0/users?$skiptoken=1"
    world = World(
        LATEST,
        users({"id": "P", "manager": BOSS}, {"id": "q"}, **{"@odata.nextLink": link}),
        users({"id": "r", "manager": None}),
    )

    assert world.read() == [("p", ["Boss", "B", "7"])]
    asked = [request.url for request in world.net.requests]
    assert "$deltatoken=latest" in asked[0]
    assert "manager" in asked[0]
    assert "$expand=manager($select=displayName,id,onPremisesExtensionAttributes)" in asked[1]


def test_whoever_changed_is_asked_for_by_themselves() -> None:
    """404 is no manager; who is deleted isn't asked for, and all of them may be somebody's manager."""
    world = World(*told({"id": "p"}, {"id": "q"}, {"id": "gone", "@removed": {}}), answers((200, BOSS), GONE))

    assert world.changes() == [("p", ["Boss", "B", "7"]), ("q", [None, None, None])]
    (batch,) = [json.loads(request.body or b"")["requests"] for request in world.net.requests if request.body]
    assert [one["url"].partition("?")[0] for one in batch] == ["/users/p/manager", "/users/q/manager"]
    assert world.offer is not None
    assert world.source.closing(world.offer).touched == frozenset({"p", "q", "gone"})


def test_what_delta_says_of_the_link_beats_a_read_that_lags_behind() -> None:
    """The manager it names is read instead; where it names nobody there is none."""
    new = {"id": "N", "displayName": "New"}
    link = [{"id": "B", "@removed": {}}, {"id": "N"}]
    records = ({"id": "p", "manager@delta": link}, {"id": "q", "manager@delta": [{"id": "B", "@removed": {}}]})
    world = World(*told(*records), answers((200, BOSS), (200, BOSS)), answers((200, new)))

    assert world.changes() == [("p", ["New", "N", None]), ("q", [None, None, None])]


def test_what_delta_says_of_a_manager_beats_a_read_that_lags_behind() -> None:
    """Explicit null too; what it doesn't name is as it was read. A manager who was deleted is nobody's."""
    world = World(*told({"id": "b", "displayName": "Renamed"}, {"id": "p"}), answers(GONE, (200, BOSS)))
    assert world.changes()[1] == ("p", ["Renamed", "B", "7"])
    world = World(*told({"id": "b", "displayName": None}, {"id": "p"}), answers(GONE, (200, BOSS)))
    assert world.changes()[1] == ("p", [None, "B", "7"])
    world = World(*told({"id": "b", "@removed": {}}, {"id": "p"}), answers((200, BOSS)))
    assert world.changes() == [("p", [None, None, None])]


def test_a_contact_whose_attributes_are_hidden_is_no_manager_without_a_name() -> None:
    """Graph shows type and id, and null for the rest: that is no value, it is a missing right."""
    hidden = {"@odata.type": "#microsoft.graph.orgContact", "id": "C", "displayName": None}
    with pytest.raises(AccessDeniedError, match=r"OrgContact\.Read\.All"):
        World(LATEST, users({"id": "p", "manager": hidden})).read()
    with pytest.raises(AccessDeniedError, match=r"OrgContact\.Read\.All"):
        World(*told({"id": "p"}), answers((200, hidden))).changes()
    seen = {**hidden, "displayName": "Contact"}
    assert World(LATEST, users({"id": "p", "manager": seen})).read() == [("p", ["Contact", "C", None])]


@pytest.mark.parametrize(
    ("second", "error", "words"),
    [
        (users({"manager": BOSS}), UnavailableError, "not a page of users with managers"),
        (users({"id": "p", "manager": "B"}), UnavailableError, "not a page of users with managers"),
        (users({"id": "p", "manager": {"displayName": "x"}}), UnavailableError, "not a page of users with managers"),
        (reply(200, {"users": []}), UnavailableError, "not a page of users with managers"),
        (users(**{"@odata.nextLink": f"{ROOT}/v1.0/users?$skiptoken=1"}), UnavailableError, "leads back to a page"),
        (users(**{"@odata.nextLink": "https://evil.example/x"}), ForeignLinkError, "evil.example"),
        (reply(503, {}), UnavailableError, "503"),
    ],
)
def test_a_list_that_cant_be_trusted_never_looks_complete(second: object, error: type[UpaError], words: str) -> None:
    """Its end is an error."""
    link = {"@odata.nextLink": f"{ROOT}/v1.0/users?$skiptoken=1"}
    world = World(LATEST, users({"id": "o", "manager": BOSS}, **link), *[second] * 4)

    with pytest.raises(error, match=words):
        world.read()
    assert world.offer is not None
    with pytest.raises(UnavailableError, match="wasn't read to its end"):
        world.source.closing(world.offer)
