"""The secondary sources of a connector: files and queries, or Graph."""

from __future__ import annotations

from collections.abc import Mapping

from upa_core.adapters.http.service import Service
from upa_core.adapters.sources.opened import Declared, rows_of
from upa_core.domain.connector import Connector
from upa_core.ports.clock import Clock
from upa_core.ports.inspection import Host
from upa_core.ports.row_source import RowSource


def secondaries_of(
    sources: Mapping[str, Declared],
    connector: Connector,
    clock: Clock,
    client_id: str | None,
    services: Mapping[Host, Service],
) -> dict[str, RowSource]:
    """Return the sources by name; nothing is called yet. Five parameters: as `rows_of`, and the hosts."""
    files = {name: one for name, one in sources.items() if one.secondary.kind == "rows"}
    found: dict[str, RowSource] = dict(rows_of(files, connector, clock, client_id, lambda: services["library"]))
    if len(files) < len(sources):
        from upa_core.adapters.graph.opened import graph_rows_of  # only where Graph gives one

        found |= graph_rows_of(connector, services["graph"], clock)
    return found
