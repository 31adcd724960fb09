"""The HTTP API's use cases for the contents of a run: the run as a whole, and its people by page or as CSV."""

from __future__ import annotations

import re

from upa_core.domain.connector import Connector
from upa_core.domain.documents.ids import is_guid
from upa_core.domain.errors import RefusedError
from upa_core.domain.http import ProblemError, Request, Response, problem
from upa_core.domain.plan.run_rows import KINDS, RESULTS
from upa_core.http_api.checks import check, known_only
from upa_core.http_api.csv_answer import PART, csv_part, wants_csv
from upa_core.http_api.runs import Everyone, run_in
from upa_core.ports.bundle import Ports
from upa_core.services.insight.people_rows import csv_text, people_json
from upa_core.services.insight.run_people import MAX_LIMIT, RunPeopleView, Wanted
from upa_core.services.insight.run_view import run_json, view_run
from upa_core.services.insight.user_names import user_names
from upa_core.state.run_people.reader import open_run


def get_run(connectors: Everyone, request: Request) -> Response:
    """Return the status of a run, its plan and its results."""
    run = run_in(request)
    for connector, ports in connectors.values():
        found = view_run(ports, connector, run)
        if found is not None:
            return Response(200, {"id": found.status.id, **run_json(found, ports.clock.now())})
    return problem(404, "No such run", "it never existed, or its retention has passed")


def get_run_people(connectors: Everyone, request: Request) -> Response:
    """Return the people of a run: `?result=&property=&kind=&person=&after=&limit=100&format=csv`."""
    query = request.query
    known_only("query parameter", query, {"result", "property", "kind", "person", "after", "limit", "format", "code"})
    run, connector, ports, view = _opened(connectors, request)
    wanted, limit = _wanted(request), query.get("limit", "100")
    check(re.fullmatch("[1-9][0-9]{0,3}", limit) is not None and int(limit) <= MAX_LIMIT, f"limit is 1 to {MAX_LIMIT}")
    after = query.get("after", "")
    if wants_csv(request):
        return _csv(ports, view, wanted, request, after)
    try:
        page = view.page(wanted, after=after, limit=int(limit))
    except RefusedError as exc:
        raise ProblemError(problem(400, "The request can't be used", str(exc))) from None
    names = user_names(ports, [one.person for one in page.people])
    people = people_json(page.people, names)
    return Response(200, {"run": run, "connector": connector.name, "people": people, "after": page.after})


def _opened(connectors: Everyone, request: Request) -> tuple[str, Connector, Ports, RunPeopleView]:
    run = run_in(request)
    ports = next(iter(connectors.values()))[1]
    reader = open_run(ports.store, run)
    if reader is None or reader.table.connector not in connectors:
        detail = "the run has no people that are kept: nothing was planned, it isn't known, or its retention has passed"
        raise ProblemError(problem(404, "No people of this run", detail))
    connector, ports = connectors[reader.table.connector]
    return run, connector, ports, RunPeopleView(reader, connector)


def _wanted(request: Request) -> Wanted:
    query = request.query
    result, kind, person = query.get("result", ""), query.get("kind", ""), query.get("person", "")
    check("result" not in query or result in RESULTS, f"result is one of {', '.join(RESULTS)}")
    check("kind" not in query or kind in KINDS, f"kind is one of {', '.join(KINDS)}")
    check("person" not in query or is_guid(person), "person is an object id (GUID)")
    return Wanted(result=result, property=query.get("property", ""), kind=kind, person=person.lower())


def _csv(ports: Ports, view: RunPeopleView, wanted: Wanted, request: Request, after: str) -> Response:
    """Return people after `after` as CSV, with the address of the others."""
    people, first = [], not after
    while True:
        try:
            page = view.page(wanted, after=after, limit=MAX_LIMIT)
        except RefusedError as exc:
            raise ProblemError(problem(400, "The request can't be used", str(exc))) from None
        people += page.people
        after = page.after
        if not after or len(people) >= PART:
            break
    return csv_part(request, csv_text(people, lambda ids: user_names(ports, ids), headings=first), after)
