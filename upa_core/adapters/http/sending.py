"""A request as it is sent: its parts, our user agent, and whether a failed one was sent at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from upa_core.adapters.http.answer import Answer

if TYPE_CHECKING:
    import requests

Accept = Callable[[Answer], bool]


@dataclass(frozen=True, slots=True)
class Request:
    """The parts that every attempt sends."""

    method: str
    url: str
    label: str
    headers: Mapping[str, str]
    body: bytes | None
    idempotent: bool
    json: bool
    accept: Accept
    most: int
    digest: bool


@dataclass(slots=True)
class Sent:
    """A request that was answered; the reader of its body puts it here."""

    response: requests.Response
    content: bytes = b""


@cache
def user_agent() -> str:
    """Return the decorated traffic name that SharePoint asks for [SP-25]."""
    from importlib.metadata import PackageNotFoundError, version  # slow to import, used with first use

    try:
        return f"NONISV|UpaSync|upa-sync/{version('upa-sync')}"
    except PackageNotFoundError:  # deployed as a folder, not as a package
        return "NONISV|UpaSync|upa-sync/0"


def surely_unsent(error: Exception) -> bool:
    """Return whether no request left: connection refused, unknown name, no handshake, untrusted certificate."""
    import ssl

    import requests  # vendor imports are lazy
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return True
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in getattr(reason, "args", ()))
