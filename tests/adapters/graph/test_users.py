"""users/delta and $batch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes import FakeClock, FakeTokens, ScriptedTransport, reply
from upa_core.adapters.graph.users import GraphUsers
from upa_core.adapters.http.service import Service
from upa_core.domain.documents.rounds import Link
from upa_core.domain.errors import (
    AccessDeniedError,
    ForeignLinkError,
    PartlyReadError,
    RefusedError,
    ResyncRequiredError,
    ThrottledError,
    UnavailableError,
    UpaError,
)
from upa_core.ports.change_source import Page

ROOT = "https://graph.example"
NEXT = Link(f"{ROOT}/v1.0/users/delta?$skiptoken=n1", "next")


class World:
    """Graph over written-down answers."""

    def __init__(self, *replies: Any) -> None:
        self.clock, self.net = FakeClock(), ScriptedTransport(*replies)
        service = Service(ROOT, FakeTokens(), self.clock, session=self.net.session(), jitter=lambda: 0.5)
        self.users = GraphUsers(service)

    def bodies(self) -> list[list[str]]:
        """The addresses asked for in each batch."""
        return [[r["url"] for r in json.loads(request.body or b"")["requests"]] for request in self.net.requests]


def page(link: str = "deltaLink", url: str = f"{ROOT}/v1.0/users/delta?$deltatoken=d1", **records: Any) -> object:
    """Write a delta page down."""
    return reply(200, {"value": records.get("value", []), f"@odata.{link}": url})


def inner(*answers: tuple[object, int, object] | tuple[object, int, object, object]) -> object:
    """Write an answer of $batch down."""
    names = ("id", "status", "body", "headers")
    return reply(200, {"responses": [dict(zip(names, answer, strict=False)) for answer in answers]})


def test_begin_makes_no_call() -> None:
    """A full round begins with one address whose $select is sorted and free of doubles."""
    world = World()
    link = world.users.begin(["id", "department", "id", "city"])

    assert link == Link(f"{ROOT}/v1.0/users/delta?$select=city,department,id", "initial")
    assert world.net.requests == []


def test_page_keeps_null_and_absent_apart() -> None:
    """Records come as sent: null stays null, absent stays absent, @removed stays."""
    records = [{"id": "1", "city": None}, {"id": "2"}, {"id": "3", "@removed": {"reason": "changed"}}]
    world = World(page(value=records))

    assert world.users.page(NEXT) == Page(records, Link(f"{ROOT}/v1.0/users/delta?$deltatoken=d1", "delta"))


def test_links_are_followed_verbatim() -> None:
    """A link is an address to follow as it is; the call asks to be throttled first and never for minimal records."""
    world = World(page())
    world.users.page(NEXT)
    request = world.net.requests[0]

    assert (request.method, request.url) == ("GET", NEXT.url)
    assert request.headers["x-ms-throttle-priority"] == "low"
    assert "Prefer" not in request.headers


def test_empty_page_with_next_link_goes_on() -> None:
    """A page without records isn't the end of the round."""
    url = f"{ROOT}/v1.0/users/delta?$skiptoken=n2"

    assert World(page("nextLink", url)).users.page(NEXT) == Page([], Link(url, "next"))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"value": []}, "a page with neither nextLink nor deltaLink"),
        ({"value": [], "@odata.nextLink": NEXT.url}, "its nextLink is the link just followed"),
        ({"value": [], "@odata.nextLink": ""}, "a page with neither nextLink nor deltaLink"),
        ({"value": [], "@odata.deltaLink": 5}, "a page with neither nextLink nor deltaLink"),
        ({"value": {}, "@odata.deltaLink": NEXT.url}, "not a page of objects"),
        ({"value": [{"city": "x"}], "@odata.deltaLink": NEXT.url}, "not a page of objects"),
        ({"value": ["x"], "@odata.deltaLink": NEXT.url}, "not a page of objects"),
        ({"@odata.deltaLink": NEXT.url}, "not a page of objects"),
        ([], "not a page of objects"),
        (None, "not a page of objects"),
    ],
)
def test_pages_that_cannot_be_trusted(document: object, words: str) -> None:
    """No link, the same link again, or no list of people: the page is refused by name, the position stays."""
    with pytest.raises(UnavailableError, match=rf"^GET graph\.example /v1\.0/users/delta: HTTP 200: {words}$"):
        World(reply(200, document)).users.page(NEXT)


