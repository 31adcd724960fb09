"""The routes of this release, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from upa_core.domain.connector import Connector
from upa_core.domain.documents.runs import BULK, INDIVIDUAL
from upa_core.ports.bundle import Ports, Route
from upa_core.ports.single_profiles import SingleProfiles
from upa_core.services.deliver.bulk.route import BulkRoute
from upa_core.services.deliver.individual.route import IndividualRoute

ROUTES: Mapping[str, Route] = MappingProxyType({BULK: BulkRoute()})
"""Routes that need nothing but the ports. Another route is a folder in `domain`, one here, its adapters, and a line."""


def unproven_of(ports: Ports, connector: Connector) -> dict[str, str]:
    """Return why properties can't be written with their present mapping, by property; none where all can.

    Raises as the routes do that ask a token or the storage.
    """
    for route in sorted({mapping.route for mapping in connector.active} & ports.routes.keys()):
        connector = ports.routes[route].prepare(ports, connector)
    return {mapping.target: mapping.unproven for mapping in connector.active if mapping.unproven}


def routes_with(profiles: SingleProfiles) -> Mapping[str, Route]:
    """Return all routes; the individual route uses the single profiles of a connector's target."""
    return {**ROUTES, INDIVIDUAL: IndividualRoute(profiles)}
