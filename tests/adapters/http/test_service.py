"""The one place where a token meets a request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from tests.fakes import FakeClock, FakeTokens, ScriptedTransport, reply
from upa_core.adapters.http.call_log import CallLog
from upa_core.adapters.http.service import Service
from upa_core.domain.errors import (
    AccessDeniedError,
    ConfigError,
    ForeignLinkError,
    RefusedError,
    RetryLaterError,
    ThrottledError,
    UnansweredError,
    UnavailableError,
)

ROOT = "https://graph.example"


class World:
    """A service over written-down answers, with what it needs."""

    def __init__(self, *replies: Any, root: str = ROOT, **options: Any) -> None:
        self.clock, self.tokens = FakeClock(), FakeTokens()
        self.net = ScriptedTransport(*replies)
        options = {"jitter": lambda: 0.5, **options}
        self.service = Service(root, self.tokens, self.clock, session=self.net.session(), **options)

    def get(self, url: str = "/x", **options: Any) -> Any:
        return self.service.request("GET", url, "/x", **options)


def test_request_carries_token_and_name() -> None:
    """A request carries the audience's token and the decorated user agent."""
    world = World(reply(200, {"a": 1}))
    answer = world.service.request("GET", "/x", "/x", json=True)
    headers = world.net.requests[0].headers

    assert answer.document == {"a": 1}
    assert headers["Authorization"] == f"Bearer {ROOT}#0"
    assert headers["Accept"] == "application/json"
    assert headers["User-Agent"].startswith("NONISV|UpaSync|upa-sync/")


def test_each_attempt_bears_an_id_of_its_own_that_a_lost_answer_is_told_by() -> None:
    """`client-request-id` differs from attempt to attempt, is in the log of calls, and in the error where none came."""
    calls = CallLog()
    world = World(requests.ConnectionError("x"), requests.ConnectionError("x"), attempts=2, calls=calls.add)
    with pytest.raises(UnavailableError) as caught:
        world.get()
    sent = [one.headers["client-request-id"] for one in world.net.requests]

    assert len(set(sent)) == 2
    assert [call.client_request_id for call in calls.since(0)] == sent
    assert str(caught.value).endswith(f"no answer (ConnectionError) (request {sent[-1]})")


def test_root_may_end_in_a_slash() -> None:
    """A root with a slash at its end is the same service."""
    world = World(reply(), root=f"{ROOT}/")
    world.get()

    assert (world.net.requests[0].url, world.tokens.asked) == (f"{ROOT}/x", [ROOT])


def test_timeouts_are_ten_seconds_and_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request waits ten seconds for a connection and a minute for an answer."""
    world, seen = World(reply()), []
    send = world.net.send
    monkeypatch.setattr(world.net, "send", lambda request, **o: (seen.append(o["timeout"]), send(request))[1])
    world.get()

    assert seen == [(10.0, 60.0)]


def test_audience_may_differ() -> None:
    """An audience of its own decides which token is sent."""
    world = World(reply(), audience="https://audience.example/")
    world.get()

    assert world.tokens.asked == ["https://audience.example"]


@pytest.mark.parametrize(
    "url",
    [
        "http://graph.example/x",
        "https://evil.example/x",
        "https://graph.example.evil.example/x",
        "https://graph.example:444/x",
        "https://graph.example@evil.example/x",
        "https://user@graph.example/x",
        "https://evil.example\\@graph.example/x",
        "https://graph.example:x/",
        "https:///x",
        "ftp://graph.example/x",
    ],
)
def test_foreign_links_get_no_token(url: str) -> None:
    """Another host, port or scheme is refused before a token is made or a byte is sent."""
    world = World()
    with pytest.raises(ForeignLinkError):
        world.get(url)

    assert (world.net.requests, world.tokens.asked) == ([], [])


@pytest.mark.parametrize(
    "url", ["https://graph.example/x", "https://GRAPH.example:443/x", "https://graph.example:0443/x"]
)
def test_own_links_in_any_spelling(url: str) -> None:
    """The default port may be named, and a host's case doesn't matter."""
    world = World(reply())
    world.get(url)

    assert len(world.net.requests) == 1


@pytest.mark.parametrize("root", ["http://graph.example", "graph.example", "https://graph.example/path", ""])
def test_root_must_be_a_host_over_https(root: str) -> None:
    """A service is a host over https, nothing else."""
    with pytest.raises(ConfigError):
        World(root=root)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    """A redirect is a refusal: the token doesn't travel."""
    world = World(reply(status, {}, headers={"Location": "https://evil.example/"}))
    with pytest.raises(RefusedError, match=f"HTTP {status} redirect") as caught:
        world.get()
    assert caught.value.code == "redirect"

    assert len(world.net.requests) == 1


def test_401_refreshes_the_token_once() -> None:
    """A 401 is answered with a fresh token, and that is enough."""
    world = World(reply(401, {}), reply(200, {}))
    world.get()

    assert [r.headers["Authorization"] for r in world.net.requests] == [f"Bearer {ROOT}#0", f"Bearer {ROOT}#1"]


