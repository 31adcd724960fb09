"""The reason why a plan waits for an administrator's decision, for a run and for a preview."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.plan.carriers import name_emptied
from upa_core.domain.plan.threshold import reason_to_hold
from upa_core.services.plan.make_plan import PlanResult


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a plan is held."""

    why: str = ""
    """"" where the plan isn't held."""
    kind: Literal["", "source_shrank"] = ""


def hold_reason(
    connector: Connector, state: ConnectorState, plan: PlanResult, *, exempt: bool, now: datetime
) -> Reason:
    """Return why a plan is held: a round in doubt first, then attributes that nobody has, then the change threshold.

    Args:
        connector: whose plan it is.
        state: the connector's state that the plan was made from.
        plan: what the plan came to.
        exempt: updates don't count, because an announced full round is among what was planned.
        now: this moment.
    """
    if plan.shrunk is not None:
        return Reason(plan.shrunk.why, "source_shrank")
    if why := _why_nobody_carries(connector, plan):
        return Reason(why)
    why = reason_to_hold(
        plan.counts,
        known=_known(connector, state),
        earlier=state.exported,
        threshold=connector.threshold,
        now=now,
        updates_exempt=exempt,
    )
    if why.startswith("clears") and plan.emptied:
        why += f": {name_emptied(plan.emptied)}"
    return Reason(why)


def _known(connector: Connector, state: ConnectorState) -> int:
    """Return how many people take part: with a file or query as the source, the people in its rows."""
    if connector.primary is None:
        return state.people.known
    current = state.source(connector.primary.name).current
    return current.rows if current is not None else 0


def _why_nobody_carries(connector: Connector, plan: PlanResult) -> str:
    """Return why a plan that clears for an attribute nobody has is held; "" where no limit on clears is set."""
    unlimited = (connector.threshold.clears_absolute, connector.threshold.clears_percent) == (None, None)
    if plan.carriers is None or unlimited:
        return ""
    return plan.carriers.reason_to_hold() or _why_nobody_is_in_scope(connector, plan)


def _why_nobody_is_in_scope(connector: Connector, plan: PlanResult) -> str:
    """Return why a plan that clears everybody is held: they left the scope for want of an attribute nobody has."""
    counts = plan.counts
    everybody_left = counts.out_of_scope == counts.people and counts.cleared
    if plan.carriers is None or connector.scope.out_of_scope != "clear" or not everybody_left:
        return ""
    names = " and ".join(path for path in plan.carriers.nobodys if path in connector.scope.inputs)
    told = f"nobody carries {names}, so nobody is in scope: {counts.cleared} people would be cleared"
    return told if names else ""
