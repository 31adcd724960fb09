"""The HTTP API's use case for freshness: what SharePoint accepted, what was read back, and the objective."""

from __future__ import annotations

from upa_core.domain.http import Request, Response, problem
from upa_core.http_api.checks import known_only
from upa_core.http_api.runs import Everyone
from upa_core.services.health.freshness import freshness, freshness_json


def get_freshness(connectors: Everyone, request: Request) -> Response:
    """Return the two figures of a connector."""
    known_only("query parameter", request.query, {"code"})
    name = request.params.get("connector", "")
    if name not in connectors:
        return problem(404, "No such connector", f"there are: {', '.join(connectors)}")
    connector, ports = connectors[name]
    return Response(200, {"connector": name, **freshness_json(freshness(ports, connector))})
