"""The routes of this release, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from upa_core.domain.documents.runs import BULK, INDIVIDUAL
from upa_core.ports.bundle import Route
from upa_core.ports.single_profiles import SingleProfiles
from upa_core.services.deliver.bulk.route import BulkRoute
from upa_core.services.deliver.individual.route import IndividualRoute

ROUTES: Mapping[str, Route] = MappingProxyType({BULK: BulkRoute()})
"""Routes that need nothing but the ports. Another route is a folder in `domain`, one here, its adapters, and a line."""


def routes_with(profiles: SingleProfiles) -> Mapping[str, Route]:
    """Return all routes; the individual route uses the single profiles of a connector's target."""
    return {**ROUTES, INDIVIDUAL: IndividualRoute(profiles)}
