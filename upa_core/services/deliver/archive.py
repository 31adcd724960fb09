"""The archive of a batch: settling reads only its manifest and the answers that the manifest names."""

from __future__ import annotations

from upa_core.domain.documents.lane import Outcome
from upa_core.domain.documents.storage_layout import outcome_key
from upa_core.domain.errors import ConflictError
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.ports.bundle import Ports
from upa_core.state.document import get_document, put_document


def load_outcome(ports: Ports, run: str, file: str) -> Outcome | None:
    """Return the outcome of a batch, None where it isn't archived yet."""
    stored = get_document(ports.store, outcome_key(run, file), Outcome)
    return stored.value if stored is not None else None


def write_outcome(ports: Ports, outcome: Outcome) -> Outcome:
    """Write the outcome of a batch, after everything that it names; the first one written counts."""
    try:
        put_document(ports.store, outcome_key(outcome.run, outcome.file), outcome, if_absent=True)
    except ConflictError:
        return load_outcome(ports, outcome.run, outcome.file) or outcome
    fields: Fields = {"file": outcome.file, "logs": len(outcome.logs), "intact": outcome.intact}
    event = Event(EventName.FILE_ARCHIVED, outcome.connector, outcome.run, Level.INFO, fields, outcome.import_jobs)
    ports.events.emit(event)
    return outcome
