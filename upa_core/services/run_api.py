"""The HTTP API's use cases: ask for runs, tell where they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from upa_core.domain.answers import Answer, problem
from upa_core.domain.connector import Connector
from upa_core.domain.documents import to_json
from upa_core.domain.names import is_run_id
from upa_core.ports.bundle import Ports
from upa_core.services.requests import request_people, request_run, run_status
from upa_core.services.status import status

MAX_BODY = 64 * 1024
MAX_PEOPLE = 1000
_PERSON = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Everyone = Mapping[str, tuple[Connector, Ports]]


def start_run(connectors: Everyone, body: bytes, url: str) -> Answer:
    """Ask for a run: `{"connector": name, "kind": "delta" | "full", "people": [object ids]}`, every field optional."""
    try:
        asked = _parse(body, connectors)
    except ValueError as exc:
        return problem(400, "The request can't be used", str(exc))
    names, full, people = asked
    ids = {}
    for name in names:
        connector, ports = connectors[name]
        if people:
            request_people(ports, connector, people)
        ids[name] = request_run(ports, connector, full=full)
    first = next(iter(ids.values()))
    place = f"{_origin(url)}/api/runs/{first}"
    runs = [{"connector": name, "id": run, "status_url": f"{_origin(url)}/api/runs/{run}"} for name, run in ids.items()]
    return Answer(202, {"runs": runs}, {"Location": place, "Retry-After": "30"})


def get_run(connectors: Everyone, run: str) -> Answer:
    """Tell where a run stands."""
    if not is_run_id(run):
        return problem(400, "Not a run id", "run ids look like 20261122T101500Z-7f3k")
    for connector, ports in connectors.values():
        found = run_status(ports, connector, run)
        if found is not None:
            body = {"id": found.id, "connector": found.connector, "status": found.status}
            return Answer(200, body | {"report": to_json(found.report) if found.report is not None else None})
    return problem(404, "No such run", "it was never asked for, or its retention has passed")


def get_status(connectors: Everyone) -> Answer:
    """Tell how every connector is."""
    return Answer(200, {"connectors": [status(ports, connector) for connector, ports in connectors.values()]})


def _parse(body: bytes, connectors: Everyone) -> tuple[list[str], bool, list[str]]:
    if len(body) > MAX_BODY:
        raise ValueError(f"the body has {len(body)} bytes; at most {MAX_BODY} are read")
    try:
        asked: Any = orjson.loads(body) if body.strip() else {}
    except orjson.JSONDecodeError as exc:
        raise ValueError(f"the body isn't JSON: {exc}") from exc
    if not isinstance(asked, dict):
        raise ValueError("the body isn't a JSON object")
    if unknown := sorted(set(asked) - {"connector", "kind", "people"}):
        raise ValueError(f"unknown field {unknown[0]!r}; known are connector, kind and people")
    name, kind, people = asked.get("connector"), asked.get("kind", "delta"), asked.get("people", [])
    _check(name is None or name in connectors, f"no connector of that name; there are: {', '.join(connectors)}")
    _check(kind in ("delta", "full"), "kind is delta or full")
    _check(isinstance(people, list) and len(people) <= MAX_PEOPLE, f"people is a list of at most {MAX_PEOPLE} ids")
    _check(all(isinstance(p, str) and _PERSON.fullmatch(p) for p in people), "people are Entra object ids (GUIDs)")
    return [name] if name is not None else list(connectors), kind == "full", [p.lower() for p in people]


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
