"""Delete from storage what no state names any more, and archives whose retention has passed."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_keys import connector_files_prefix, probes_prefix
from upa_core.domain.documents.connector_state import ConnectorState, source_segments
from upa_core.domain.documents.ids import moment_of
from upa_core.domain.documents.runs import Report, RoundEnd
from upa_core.domain.documents.storage_layout import (
    RUNS_PREFIX,
    Kind,
    connector_named_in,
    parse,
    people_prefix,
    report_key,
    round_key,
    rounds_prefix,
    run_of,
    sources_prefix,
)
from upa_core.domain.drift.keys import drift_key, drift_prefix
from upa_core.domain.drift.record import KEPT
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.plan.run_people import RunPeople, run_people_key
from upa_core.ports.bundle import Ports
from upa_core.ports.store import BlobInfo
from upa_core.services.admin.connector_files import digest_of
from upa_core.state.document import get_document, lane_of, state_of

SAFE_AGE = timedelta(days=3)
"""A stalled instance may still write to younger blobs."""


def sweep_segments(ports: Ports, connector: Connector) -> int:
    """Delete segments that no round in the state names; return how many blobs were deleted."""
    found = list(ports.store.list(rounds_prefix(connector.name)))
    state = state_of(ports.store, connector.name).load().value  # read after the listing: its segments are in use
    named = {segment.key for sealed in state.sealed for segment in sealed.segments}
    if state.open_round is not None:
        named |= {segment.key for segment in state.open_round.segments}
    return _delete(ports, [blob for blob in found if blob.key not in named], SAFE_AGE)


def sweep_sources(ports: Ports, connector: Connector) -> int:
    """Delete rows of secondary sources, and parts of the key index, that the state no longer names."""
    found = [
        *ports.store.list(sources_prefix(connector.name)),
        *ports.store.list(rounds_prefix(connector.name, "keys")),
    ]
    named = {segment.key for segment in source_segments(state_of(ports.store, connector.name).load().value)}
    return _delete(ports, [blob for blob in found if blob.key not in named], SAFE_AGE)


def sweep_people(ports: Ports, connector: Connector) -> int:
    """Delete generations of people that the state doesn't name; return how many blobs were deleted."""
    found = list(ports.store.list(people_prefix(connector.name)))
    index = state_of(ports.store, connector.name).load().value.people
    current = people_prefix(connector.name, index.folder)
    return _delete(ports, [blob for blob in found if not blob.key.startswith(current)], SAFE_AGE)


def sweep_files(ports: Ports, connector: Connector) -> int:
    """Delete connector files that no run names, except the one in force; return how many blobs were deleted."""
    now, current = ports.clock.now(), digest_of(ports.connector_file)
    found = list(ports.store.list(connector_files_prefix(connector.name)))
    old = [blob for blob in found if _older(blob, now, SAFE_AGE) and current not in blob.key]
    if not old:
        return 0
    keys = (parse(blob.key) for blob in ports.store.list(RUNS_PREFIX))
    ours = (key for key in keys if key is not None and key.connector == connector.name)
    named = {key.file for key in ours if key.kind is Kind.NAMED_FILE}
    return _delete(ports, [blob for blob in old if (key := parse(blob.key)) is None or key.file not in named], SAFE_AGE)


def sweep_drift(ports: Ports, connector: Connector) -> int:
    """Delete the results of reading back when nothing was read for 90 days; return how many blobs were deleted."""
    found = [*ports.store.list(drift_prefix(connector.name)), *ports.store.list(drift_key(connector.name))]
    return _delete(ports, found, KEPT)


def sweep_probes(ports: Ports, connector: Connector) -> int:
    """Delete the remains of an interrupted `upa doctor`; return how many blobs were deleted."""
    return _delete(ports, list(ports.store.list(probes_prefix(connector.name))), SAFE_AGE)


def sweep_runs(ports: Ports, connector: Connector) -> int:
    """Delete archives past their retention, and plans that became no run; return how many blobs were deleted."""
    now, deleted = ports.clock.now(), 0
    least = min(SAFE_AGE, connector.retention.successes)
    grouped = groupby(ports.store.list(RUNS_PREFIX), key=lambda blob: run_of(blob.key))
    runs = ((run, list(blobs)) for run, blobs in grouped if run)
    old = [(run, blobs) for run, blobs in runs if all(_older(blob, now, least) for blob in blobs)]
    busy = _busy_runs(ports, connector) if old else set()
    for run, blobs in old:
        kept_for = _kept_for(ports, connector, run, blobs) if run not in busy else None
        if kept_for is not None and all(_older(blob, now, kept_for) for blob in blobs):
            deleted += _delete(ports, sorted(blobs, key=_owner_last), kept_for)
    return deleted


def _busy_runs(ports: Ports, connector: Connector) -> set[str]:
    state: ConnectorState = state_of(ports.store, connector.name).load().value
    lane = lane_of(ports.store, connector).load().value
    busy = {entry.run for entry in lane.abandoned}
    busy |= {lane.in_flight.run} if lane.in_flight is not None else set()
    for run in (state.run, state.hold.run if state.hold is not None else None):
        busy |= {run.id, *run.rounds} if run is not None else set()
    return busy | {sealed.id for sealed in state.sealed}


def _kept_for(ports: Ports, connector: Connector, run: str, blobs: list[BlobInfo]) -> timedelta | None:
    """Return how long this run is kept; None: it isn't this connector's, or can't be read."""
    kinds = {found.kind for blob in blobs if (found := parse(blob.key)) is not None}
    try:
        if Kind.REPORT in kinds:
            report = get_document(ports.store, report_key(run), Report)
            if report is None or report.value.connector != connector.name:
                return None
            failed = report.value.status == "failed"
            return connector.retention.failures if failed else connector.retention.successes
        if kinds == {Kind.ROUND_END}:
            end = get_document(ports.store, round_key(run), RoundEnd)
            ours = end is not None and end.value.connector == connector.name
            return max(connector.retention.failures, connector.retention.successes) if ours else None
        named = any(_owner_in(blob) == connector.name for blob in blobs)
        return SAFE_AGE if named or _people_of(ports, run) == connector.name else None
    except CorruptStateError:
        return None


def _people_of(ports: Ports, run: str) -> str:
    """Return the connector whose people a run's table names, for a plan that became no run."""
    table = get_document(ports.store, run_people_key(run), RunPeople)
    return table.value.connector if table is not None else ""


def _owner_last(blob: BlobInfo) -> tuple[int, str]:
    """Order a run's blobs for deletion: those that name its owner last, so that an interrupted sweep can continue."""
    found = parse(blob.key)
    tells = found is not None and found.kind in (Kind.REPORT, Kind.ROUND_END, Kind.RUN_PEOPLE)
    return 2 if tells else int(bool(_owner_in(blob))), blob.key


def _owner_in(blob: BlobInfo) -> str:
    """Return the connector in a blob's key, by the name of an import file or of a connector file."""
    found = parse(blob.key)
    return found.connector if found is not None and found.connector else connector_named_in(blob.key)


def _older(blob: BlobInfo, now: datetime, age: timedelta) -> bool:
    """Return whether a blob is old by the store's clock and, if its name holds a moment, by ours."""
    named = moment_of(blob.key)
    return now - blob.modified >= age and (named is None or now - named >= age)


def _delete(ports: Ports, blobs: list[BlobInfo], older_than: timedelta) -> int:
    now = ports.clock.now()
    blobs = [blob for blob in blobs if _older(blob, now, older_than)]
    for blob in blobs:
        ports.store.delete(blob.key)
    return len(blobs)
