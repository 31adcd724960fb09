"""The last requests to Graph and SharePoint, for a support case. A call holds no address, no body and no name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

KEPT = 200
"""Calls kept of each connector; older ones are forgotten."""
CallService = Literal["", "graph", "library", "admin"]
"""Which host of a connector: Graph, the site of the library, the SharePoint admin site; "": unknown."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request and the status it got; a repeated request is a call of its own."""

    at: datetime
    """When its answer came, or when we stopped waiting."""
    method: str
    host: str
    name: str
    """The call's name in messages, such as `/v1.0/users/delta`: never an address, which may name somebody."""
    status: int | None
    """HTTP status, None where no answer came."""
    code: str = ""
    """The error code of an answer of failure, "" where it has none."""
    request_id: str = ""
    """The service's own id of the request, "" where it named none."""
    client_request_id: str = ""
    """Our id of the request, sent to the service."""
    seconds: float = 0.0
    """From sending to the end of the answer."""
    service: CallService = ""

    @property
    def failed(self) -> bool:
        """Tell whether no answer came, or one of failure. SharePoint's own faults come with 200, as the rest does."""
        return self.status is None or self.status >= 400


@dataclass(frozen=True, slots=True)
class LastCalls:
    """The last calls of a connector, made by any process."""

    VERSION: ClassVar[int] = 1

    version: int = 1
    calls: tuple[Call, ...] = ()
    """Oldest first."""


def joined(before: Iterable[Call], new: Iterable[Call]) -> tuple[Call, ...]:
    """Return the newest `KEPT` of both, oldest first."""
    return tuple(sorted((*before, *new), key=lambda call: call.at)[-KEPT:])
