"""Errors of the token endpoint, with the numbers and texts that people search for."""

from __future__ import annotations

from tenant_sim.clock import iso
from tenant_sim.serving.http import HttpError, json_response


def aadsts(number: int, error: str, text: str, *, status: int = 400, trace: str = "", now: float = 0.0) -> HttpError:
    """Build the token endpoint's error answer.

    ASSUMED [AZ-8]: numbers and texts are the publicly known ones; no answer was recorded by us.

    Six parameters: the parts of one error answer.
    """
    stamp = iso(now).replace("T", " ")
    description = f"AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {trace} Timestamp: {stamp}"
    body = {
        "error": error,
        "error_description": description,
        "error_codes": [number],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": trace,
        "error_uri": f"https://login.microsoftonline.com/error?code={number}",
    }
    return HttpError(json_response(body, status))
