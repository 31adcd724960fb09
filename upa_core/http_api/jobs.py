"""The HTTP API's use case for SharePoint's import jobs."""

from __future__ import annotations

import re

from upa_core.domain.documents.ids import is_guid
from upa_core.domain.http import Request, Response, problem
from upa_core.http_api.checks import check, known_only
from upa_core.http_api.csv_answer import csv_answer, wants_csv
from upa_core.http_api.runs import Everyone
from upa_core.services.insight.import_jobs import COLUMNS, ListedJobs, list_import_jobs, one_import_job


def list_jobs(connectors: Everyone, request: Request) -> Response:
    """Tell the import jobs that SharePoint still knows, newest first: `?id=…&limit=50`; CSV with `format=csv`."""
    query = request.query
    known_only("query parameter", query, {"id", "limit", "format", "code"})
    job, limit = query.get("id", ""), query.get("limit", "50")
    check("id" not in query or is_guid(job), "id is an import job's id")
    check(re.fullmatch("[1-9][0-9]{0,3}", limit) is not None and int(limit) <= 1000, "limit is 1 to 1000")
    name = request.params.get("connector", "")
    if name not in connectors:
        return problem(404, "No such connector", f"there are: {', '.join(connectors)}")
    connector, ports = connectors[name]
    if job:
        row = one_import_job(ports, connector, job)
        if row is None:
            return problem(404, "No such import job", "SharePoint doesn't know it, or forgot it")
        found = ListedJobs([row])
    else:
        found = list_import_jobs(ports, connector)
    if wants_csv(request):
        return csv_answer(request, COLUMNS, found.jobs[: int(limit)])
    document = {"connector": name, "complete": found.complete, "why": found.why, "jobs": found.jobs[: int(limit)]}
    return Response(200, document)
