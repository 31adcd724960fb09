"""The HTTP API's use cases for runs: ask for one, list them, return the status of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

import orjson

from upa_core.domain.connector import Connector
from upa_core.domain.documents.codec import to_json
from upa_core.domain.documents.ids import is_guid, is_run_id
from upa_core.domain.documents.runs import Report
from upa_core.domain.errors import RefusedError
from upa_core.domain.http import ProblemError, Request, Response, problem
from upa_core.http_api.checks import check, known_only
from upa_core.http_api.csv_answer import csv_answer, wants_csv
from upa_core.http_api.idempotency import HEADER, once
from upa_core.ports.bundle import Ports
from upa_core.services.admin.requests import check_on, request_people, request_run
from upa_core.state.document import state_of
from upa_core.state.reports import RUN_COLUMNS, moments, recent_reports, run_cells

MAX_BODY = 64 * 1024
MAX_PEOPLE = 1000
MAX_RUNS = 200

Everyone = Mapping[str, tuple[Connector, Ports]]


def start_run(connectors: Everyone, request: Request) -> Response:
    """Ask for a run: `{"connector": name, "kind": "delta" | "full", "people": [object ids]}`, every field optional."""
    names, full, people = _parse(request.body, connectors)

    def act() -> Response:
        ids, off = {}, _switched_off(names, connectors)
        if len(off) == len(names):
            return problem(409, "Switched off", "; ".join(off.values()))
        for name in (name for name in names if name not in off):
            connector, ports = connectors[name]
            if people:
                request_people(ports, connector, people)
            ids[name] = request_run(ports, connector, full=full)
        base = f"{request.origin}/api/runs"
        runs = [{"connector": name, "id": run, "status_url": f"{base}/{run}"} for name, run in ids.items()]
        return Response(202, {"runs": runs}, {"Location": str(runs[0]["status_url"]), "Retry-After": "30"})

    ports = next(iter(connectors.values()))[1]
    return once(ports, request.headers.get(HEADER), request.body, act)


def list_runs(connectors: Everyone, request: Request) -> Response:
    """Return the newest ended runs: `?connector=name&limit=50&before=run id&format=csv`."""
    query = request.query
    known_only("query parameter", query, {"connector", "limit", "before", "format", "code"})
    name, before, limit = query.get("connector"), query.get("before", ""), query.get("limit", "50")
    _known_connector(name, connectors)
    check("before" not in query or is_run_id(before), "before is a run id, like 20261122T101500Z-7f3k")
    check(re.fullmatch("[1-9][0-9]{0,2}", limit) is not None and int(limit) <= MAX_RUNS, f"limit is 1 to {MAX_RUNS}")
    ports = next(iter(connectors.values()))[1]
    reports = recent_reports(ports.store, ports.clock.now(), before=before)
    wanted = (r for r in reports if r.connector in connectors and name in (None, r.connector))
    found = list(islice(wanted, int(limit)))
    if wants_csv(request):
        return csv_answer(request, RUN_COLUMNS, map(run_cells, found))
    return Response(200, {"runs": [run_row(report) for report in found]})


def run_row(report: Report) -> dict[str, Any]:
    """Return one line of the list of runs."""
    return {
        "id": report.run,
        "connector": report.connector,
        "status": report.outcome,
        "why": report.why,
        **moments(report),
        "latency_h": report.latency_hours,
        "kind": report.ad_hoc.kind if report.ad_hoc is not None else "full" if report.full else "delta",
        "files": len(report.files),
        "import_jobs": [job for file in report.files for job in file.import_jobs],
        "counts": to_json(report.counts),
    }


def run_in(request: Request) -> str:
    """Return the run id in the route; raises `ProblemError` for another text."""
    run = request.params.get("run", "")
    check(is_run_id(run), "run ids look like 20261122T101500Z-7f3k", title="Not a run id")
    return run


def parse_body(request: Request, known: set[str]) -> dict[str, Any]:
    """Return the body's JSON object, empty where there is no body; raises `ProblemError` for anything else."""
    body = request.body
    if len(body) > MAX_BODY:
        detail = f"the body has {len(body)} bytes; at most {MAX_BODY} are read"
        raise ProblemError(problem(413, "The request is too large", detail))
    try:
        asked: Any = orjson.loads(body) if body.strip() else {}
    except orjson.JSONDecodeError as exc:
        raise ProblemError(problem(400, "The request can't be used", f"the body isn't JSON: {exc}")) from None
    check(isinstance(asked, dict), "the body isn't a JSON object")
    known_only("field", asked, known)
    return dict(asked)


def _parse(body: bytes, connectors: Everyone) -> tuple[list[str], bool, list[str]]:
    asked = parse_body(Request(body=body), {"connector", "kind", "people"})
    name, kind, people = asked.get("connector"), asked.get("kind", "delta"), asked.get("people", [])
    check("connector" not in asked or isinstance(name, str), "connector is a connector's name")
    _known_connector(name, connectors)
    check(kind in ("delta", "full"), "kind is delta or full")
    check(isinstance(people, list) and len(people) <= MAX_PEOPLE, f"people is a list of at most {MAX_PEOPLE} ids")
    check(all(isinstance(p, str) and is_guid(p) for p in people), "people are Entra object ids (GUIDs)")
    return [str(name)] if name is not None else list(connectors), kind == "full", [p.lower() for p in people]


def _switched_off(names: list[str], connectors: Everyone) -> dict[str, str]:
    """Return the connectors that quarantine has switched off, and what to do about each."""
    off: dict[str, str] = {}
    for name in names:
        connector, ports = connectors[name]
        try:
            check_on(connector, state_of(ports.store, name).load().value)
        except RefusedError as exc:
            off[name] = str(exc)
    return off


def _known_connector(name: str | None, connectors: Everyone) -> None:
    if name is not None and name not in connectors:
        detail = f"no connector of that name; there are: {', '.join(connectors)}"
        raise ProblemError(problem(404, "No such connector", detail))
