"""The progress of reading back, read from storage."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents.codec import instant, to_json
from upa_core.domain.drift.standing import Standing, standing
from upa_core.ports.store import Store
from upa_core.state.document import state_of
from upa_core.state.drift.documents import drift_of


def standing_of(store: Store, connector: Connector, now: datetime) -> Standing:
    """Return the progress of a connector's reading back; it takes two reads of storage."""
    known = state_of(store, connector.name).load().value.people.known
    return standing(connector, drift_of(store, connector.name).load().value, known, now)


def standing_json(one: Standing) -> dict[str, Any]:
    """Return the progress as JSON values: counts, moments and names of properties, no person's value."""
    campaign = one.campaign
    return {
        "background": one.on,
        "says": one.sentence,
        "people": one.people,
        "read": one.read,
        "days": one.days,
        "oldest_read": instant(one.oldest) if one.oldest is not None else None,
        "newest_read": instant(one.newest) if one.newest is not None else None,
        "different": one.totals.different,
        "unreadable": one.totals.unreadable,
        "properties": to_json(one.totals.properties),
        "trouble": one.trouble,
        "campaign": None
        if campaign is None
        else {**to_json(campaign), "left": one.left, "ends": instant(one.ends) if one.ends is not None else None},
    }
