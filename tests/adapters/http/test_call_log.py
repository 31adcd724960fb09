"""What is remembered of the last calls."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests

from tests.fakes import FakeClock, FakeTokens, ScriptedTransport, reply
from upa_core.adapters.http.call_log import CallLog
from upa_core.adapters.http.service import Service
from upa_core.domain.calls import Call
from upa_core.domain.errors import UnavailableError

MOMENT = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)


def test_each_attempt_is_logged_with_the_services_request_id() -> None:
    """Every request, repeats and lost ones too, leaves its label, status and request id, and no address."""
    log, net = (
        CallLog(),
        ScriptedTransport(
            reply(503, {"error": {"code": "busy", "message": "ada@contoso.com"}}, headers={"request-id": "r-1"}),
            requests.ConnectionError("gone"),
            reply(200, headers={"SPRequestGuid": "r-2"}),
        ),
    )
    service = Service(
        "https://graph.example", FakeTokens(), FakeClock(), session=net.session(), jitter=lambda: 0.0, calls=log.add
    )
    service.request("GET", "/users/ada@contoso.com", "/users")

    seen = [(call.status, call.code, call.request_id) for call in log.since(0)]
    assert seen == [(503, "busy", "r-1"), (None, "", ""), (200, "", "r-2")]
    assert {(call.method, call.host, call.name) for call in log.since(0)} == {("GET", "graph.example", "/users")}


def test_a_call_that_never_answers_is_logged_before_it_is_raised() -> None:
    """The last attempt is in the log when the error reaches the caller."""
    log, net = CallLog(), ScriptedTransport(requests.ConnectionError("gone"))
    service = Service(
        "https://graph.example", FakeTokens(), FakeClock(), session=net.session(), attempts=1, calls=log.add
    )

    with pytest.raises(UnavailableError):
        service.request("GET", "/x", "/x")

    assert [call.status for call in log.since(0)] == [None]


def test_old_calls_are_forgotten() -> None:
    """Only the last calls are kept, and `since` counts those that are gone."""
    log = CallLog(length=3)
    for number in range(5):
        log.add(Call(MOMENT, "GET", "graph.example", str(number), 200))

    assert [call.name for call in log.since(0)] == ["2", "3", "4"]
    assert [call.name for call in log.since(4)] == ["4"]
    assert log.since(5) == []


def test_calls_of_a_connector_are_taken_once() -> None:
    """What was taken isn't taken again, the last calls of the process stay, and calls of nobody aren't taken."""
    log = CallLog()
    log.noting("hr", "graph")(Call(MOMENT, "GET", "graph.example", "/users", 200))
    log.add(Call(MOMENT, "GET", "graph.example", "/me", 200))

    taken = log.take()

    assert {name: [(call.name, call.service) for call in calls] for name, calls in taken.items()} == {
        "hr": [("/users", "graph")]
    }
    assert log.take() == {}
    assert len(log.since(0)) == 2