def test_second_401_is_access_denied() -> None:
    """A fresh token that is refused too is for an administrator."""
    world = World(reply(401, {}), reply(401, {"error": {"code": "InvalidAuthenticationToken"}}))
    with pytest.raises(AccessDeniedError, match="InvalidAuthenticationToken"):
        world.get()

    assert len(world.net.requests) == 2


def test_403_is_access_denied_with_the_code() -> None:
    """A 403 tells the service's code and the request's id, and isn't repeated."""
    world = World(reply(403, {"error": {"code": "Authorization_RequestDenied"}}, headers={"request-id": "r-1"}))
    with pytest.raises(
        AccessDeniedError, match=r"^GET graph.example /x: HTTP 403 Authorization_RequestDenied \(request r-1\)$"
    ):
        world.get()

    assert len(world.net.requests) == 1


@pytest.mark.parametrize(
    ("status", "header"), [(429, "7"), (503, "7"), (504, "7"), (429, "Sun, 22 Nov 2026 10:15:07 GMT")]
)
def test_retry_after_is_slept_through(status: int, header: str) -> None:
    """The pause that a service names is kept to the second, then the call goes on."""
    world = World(reply(status, {}, headers={"Retry-After": header}), reply(200, {}))
    world.get()

    assert world.clock.slept == [7.0]


def test_pause_beyond_patience_is_raised() -> None:
    """A pause longer than our patience is the caller's to plan: it is raised, not slept."""
    world = World(reply(429, {}, headers={"Retry-After": "600"}))
    with pytest.raises(ThrottledError) as caught:
        world.get()

    assert (caught.value.retry_after, caught.value.status, world.clock.slept) == (600.0, 429, [])


def test_pause_up_to_patience_is_slept() -> None:
    """A pause of exactly our patience, a minute, is slept; with one second more it is raised."""
    world = World(reply(503, {}, headers={"Retry-After": "60"}), reply(200, {}))
    world.get()
    with pytest.raises(ThrottledError):
        World(reply(503, {}, headers={"Retry-After": "61"})).get()

    assert world.clock.slept == [60.0]


def test_further_attempts_of_the_caller() -> None:
    """A caller's own attempts get the same pauses, and the same end, as the service's."""
    world = World()
    world.service.pause(1, None)
    world.service.pause(3, 60.0)
    for attempt, pause in ((4, 1.0), (1, 61.0)):
        with pytest.raises(ThrottledError, match=r"graph\.example asks for fewer calls"):
            world.service.pause(attempt, pause)

    assert world.clock.slept == [1.0, 60.0]


def test_pauses_grow() -> None:
    """Without a named pause, the pauses grow, jittered, and end after four attempts."""
    world = World(*[reply(500, {})] * 4)
    with pytest.raises(UnavailableError) as caught:
        world.get()

    assert (world.clock.slept, caught.value.status) == ([1.0, 2.0, 4.0], 500)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 507])
def test_failures_are_unavailable(status: int) -> None:
    """A failing service is asked again, and is unavailable when that doesn't help."""
    world = World(reply(status, {}), attempts=1)
    with pytest.raises(UnavailableError):
        world.get()


def test_garbled_retry_after_is_ignored() -> None:
    """A Retry-After that can't be read doesn't stop the retry."""
    world = World(reply(429, {}, headers={"Retry-After": "soon"}), reply(200, {}))
    world.get()

    assert world.clock.slept == [1.0]


@pytest.mark.parametrize("body", [b"", b'{"value": [', b"<html>", b"\xff"])
def test_body_that_is_not_json(body: bytes) -> None:
    """Half a document, or none, with status 200 is asked for again, and is unavailable in the end."""
    world = World(reply(200, body=body), reply(200, {"a": 1}))
    assert world.get(json=True).document == {"a": 1}

    with pytest.raises(UnavailableError, match="JSON"):
        World(*[reply(200, body=body)] * 4).get(json=True)


def test_html_page_is_no_answer() -> None:
    """An HTML page with status 200 is an outage, also for a call that expects no JSON."""
    page = reply(200, body=b"<html>", headers={"Content-Type": "text/html; charset=utf-8"})
    with pytest.raises(UnavailableError, match="HTML"):
        World(page, attempts=1).get()
    with pytest.raises(UnansweredError, match="HTML"):
        World(page).service.request("POST", "/x", "/x", idempotent=False)


@pytest.mark.parametrize("status", [400, 404, 409, 410, 412, 423])
def test_other_refusals_come_back(status: int) -> None:
    """A refusal that means something to the caller comes back to the caller."""
    answer = World(reply(status, {})).get()

    assert (answer.status, answer.ok) == (status, False)


def test_caller_can_accept_a_failure() -> None:
    """A failure whose body the caller knows comes back at once."""
    world = World(reply(500, {"error": {"code": "resyncRequired"}}))
    answer = world.get(accept=lambda a: b"resync" in a.content)

    assert (answer.status, len(world.net.requests)) == (500, 1)


