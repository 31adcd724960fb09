"""What each source costs: rows that are read, calls at Graph, and storage calls, before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.rounds import Segment
from upa_core.domain.sources.joined.cost import calls_a_day, cost_of
from upa_core.domain.sources.joined.secondary import Secondary
from upa_core.state.rows.current_rows import reads_in_order

TICK = timedelta(minutes=15)
"""The rhythm of the timer that the calls of a day are counted by, where the connector has no slower one."""
_OTHERS = 8
"""Storage calls for the state, for the rows that changed, and for those of nobody."""


@dataclass(frozen=True, slots=True)
class SourceCost:
    """The cost of one source, by what was accepted last; zeros before that."""

    name: str
    rows: int
    """Rows that are read where anything changed: those of the last whole delivery, a group's members."""
    calls_a_day: int
    """At Graph, on a day without changes."""
    cost: str
    """The calls at Graph in words; "" where there are none."""
    storage_calls: int
    """At most, for a delivery in which few rows changed."""


def source_costs(connector: Connector, state: ConnectorState) -> list[SourceCost]:
    """Return the cost of each source of a connector, in its order."""
    return [_cost(connector, one, state) for one in connector.secondaries]


def _cost(connector: Connector, one: Secondary, state: ConnectorState) -> SourceCost:
    held = state.source(one.name)
    current, full_every = held.current, connector.limits.full_round_every
    people = current.rows if current is not None else 0
    pulls = timedelta(days=1) / max(TICK, connector.every or TICK)
    keys: tuple[Segment, ...] = state.keys.segments if state.keys is not None else ()
    rows = current.segments if current is not None else ()
    return SourceCost(
        name=one.name,
        rows=held.delivered_rows or people,
        calls_a_day=round(calls_a_day(one, people, state.people.known, pulls=pulls, full_every=full_every)),
        cost=cost_of(one, full_every),
        storage_calls=2 * (reads_in_order(keys) + reads_in_order(rows)) + _OTHERS if rows else 0,
    )


def in_words(one: SourceCost) -> str:
    """Return the cost of a source in a sentence."""
    graph = f"asks Graph about {one.calls_a_day:,} times a day where nothing changes ({one.cost})"
    told = f"{one.name} {graph if one.cost else 'asks Graph for nothing'}"
    if not one.storage_calls:
        return told
    rows = "1 row is" if one.rows == 1 else f"{one.rows:,} rows are"
    return f"{told}; where a delivery changes little, {rows} read, with at most {one.storage_calls:,} storage calls"
