"""The function app as the real worker indexes and invokes it; one host process for all tests of this module."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console

from tenant_sim.people.seeding import seed_generated
from upa_cli.demo.engine import HostEngine
from upa_cli.demo.narration import Narrator
from upa_cli.demo.oracle import differences
from upa_cli.demo.stage import Stage, stage

PEOPLE = 40
STORAGE = {"connection": "AzureWebJobsStorage"}
PULLS = {"type": "queue", "direction": "OUT", "queueName": "upa-pull", **STORAGE}
EXPORTS = {"type": "queue", "direction": "OUT", "queueName": "upa-export", **STORAGE}
CLIENT = {"type": "durableClient", "direction": "IN"}
ANSWER = {"type": "http", "direction": "OUT"}


def _timer(schedule: str) -> dict[str, Any]:
    return {"type": "timerTrigger", "direction": "IN", "schedule": schedule, "runOnStartup": False, "useMonitor": True}


def _queue(name: str) -> dict[str, Any]:
    return {"type": "queueTrigger", "direction": "IN", "queueName": name, **STORAGE}


def _http(method: str, route: str, level: str = "FUNCTION") -> dict[str, Any]:
    return {"type": "httpTrigger", "direction": "IN", "methods": [method], "authLevel": level, "route": route}


EXPECTED = {
    "pull_changes": [CLIENT, EXPORTS, PULLS, _timer("%UPA_SCHEDULE%")],
    "housekeeping": [CLIENT, _timer("%UPA_HOUSEKEEPING_SCHEDULE%")],
    "continue_pull": [CLIENT, EXPORTS, PULLS, _queue("upa-pull")],
    "export_changes": [CLIENT, EXPORTS, PULLS, _queue("upa-export")],
    "watch_import_job": [{"type": "orchestrationTrigger", "direction": "IN"}],
    "watch_step": [EXPORTS, {"type": "activityTrigger", "direction": "IN"}],
    "start_run": [EXPORTS, PULLS, _http("POST", "runs"), ANSWER],
    "approve_hold": [EXPORTS, PULLS, _http("POST", "holds/{run}/approve"), ANSWER],
    "reject_hold": [EXPORTS, PULLS, _http("POST", "holds/{run}/reject"), ANSWER],
    "pause_connector": [EXPORTS, PULLS, _http("POST", "connectors/{connector}/pause"), ANSWER],
    "resume_connector": [EXPORTS, PULLS, _http("POST", "connectors/{connector}/resume"), ANSWER],
    "go_live": [EXPORTS, PULLS, _http("POST", "connectors/{connector}/go"), ANSWER],
    "list_declined": [_http("GET", "connectors/{connector}/declined"), ANSWER],
    "get_drift": [_http("GET", "connectors/{connector}/drift"), ANSWER],
    "list_calls": [_http("GET", "connectors/{connector}/calls"), ANSWER],
    "list_jobs": [_http("GET", "connectors/{connector}/jobs"), ANSWER],
    "get_freshness": [_http("GET", "connectors/{connector}/freshness"), ANSWER],
    "lift_declined": [EXPORTS, PULLS, _http("POST", "connectors/{connector}/declined/lift"), ANSWER],
    "sync_user_now": [EXPORTS, PULLS, _http("POST", "connectors/{connector}/users/{user}/sync"), ANSWER],
    "list_runs": [_http("GET", "runs"), ANSWER],
    "get_run": [_http("GET", "runs/{run}"), ANSWER],
    "list_escrow": [_http("GET", "connectors/{connector}/escrow"), ANSWER],
    "retry_escrow": [EXPORTS, PULLS, _http("POST", "connectors/{connector}/escrow/retry"), ANSWER],
    "give_up_escrow": [EXPORTS, PULLS, _http("POST", "connectors/{connector}/escrow/give-up"), ANSWER],
    "get_run_people": [_http("GET", "runs/{run}/people"), ANSWER],
    "get_status": [_http("GET", "status"), ANSWER],
    "get_user": [_http("GET", "users/{user}"), ANSWER],
    "get_hold": [_http("GET", "holds/{run}"), ANSWER],
    "get_openapi": [_http("GET", "openapi.json"), ANSWER],
    "status_page": [_http("GET", "ui"), ANSWER],
    "health": [_http("GET", "health", "ANONYMOUS"), ANSWER],
}
NOT_OURS = ("name", "durableRequiresGrpc")
"""A parameter's name, and what azure-functions-durable 2.x adds to each of its bindings."""


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    narrator = Narrator(Console(file=io.StringIO()))
    with stage(tmp_path_factory.mktemp("app"), narrator, host=True) as on_stage:
        seed_generated(on_stage.sim, PEOPLE)
        yield on_stage


