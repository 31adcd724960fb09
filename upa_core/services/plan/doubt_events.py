"""Events about doubtful plans."""

from __future__ import annotations

from upa_core.domain.connector import Connector
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.ports.bundle import Ports
from upa_core.services.plan.make_plan import PlanResult


def emit_doubts(ports: Ports, connector: Connector, run: str, plan: PlanResult) -> None:
    """Emit events about a round that names too few people, and about attributes that nobody has."""
    shrunk = plan.shrunk
    if shrunk is not None:
        figures: Fields = {"named": shrunk.named, "known": shrunk.known, "limit_percent": shrunk.limit}
        ports.events.emit(Event(EventName.SOURCE_SHRANK, connector.name, run, Level.WARNING, figures))
    for path in plan.carriers.nobodys if plan.carriers is not None else ():
        fields: Fields = {"attribute": path, "people": plan.counts.people}
        ports.events.emit(Event(EventName.ATTRIBUTE_UNCARRIED, connector.name, run, Level.WARNING, fields))
