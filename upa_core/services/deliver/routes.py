"""The routes of this release, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from upa_core.domain.documents.runs import BULK
from upa_core.ports.bundle import Route
from upa_core.services.deliver.bulk.route import BulkRoute

ROUTES: Mapping[str, Route] = MappingProxyType({BULK: BulkRoute()})
"""A further one is a folder in `domain`, one here, its adapters, and a line in this table."""
