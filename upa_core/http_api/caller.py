"""The caller: with Entra authentication App Service names them, otherwise there is only a function key."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from upa_core.domain.http import ProblemError, Request, problem

PRINCIPAL = "x-ms-client-principal"
KEY_HOLDER = "function key"
MAX_NAME = 100
_ID = ("http://schemas.microsoft.com/identity/claims/objectidentifier", "oid")
_NAME = ("preferred_username", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn", "upn", "email", "name")


def caller(request: Request, *, entra: bool, claimed: str = "") -> str:
    """Return the caller, for the record of a decision.

    With Entra authentication on, App Service sets the principal header and drops one that a caller sent; with it off
    anybody could send it, so it isn't read, and the name that the caller gives is recorded as not verified.

    Raises `ProblemError` (401) where Entra authentication is on and the request names nobody.
    """
    if not entra:
        return f"{claimed} (not verified, by {KEY_HOLDER})" if claimed else KEY_HOLDER
    claims = _claims(request.headers.get(PRINCIPAL, ""))
    person = next((claims[kind] for kind in _ID if kind in claims), "")
    if not person:
        detail = "Entra authentication is on and the request names no user: sign in, or see docs/reference/http-api.md"
        raise ProblemError(problem(401, "Not signed in", detail))
    name = next((claims[kind] for kind in _NAME if kind in claims), "")
    return f"{clean_name(name)} ({clean_name(person)})" if name else clean_name(person)


def clean_name(text: str) -> str:
    """Return a name in a form fit for a record: printable, one line, bounded."""
    return "".join(char for char in text if char.isprintable()).strip()[:MAX_NAME]


def _claims(header: str) -> dict[str, str]:
    """Decode the header; a header that can't be read gives nothing."""
    try:
        principal: Any = json.loads(base64.b64decode(header, validate=True))
        if principal["auth_typ"] != "aad":
            return {}
        claims: dict[str, str] = {}
        for claim in principal["claims"]:
            claims.setdefault(str(claim["typ"]), str(claim["val"]))
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return claims
