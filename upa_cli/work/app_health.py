"""Ask the function app for its health: the route is anonymous and reports why the app doesn't work."""

from __future__ import annotations

import re

import requests

from upa_core.services.doctor.finding import Finding

PATIENCE = 60.0
"""Seconds: a sleeping app answers only once an instance runs."""
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?/?|http://127\.0\.0\.1:\d+/?")
_MOST = 400
_BROKEN = 503


def is_address(text: str) -> bool:
    """Return whether this is the address of a function app: https and a host, without a path."""
    return _ADDRESS.fullmatch(text) is not None


def ask_health(address: str) -> Finding:
    """Return the function app's own report on its health; it never raises."""
    url = f"{address.rstrip('/')}/api/health"
    try:
        answer = requests.get(url, timeout=PATIENCE, allow_redirects=False)
    except requests.RequestException as exc:
        fix = "check the address (azd env get-value UPA_URL) and your network's access to the app"
        return Finding("app", "error", f"{url} doesn't answer: {type(exc).__name__}", fix)
    if answer.status_code == requests.codes.no_content:
        return Finding("app", "ok", "the function app answers")
    if answer.status_code == _BROKEN and "built for Python" in answer.text:
        return Finding("app", "error", answer.text[:_MOST], "azd up")
    fix = "look at the app's log stream: the host may not have started (make package-test tries the package here)"
    return Finding("app", "error", f"{url} answers {answer.status_code}, not 204", fix)
