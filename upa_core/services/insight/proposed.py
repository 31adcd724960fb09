"""The changes of proposed mappings: planned apart from the others, and never sent."""

from __future__ import annotations

from dataclasses import dataclass, field

from upa_core.domain.connector import Connector
from upa_core.domain.documents.runs import Counts
from upa_core.domain.errors import FatalError
from upa_core.domain.plan.entry import Entry
from upa_core.ports.bundle import Ports
from upa_core.services.insight.preview import preview
from upa_core.services.plan.shard_work import PlanSink


@dataclass(frozen=True, slots=True)
class Proposal:
    """The plan of the proposed mappings."""

    properties: tuple[str, ...]
    counts: Counts = field(default_factory=Counts)
    entries: tuple[Entry, ...] = ()
    problem: str = ""
    """Why there is no plan: a mapping refuses a value for the whole run."""


def look_at_proposed(
    ports: Ports, connector: Connector, *, source: bool, most: int, sink: PlanSink | None
) -> Proposal | None:
    """Plan the proposed mappings alone, for everybody if the source is read; None without any."""
    alone = connector.proposal
    if alone is None:
        return None
    try:
        found = preview(ports, alone, source=source, most=most, sink=sink)
    except FatalError as exc:
        return Proposal(alone.targets, problem=str(exc))
    return Proposal(alone.targets, found.counts, found.entries)