@pytest.mark.parametrize(
    "error", [requests.ConnectionError("x"), requests.ReadTimeout("x"), requests.exceptions.ChunkedEncodingError("x")]
)
def test_lost_connections_are_retried(error: Exception) -> None:
    """A read that broke off is read again."""
    world = World(error, reply(200, {}))
    world.get()

    assert len(world.net.requests) == 2


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply(429, {}), ThrottledError),
        (reply(429, {}, headers={"Retry-After": "3"}), ThrottledError),
        (reply(503, {}, headers={"Retry-After": "3"}), ThrottledError),
        (reply(503, {}), UnansweredError),
        (reply(504, {}, headers={"Retry-After": "3"}), UnansweredError),
        (reply(500, {}), UnansweredError),
        (reply(502, {}), UnansweredError),
        (reply(408, {}), UnansweredError),
        (requests.ReadTimeout("x"), UnansweredError),
        (requests.ConnectionError("reset"), UnansweredError),
        (requests.exceptions.ChunkedEncodingError("x"), UnansweredError),
        (requests.exceptions.SSLError("x"), UnansweredError),
        (requests.ConnectTimeout("x"), UnavailableError),
    ],
)
def test_effects_are_sent_once(answer: object, expected: type[RetryLaterError]) -> None:
    """A call with an effect is sent once; what can't be known is said to be unknown."""
    world = World(answer)
    with pytest.raises(expected) as caught:
        world.service.request("POST", "/x", "/x", idempotent=False)

    assert (type(caught.value), len(world.net.requests), world.clock.slept) == (expected, 1, [])


def test_effect_after_401_is_sent_again() -> None:
    """A 401 executed nothing, so a call with an effect follows with a fresh token."""
    world = World(reply(401, {}), reply(200, {}))
    world.service.request("POST", "/x", "/x", idempotent=False)

    assert len(world.net.requests) == 2


def test_messages_hold_no_secret() -> None:
    """Neither the link's token, nor a person in the path, nor the bearer token is in a message or its causes."""
    secret = f"{ROOT}/users/anna@example.com?$skiptoken=S3cret"
    failures = [requests.ConnectionError(f"url: {secret}"), reply(500, {"error": {"message": "anna@example.com"}})]
    for failure in failures:
        world = World(failure, attempts=1)
        with pytest.raises(UnavailableError) as caught:
            world.get(secret)
        error: BaseException | None = caught.value
        texts = []
        while error is not None:
            texts.append(str(error))
            error = error.__cause__

        assert not any(word in text for text in texts for word in ("S3cret", "anna", "Bearer", "#0"))


def test_netrc_does_not_replace_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password for the host in ~/.netrc is not sent in the token's place."""
    file = tmp_path / "netrc"
    file.write_text("machine graph.example login me password secret\n")
    monkeypatch.setenv("NETRC", str(file))
    world = World(reply(200, {}))
    world.get()

    assert world.net.requests[0].headers["Authorization"] == f"Bearer {ROOT}#0"


def test_a_streamed_body_comes_as_it_is_read_and_is_never_sent_for_twice() -> None:
    """Its pieces, its limit behind them, its refusals; a link elsewhere is never asked."""
    world = World(reply(body=b"x" * 300_000))
    pieces = world.service.stream("/x", "/x", most=300_000)
    assert (len(next(pieces)), len(next(pieces)), list(pieces)) == (262_144, 37_856, [])

    world = World(reply(body=b"x" * 300_000))
    pieces = world.service.stream("/x", "/x", most=299_999)
    next(pieces)
    with pytest.raises(UnavailableError, match="more than 299999 bytes"):
        next(pieces)
    for answer, error in ((reply(503), UnavailableError), (reply(429), ThrottledError), (reply(404), RefusedError)):
        world = World(answer)
        with pytest.raises(error):
            list(world.service.stream("/x", "/x", most=10))
        assert len(world.net.requests) == 1
    with pytest.raises(ForeignLinkError):
        list(World().service.stream("https://elsewhere.example/x", "/x", most=10))


def test_the_time_of_a_streamed_body_stands_still_while_it_is_used() -> None:
    """Each piece has the time of a whole answer; one that never comes ends as no answer, not as the body's end."""
    told: list[str] = []

    class Deadline:
        passed = False

        def cancel(self) -> None:
            told.append("stop")

        def again(self) -> None:
            told.append("go")

    deadline = Deadline()

    def timed(request: requests.PreparedRequest) -> requests.Response:
        response = reply(body=b"x" * 300_000)(request)
        response.raw.deadline = deadline
        return response

    pieces = World(timed).service.stream("/x", "/x", most=300_000)
    next(pieces)
    assert told == ["stop"]
    next(pieces)
    assert told == ["stop", "go", "stop"]
    deadline.passed = True
    with pytest.raises(UnavailableError, match="no answer"):
        next(pieces)
