"""Send a ProcessQuery request, and recognise its errors: they come with HTTP 200 [SP-1, SP-9]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from upa_core.adapters.http.answer import Answer
from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint import csom
from upa_core.domain.errors import AccessDeniedError, RefusedError

ACCESS_DENIED = -2147024891
"""The number that Windows calls E_ACCESSDENIED."""
_PATH = "/_vti_bin/client.svc/ProcessQuery"


def process_query(
    service: Service, name: str, body: bytes, *, idempotent: bool = True
) -> tuple[Answer, Mapping[int, Any]]:
    """Send one request, `name` being its name in messages; return the answer, and its results by action id.

    Raises as `Service.request`, and SharePoint's own fault as AccessDeniedError or RefusedError.
    """
    answer = service.request(
        "POST", _PATH, f"ProcessQuery {name}", headers={"Content-Type": "text/xml"}, body=body, idempotent=idempotent
    )
    if not answer.ok:
        raise answer.refused()
    try:
        decoded = csom.decode(answer.content)
    except ValueError as error:
        raise answer.garbled("not an answer of ProcessQuery") from error
    if decoded.fault is not None:
        raise _error_of(name, decoded.fault, answer.request_id)
    return answer, decoded.results


def is_denial(fault: csom.Fault) -> bool:
    """Return whether a fault means missing rights, as far as such faults are known [SP-14, SP-15]."""
    return (
        fault.message.lower().startswith("access denied")
        or "unauthorized" in fault.type_name.lower()
        or fault.code == ACCESS_DENIED
    )


def _error_of(name: str, fault: csom.Fault, request_id: str) -> AccessDeniedError | RefusedError:
    message = f"{name}: {fault.message}" + (f" (request {request_id})" if request_id else "")
    return AccessDeniedError(message) if is_denial(fault) else RefusedError(message, code=fault.type_name)
