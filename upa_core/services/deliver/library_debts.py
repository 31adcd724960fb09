"""Delete our import files and logs in the library for good, once they are settled.

Each is a debt until it is deleted; a locked or retained file stays one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, Debt
from upa_core.domain.errors import FatalError, ForeignLinkError, RetryLaterError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.pauses import is_early
from upa_core.ports.bundle import Ports
from upa_core.state.document import Stored, state_of

AT_ONCE = 50
"""Debts that are tried at a time, so that cleaning never delays other work for long."""

_LOG_NAME = "importprofileproperties-"
"""The beginning of every log's name [SP-43]."""

Cleared = Literal["gone", "another's", "locked"]
"""The result for a log folder: deleted; left, because it holds something else; to be tried again."""


def pay_debts(ports: Ports, connector: Connector, read: Stored[ConnectorState] | None = None) -> int:
    """Try the debts that are due; return how many are left. A failure leaves the debt, with a longer pause."""
    document = state_of(ports.store, connector.name)
    stored, now = read or document.load(), ports.clock.now()
    due = [debt for debt in stored.value.debts if not is_early(debt.not_before, now)][:AT_ONCE]
    if not due:
        return len(stored.value.debts)
    paid = {debt for debt in due if _delete(ports, debt)}
    tried = set(due)

    def change(state: ConnectorState) -> ConnectorState:
        left = (_later(debt, now) if debt in tried else debt for debt in state.debts if debt not in paid)
        return replace(state, debts=tuple(left))

    left = document.update(change, stored).value.debts
    if paid:
        ports.events.emit(Event(EventName.CLEANED, connector.name, fields={"deleted": len(paid), "left": len(left)}))
    if left:
        oldest = min(debt.since for debt in left)
        hours = (ports.clock.now() - oldest).total_seconds() / 3600
        fields = {"left": len(left), "oldest_hours": round(hours, 1)}
        ports.events.emit(Event(EventName.CLEAN_POSTPONED, connector.name, level=Level.WARNING, fields=fields))
    return len(left)


def clear_log_folder(ports: Ports, url: str) -> Cleared:
    """Delete an import job's logs, and their folder if it holds nothing else.

    Raises as `Library`.
    """
    items = ports.library.items(url)
    if items is None:
        return "gone"
    logs = [item for item in items if not item.is_folder and item.name.casefold().startswith(_LOG_NAME)]
    if len(logs) == len(items):
        return "gone" if ports.library.delete_folder(url) else "locked"
    gone = [ports.library.delete_file(item.url) for item in logs]
    return "another's" if all(gone) else "locked"


def _delete(ports: Ports, debt: Debt) -> bool:
    """Delete one thing; a link out of the tenant isn't ours to follow, and is no debt."""
    try:
        if debt.is_folder:
            return clear_log_folder(ports, debt.url) != "locked"
        return ports.library.delete_file(debt.url)
    except ForeignLinkError:
        return True
    except (RetryLaterError, FatalError):
        return False


def _later(debt: Debt, now: datetime) -> Debt:
    """Return the debt with a later try: 15 minutes, doubling, at most a day."""
    pause = min(timedelta(minutes=15) * (1 << min(debt.tries, 7)), timedelta(days=1))
    return replace(debt, tries=debt.tries + 1, not_before=now + pause)
