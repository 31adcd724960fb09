"""The HTTP API: the use case of each operation; the names are the function app's and the OpenAPI document's."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from upa_core.domain.http import ProblemError, Request, Response
from upa_core.http_api import calls as calls_api
from upa_core.http_api import decisions as decide_api
from upa_core.http_api import drift as drift_api
from upa_core.http_api import escrow as escrow_api
from upa_core.http_api import freshness as freshness_api
from upa_core.http_api import jobs as jobs_api
from upa_core.http_api import people as people_api
from upa_core.http_api import run_people as run_people_api
from upa_core.http_api import runs as run_api
from upa_core.http_api import status as status_api
from upa_core.http_api.caller import caller
from upa_core.http_api.runs import Everyone

_READ: Mapping[str, Callable[[Everyone, Request], Response]] = {
    "start_run": run_api.start_run,
    "list_runs": run_api.list_runs,
    "get_run": run_people_api.get_run,
    "get_run_people": run_people_api.get_run_people,
    "get_status": status_api.get_status,
    "get_user": people_api.get_user,
    "get_hold": decide_api.get_hold,
    "list_declined": decide_api.list_declined,
    "list_escrow": escrow_api.list_escrow,
    "get_drift": drift_api.get_drift,
    "list_calls": calls_api.list_calls,
    "list_jobs": jobs_api.list_jobs,
    "get_freshness": freshness_api.get_freshness,
}
_DECIDE = {
    "approve_hold": decide_api.approve,
    "reject_hold": decide_api.reject,
    "pause_connector": decide_api.pause,
    "resume_connector": decide_api.resume,
    "go_live": decide_api.go,
    "lift_declined": decide_api.lift_declined,
    "retry_escrow": escrow_api.retry_escrow,
    "give_up_escrow": escrow_api.give_up_escrow,
    "sync_user_now": people_api.sync_user_now,
}
SAFE_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
"""Answers hold people's values: nobody may cache them or guess their type."""


def serve(connectors: Everyone, operation: str, request: Request, *, entra: bool) -> Response:
    """Answer one operation. `entra`: App Service authentication is on, and every request must name its user.

    Raises what the use cases raise when storage or a service fails.
    """
    try:
        caller(request, entra=entra)
        if operation in _READ:
            answer = _READ[operation](connectors, request)
        else:
            answer = _DECIDE[operation](connectors, request, entra=entra)
    except ProblemError as exc:
        answer = exc.answer
    return guarded(answer)


def guarded(answer: Response) -> Response:
    """Return an answer with the headers that every answer has."""
    return Response(answer.status, answer.body, {**SAFE_HEADERS, **answer.headers})
