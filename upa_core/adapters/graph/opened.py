"""The secondary sources that Graph gives: groups, and everybody's manager."""

from __future__ import annotations

from upa_core.adapters.graph.group_rows import GroupRows
from upa_core.adapters.graph.manager_rows import ManagerRows
from upa_core.adapters.http.service import Service
from upa_core.domain.connector import Connector
from upa_core.ports.clock import Clock
from upa_core.ports.row_source import RowSource


def graph_rows_of(connector: Connector, graph: Service, clock: Clock) -> dict[str, RowSource]:
    """Return a connector's secondary sources that Graph gives, by name; nothing is called yet."""
    valid, full_every = connector.limits.token_max_age, connector.limits.full_round_every
    made: dict[str, RowSource] = {}
    for one in connector.secondaries:
        if one.kind == "group":
            made[one.name] = GroupRows(graph, clock, one, valid=valid, full_every=full_every)
        elif one.kind == "manager":
            columns = connector.columns_of(one)
            made[one.name] = ManagerRows(graph, clock, columns, valid=valid, full_every=full_every)
    return made
