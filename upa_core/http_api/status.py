"""The HTTP API's use case for status: the condition of every connector, also for the page's first lines."""

from __future__ import annotations

from itertools import islice
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents.runs import Report
from upa_core.domain.http import Request, Response
from upa_core.http_api.checks import known_only
from upa_core.http_api.runs import Everyone
from upa_core.ports.bundle import Ports
from upa_core.services.health.status import status
from upa_core.state.reports import recent_reports, typical_hours

LOOKED_AT = 60
"""Ended runs that are read to find how long an import job usually takes."""


def get_status(connectors: Everyone, request: Request) -> Response:
    """Return the status of every connector."""
    known_only("query parameter", request.query, {"code"})
    return Response(200, {"connectors": statuses(connectors)})


def statuses(connectors: Everyone) -> list[dict[str, Any]]:
    """Return the status document of every connector."""
    reports = _reports(connectors)
    return [_status(connector, ports, reports) for connector, ports in connectors.values()]


def _reports(connectors: Everyone) -> list[Report]:
    ports = next(iter(connectors.values()))[1]
    return list(islice(recent_reports(ports.store, ports.clock.now()), LOOKED_AT))


def _status(connector: Connector, ports: Ports, reports: list[Report]) -> dict[str, Any]:
    own = [report for report in reports if report.connector == connector.name]
    return status(ports, connector, typical_hours(own))