@pytest.fixture
def base(on: Stage) -> str:
    assert isinstance(on.engine, HostEngine)
    return on.engine.base_url


def _call(url: str, body: Any = None, method: str | None = None) -> tuple[int, Any, dict[str, str]]:
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None, dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            text = error.read()
            return error.code, json.loads(text) if text else None, dict(error.headers)


def test_every_function_is_indexed_with_the_bindings_we_expect(on: Stage, host_of: Any) -> None:
    """The real worker finds exactly these functions, queues, schedules, routes, methods and levels."""
    indexed = {row["name"]: row["bindings"] for row in host_of(on).log()[0]["functions"]}
    found = {
        name: [{key: value for key, value in binding.items() if key not in NOT_OURS} for binding in bindings]
        for name, bindings in indexed.items()
        if not name.startswith("BuiltIn__")  # functions that azure-functions-durable 2.x brings along
    }
    assert found == EXPECTED


def test_a_run_asked_for_over_http_reaches_every_profile(on: Stage, base: str) -> None:
    """POST answers 202 with the address of the status; timer, queue and orchestration do the rest."""
    status, body, headers = _call(f"{base}/api/runs", {"connector": "demo", "kind": "full"})
    run = body["runs"][0]

    assert status == 202
    assert headers["Location"] == run["status_url"] == f"{base}/api/runs/{run['id']}"
    assert isinstance(on.engine, HostEngine)
    on.engine.wait_until_settled(1)
    status, body, _ = _call(run["status_url"])
    assert (status, body["report"]["counts"]["people"]) == (200, PEOPLE)
    assert body["status"] in ("complete", "no_change")  # the timer may have come first
    assert differences(on.sim, on.connector_file, [on.clock.now()]) == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "isn't JSON"),
        (b"[]", "isn't a JSON object"),
        ({"connector": 7}, "connector is a connector's name"),
        ({"kind": "everything"}, "kind is delta or full"),
        ({"people": ["../../x"]}, "object ids"),
        ({"peolpe": []}, "unknown field 'peolpe'"),
    ],
)
def test_a_request_that_cannot_be_used_is_answered_with_the_reason(base: str, body: Any, why: str) -> None:
    """400 with a problem document that names what is wrong; nothing is started."""
    status, answer, headers = _call(f"{base}/api/runs", body, "POST")

    assert status == 400
    assert headers["Content-Type"].startswith("application/problem+json")
    assert why in answer["detail"]


def test_an_unknown_run_is_not_found_and_a_strange_id_is_refused(base: str) -> None:
    """404 for an id nobody knows, 400 for what isn't one; 404 for a connector nobody knows."""
    assert _call(f"{base}/api/runs", {"connector": "nobody"}, "POST")[0] == 404
    assert _call(f"{base}/api/runs/20200101T000000Z-abcd")[0] == 404
    assert _call(f"{base}/api/runs/state.json")[0] == 400


def test_the_status_names_every_connector(base: str) -> None:
    """GET /api/status answers one document a connector."""
    status, body, _ = _call(f"{base}/api/status")

    assert status == 200
    assert [one["connector"] for one in body["connectors"]] == ["demo"]


def test_health_tells_nothing(base: str) -> None:
    """The anonymous endpoint answers 204 without a body."""
    assert _call(f"{base}/api/health")[:2] == (204, None)


def test_the_page_is_served_with_its_policy(base: str) -> None:
    """Through the real worker the page is HTML with the content security policy that names its script and style."""
    with urllib.request.urlopen(f"{base}/api/ui") as answer:
        policy, kind, text = answer.headers["Content-Security-Policy"], answer.headers["Content-Type"], answer.read()

    assert kind == "text/html; charset=utf-8"
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert text.startswith(b"<!doctype html>")


def test_pausing_a_person_and_the_runs_work_through_the_real_worker(on: Stage, base: str) -> None:
    """Route parameters, queries and output bindings arrive as the handlers expect."""
    person = on.sim.directory.users()[0]["userPrincipalName"]

    assert _call(f"{base}/api/connectors/demo/pause", {}, "POST")[1]["paused"] is True
    assert _call(f"{base}/api/connectors/demo/resume", {}, "POST")[1]["paused"] is False
    assert _call(f"{base}/api/users/{person}")[1]["user"]["userPrincipalName"] == person
    assert _call(f"{base}/api/runs?limit=5")[0] == 200
    assert _call(f"{base}/api/runs?limit=500")[0] == 400