@pytest.mark.parametrize("url", ["https://evil.example/next", "http://graph.example/next", "https://graph.example:1/n"])
def test_foreign_links_are_refused(url: str) -> None:
    """A foreign link is refused where it is found, and where it is followed."""
    for kind in ("nextLink", "deltaLink"):
        with pytest.raises(ForeignLinkError):
            World(page(kind, url)).users.page(NEXT)
    world = World()
    with pytest.raises(ForeignLinkError):
        world.users.page(Link(url, "next"))

    assert world.net.requests == []


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (410, {}, "gone"),
        (410, {"code": "syncStateNotFound"}, "syncStateNotFound"),
        (400, {"code": "SyncStateNotFound"}, "SyncStateNotFound"),
        (404, {"code": "SYNCSTATENOTFOUND"}, "SYNCSTATENOTFOUND"),
        (400, {"code": "BadRequest", "innererror": {"code": "resyncRequired"}}, "resyncRequired"),
        (
            500,
            {"code": "x", "innerError": {"code": "y", "innererror": {"code": "resyncApplyDifferences"}}},
            "resyncApplyDifferences",
        ),
        (400, {"code": "BadRequest", "message": "Sync must reach steady state within 30 days."}, "steadyState"),
        (400, {"code": "Directory_ExpiredPageToken"}, "Directory_ExpiredPageToken"),
        (400, {"code": "resyncUploadDifferences"}, "resyncUploadDifferences"),
        (403, {"code": "resyncRequired"}, "resyncRequired"),
    ],
)
def test_void_positions(status: int, error: dict[str, Any], code: str) -> None:
    """A void position is told by its code, in any case and at any depth, whatever the status; it isn't retried."""
    world = World(reply(status, {"error": error}, headers={"Location": "https://evil.example/"}))
    with pytest.raises(ResyncRequiredError, match=rf": the position is void \({code}\)$") as caught:
        world.users.page(NEXT)

    assert (caught.value.code, len(world.net.requests)) == (code, 1)


def test_410_without_a_body() -> None:
    """A bare 410 is a void position, too."""
    with pytest.raises(ResyncRequiredError):
        World(reply(410, body=b"")).users.page(NEXT)


def test_untracked_attributes_are_named() -> None:
    """A 400 about properties that can't be tracked names them, one by one."""
    text = (
        "Invalid request for delta query: for this entity set, $expand/$select is not supported for the following "
        "properties: signInActivity, birthday"
    )
    with pytest.raises(RefusedError, match="signInActivity, birthday") as caught:
        World(reply(400, {"error": {"code": "BadRequest", "message": text}})).users.page(NEXT)

    assert (caught.value.code, caught.value.details) == ("BadRequest", ("signInActivity", "birthday"))


def test_other_refusals_tell_only_the_code() -> None:
    """Another 400 is refused with its code; its message may quote the link's token and isn't repeated."""
    body = {"error": {"code": "Request_BadRequest", "message": "Invalid token value 'S3cret'"}}
    with pytest.raises(RefusedError, match="400 Request_BadRequest") as caught:
        World(reply(400, body)).users.page(NEXT)

    assert "S3cret" not in str(caught.value)


def test_read_asks_in_twenties() -> None:
    """People are read twenty at a time, each once, with ids encoded and $select sorted."""
    ids = [f"p{n}" for n in range(20)] + ["odd/id?", "p0"]
    world = World(
        inner(*[(str(n), 200, {"id": f"p{n}"}) for n in range(20)]), inner(("0", 200, {"id": "odd/id?", "city": None}))
    )
    found = world.users.read(ids, ["id", "city"])

    for request in world.net.requests:
        assert (request.method, request.url) == ("POST", f"{ROOT}/v1.0/$batch")
        assert request.headers["Content-Type"] == "application/json"
        assert request.headers["x-ms-throttle-priority"] == "low"
    assert (len(found), found["odd/id?"]) == (21, {"id": "odd/id?", "city": None})
    assert [len(urls) for urls in world.bodies()] == [20, 1]
    assert json.loads(world.net.requests[1].body or b"") == {
        "requests": [{"id": "0", "method": "GET", "url": "/users/odd%2Fid%3F?$select=city,id"}]
    }


def test_read_without_people_makes_no_call() -> None:
    """Reading nobody is no call."""
    assert World().users.read([], ["id"]) == {}


def test_read_tells_missing_people() -> None:
    """A 404 inside a batch is a person Graph doesn't know; metadata is left out of a record."""
    world = World(
        inner(
            ("1", 404, {"error": {"code": "Request_ResourceNotFound"}}), ("0", 200, {"id": "a", "@odata.context": "c"})
        )
    )

    assert world.users.read(["a", "b"], ["id"]) == {"a": {"id": "a"}, "b": None}


