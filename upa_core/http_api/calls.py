"""The HTTP API's use case for the last calls at Graph and SharePoint: for a support case."""

from __future__ import annotations

import re
from typing import cast, get_args

from upa_core.domain.calls import KEPT, CallService
from upa_core.domain.http import Request, Response, problem
from upa_core.http_api.checks import check, known_only
from upa_core.http_api.csv_answer import csv_answer, wants_csv
from upa_core.http_api.runs import Everyone
from upa_core.services.insight.last_calls import COLUMNS, WantedCalls, call_json, last_calls

_SERVICES = [name for name in get_args(CallService) if name]


def list_calls(connectors: Everyone, request: Request) -> Response:
    """Tell the last calls, newest first: `?service=graph&status=429&failed=true&limit=50`; CSV with `format=csv`."""
    query = request.query
    known_only("query parameter", query, {"service", "status", "failed", "limit", "format", "code"})
    service, status, failed = query.get("service", ""), query.get("status", ""), query.get("failed", "false")
    check("service" not in query or service in _SERVICES, f"service is one of {', '.join(_SERVICES)}")
    check("status" not in query or re.fullmatch("0|[1-5][0-9]{2}", status) is not None, "status is 100 to 599, or 0")
    check(failed in ("true", "false"), "failed is true or false")
    limit = query.get("limit", "50")
    check(re.fullmatch("[1-9][0-9]{0,2}", limit) is not None and int(limit) <= KEPT, f"limit is 1 to {KEPT}")
    name = request.params.get("connector", "")
    if name not in connectors:
        return problem(404, "No such connector", f"there are: {', '.join(connectors)}")
    wanted = WantedCalls(cast("CallService", service), int(status) if status else None, failed == "true")
    found = last_calls(connectors[name][1].store, name, wanted, int(limit))
    if wants_csv(request):
        return csv_answer(request, COLUMNS, map(call_json, found))
    return Response(200, {"connector": name, "calls": [call_json(call) for call in found]})
