"""The OpenAPI document against the handlers of function_app.py: schemathesis makes requests and judges answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, settings

from tests.support.api_world import ApiWorld, api_world
from tests.support.full import FULL

ROOT = Path(__file__).parents[2]
DOCUMENT = yaml.safe_load((ROOT / "docs" / "reference" / "openapi.yaml").read_text(encoding="utf-8"))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
SCHEMA.config.checks.positive_data_acceptance.expected_statuses += [422]
"""A key that was used for another request is refused, and no schema can say which keys those are."""
HOST_CHECKS = [schemathesis.checks.CHECKS.get_one(name) for name in ("ignored_auth", "allow_header_conformance")]
"""Keys and methods are the Functions host's to refuse, and tests/functions_host has that; there is no host here."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiWorld]:
    with api_world(tmp_path_factory.mktemp("api")) as made:
        yield made


@pytest.mark.full
@SCHEMA.parametrize()
@settings(max_examples=40 if FULL else 15, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_every_answer_is_as_described(case: schemathesis.Case, world: ApiWorld) -> None:
    """No server error, no undocumented status, body or content type; what is wrong is refused, what is right taken."""
    case.call_and_validate(base_url=f"{world.base}/api", excluded_checks=HOST_CHECKS)


def test_the_document_that_is_served_is_the_one_in_the_docs(world: ApiWorld) -> None:
    """GET /api/openapi.json equals docs/reference/openapi.yaml (`scripts/openapi-json` writes the former)."""
    answer = world.get("/api/openapi.json")

    assert answer.status_code == 200
    assert answer.json() == DOCUMENT


def test_the_document_has_exactly_the_routes_of_the_app() -> None:
    """Every route of function_app.py is described, except the page, health and the document itself."""
    code = (ROOT / "function_app.py").read_text(encoding="utf-8")
    found = re.findall(r'\.route\(route="([^"]+)", methods=\["(\w+)"\][^)]*\)(?:\n@[^\n]*)*\nasync def (\w+)', code)
    routes = {(f"/{route}", method.lower()): name for route, method, name in found}
    for apart in ("/ui", "/health", "/openapi.json"):
        del routes[apart, "get"]
    described = {
        (path, method): operation["operationId"]
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
    }

    assert described == routes


def test_every_status_document_field_is_stable(world: ApiWorld) -> None:
    """The status has every field that an administrator needs to judge a connector."""
    fields: dict[str, Any] = json.loads(world.get("/api/status").text)["connectors"][0]
    minimal = "state since reason last_success last_run current_job escrow held_plan token_age_h next_full"

    assert set(minimal.split()) | {"jobs_total", "config_hash", "version"} <= set(fields)
    assert {"total", "by_reason", "oldest_h"} <= set(fields["escrow"])
