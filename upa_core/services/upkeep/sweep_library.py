"""Delete from the library what a crash left there, and nothing that another deployment owns."""

from __future__ import annotations

from datetime import timedelta

from upa_core.domain.connector import Connector
from upa_core.domain.documents.ids import parse_file_name
from upa_core.domain.documents.storage_layout import files_prefix
from upa_core.domain.errors import FatalError
from upa_core.ports.bundle import Ports
from upa_core.ports.library import LibraryItem
from upa_core.services.deliver.library_debts import clear_log_folder
from upa_core.state.document import lane_of, state_of

ORPHANED_AFTER = timedelta(days=7)


def sweep_library(ports: Ports, connector: Connector) -> int:
    """Delete orphans; return how many were deleted.

    An orphan has our name, its run has a folder in our storage, it is older than 7 days (or than that folder's
    retention, since its deletion removes the proof), and it is neither in flight, abandoned, owed, nor of an open or
    held run. One that SharePoint refuses to delete stops no other; its error is raised afterwards.
    """
    now = ports.clock.now()
    age = min(ORPHANED_AFTER, connector.retention.successes, connector.retention.failures)
    items = [item for item in ports.library.items() or () if now - item.created >= age]
    candidates = [(item, run) for item in items if (run := _run_of(item, connector)) is not None]
    if not candidates:
        return 0
    busy_runs, busy_urls = _busy(ports, connector)
    gone = 0
    trouble: FatalError | None = None
    for item, run in candidates:
        if run in busy_runs or item.url in busy_urls or not _ours(ports, connector, run):
            continue
        try:
            gone += _delete(ports, item)
        except FatalError as exc:  # this one failed; the others needn't wait for it
            trouble = exc
    if trouble is not None:
        raise trouble
    return gone


def _delete(ports: Ports, item: LibraryItem) -> bool:
    return clear_log_folder(ports, item.url) == "gone" if item.is_folder else ports.library.delete_file(item.url)


def _run_of(item: LibraryItem, connector: Connector) -> str | None:
    parsed = parse_file_name(item.name) if item.is_folder == item.name.endswith("-Logs") else None
    return parsed[1] if parsed is not None and parsed[0] == connector.name else None


def _busy(ports: Ports, connector: Connector) -> tuple[set[str], set[str]]:
    state = state_of(ports.store, connector.name).load().value
    lane = lane_of(ports.store, connector).load().value
    runs = {entry.run for entry in lane.abandoned}
    runs |= {lane.in_flight.run} if lane.in_flight is not None else set()
    runs |= {state.run.id} if state.run is not None else set()
    runs |= {state.hold.run.id} if state.hold is not None else set()
    return runs, {debt.url for debt in state.debts}


def _ours(ports: Ports, connector: Connector, run: str) -> bool:
    """Return whether our storage knows the run: another deployment may write under the same name."""
    return next(iter(ports.store.list(files_prefix(connector.name, run))), None) is not None
