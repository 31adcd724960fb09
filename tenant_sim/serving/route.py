"""A request as a surface understands it, before anything happens: the operation's name, and the function to call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tenant_sim.serving.http import Request, Response, json_response


@dataclass(frozen=True, slots=True)
class Route:
    """An operation: its name in faults and in the call log, and the function that carries it out."""

    operation: str
    act: Callable[[], Response]


class Surface(Protocol):
    """One of the services of the tenant."""

    def resolve(self, request: Request) -> Route:
        """Find out what a request asks for, without doing it."""


def unknown() -> Route:
    """Build the route of a request that the surface doesn't know."""
    return Route("unknown", lambda: json_response({"error": {"code": "NotFound", "message": "Unknown path."}}, 404))