def test_throttled_inner_answers_are_asked_again() -> None:
    """Whoever was throttled inside a batch is asked for again after the longest pause named; the rest is kept."""
    world = World(
        inner(("0", 200, {"id": "a"}), ("1", 429, {}, {"retry-after": "5"}), ("2", 503, {}, {"Retry-After": "9"})),
        inner(("0", 200, {"id": "b"}), ("1", 200, {"id": "c"})),
    )
    found = world.users.read(["a", "b", "c"], ["id"])

    assert ({person: record["id"] for person, record in found.items() if record}, world.clock.slept) == (
        {"a": "a", "b": "b", "c": "c"},
        [9.0],
    )
    assert world.bodies()[1] == ["/users/b?$select=id", "/users/c?$select=id"]


def test_throttled_for_long_is_raised() -> None:
    """An inner pause beyond our patience is raised with its length."""
    with pytest.raises(ThrottledError) as caught:
        World(inner(("0", 429, {}, {"Retry-After": "300"}))).users.read(["a"], ["id"])

    assert caught.value.retry_after == 300.0


def test_throttled_for_ever_ends() -> None:
    """A batch that is asked inside again and again to come later ends after four attempts."""
    world = World(*[inner(("0", 429, {}))] * 4)
    with pytest.raises(ThrottledError):
        world.users.read(["a"], ["id"])

    assert len(world.net.requests) == 4


@pytest.mark.parametrize("status", [200, 408, 424, 500, 503])
def test_a_person_who_cant_be_read_is_named_and_the_others_are_there(status: int) -> None:
    """An inner failure, or no record in it, again and again: four attempts, the last three for this person alone."""
    good, bad = ("0", 200, {"id": "a"}), ("1", status, {})
    world = World(inner(good, bad), *[inner(("0", status, {}))] * 3)
    with pytest.raises(PartlyReadError) as caught:
        world.users.read(["a", "b"], ["id"])

    assert (caught.value.found, caught.value.unread) == ({"a": {"id": "a"}}, ("b",))
    assert [len(urls) for urls in world.bodies()] == [2, 1, 1, 1]
    assert "1 of 2 people" in str(caught.value)


@pytest.mark.parametrize("status", [200, 408, 424, 500, 503])
def test_where_nobody_of_several_can_be_read_it_isnt_about_them(status: int) -> None:
    """Everybody of a batch fails, again and again: Graph is to be asked later."""
    world = World(*[inner(("0", status, {}), ("1", status, {}))] * 4)
    with pytest.raises(ThrottledError):
        world.users.read(["a", "b"], ["id"])


def test_more_than_a_few_who_cant_be_read_are_graphs_trouble() -> None:
    """Eleven of each batch of twenty: it ends with the second."""
    people = [f"p{number}" for number in range(40)]
    read, failed = {"id": "x"}, list(range(1, 12))
    first = inner(*((str(n), 500 if n in failed else 200, {} if n in failed else read) for n in range(20)))
    again = inner(*((str(n), 500, {}) for n in range(len(failed))))
    world = World(*[first, again, again, again] * 2)
    with pytest.raises(UnavailableError, match=r"22 of 40$"):
        world.users.read(people, ["id"])


@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, AccessDeniedError), (403, AccessDeniedError), (400, RefusedError), (409, RefusedError)],
)
def test_inner_refusals(status: int, expected: type[UpaError]) -> None:
    """A refusal inside a batch is told by its code, without the person's id."""
    with pytest.raises(expected, match="Some_Code") as caught:
        World(*[inner(("0", status, {"error": {"code": "Some_Code"}}))] * 2).users.read(["anna"], ["id"])

    assert "anna" not in str(caught.value)


def test_a_token_that_ends_within_a_batch() -> None:
    """Whoever is refused for the token alone is asked for again, once; the others keep their answers."""
    late = {"error": {"code": "InvalidAuthenticationToken"}}
    world = World(inner(("0", 200, {"id": "a"}), ("1", 401, late)), inner(("0", 200, {"id": "b"})))
    found = world.users.read(["a", "b"], ["id"])

    assert found == {"a": {"id": "a"}, "b": {"id": "b"}}
    assert [len(urls) for urls in world.bodies()] == [2, 1]


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"responses": []},
        {"responses": [{"id": "7", "status": 200}]},
        {"responses": [{"id": "0", "status": "x"}]},
        {"responses": ["x"]},
    ],
)
def test_batches_that_do_not_pair(document: object) -> None:
    """An answer of $batch that leaves somebody out is no answer."""
    with pytest.raises(UnavailableError, match=r"\$batch"):
        World(reply(200, document)).users.read(["a"], ["id"])


def test_refused_batch() -> None:
    """A batch refused as a whole is refused."""
    with pytest.raises(RefusedError, match="BadRequest"):
        World(reply(400, {"error": {"code": "BadRequest"}})).users.read(["a"], ["id"])
