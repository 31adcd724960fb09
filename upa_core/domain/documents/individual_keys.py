"""Keys of the blobs of individual writes; `storage_layout` parses them."""

from __future__ import annotations

from upa_core.domain.documents.storage_layout import run_folder


def people_calls_key(lane: str) -> str:
    """Return the key of the count of PeopleManager calls of a target tenant."""
    return f"tenants/{lane}/people-calls.json"


def proof_key(lane: str) -> str:
    """Return the key of the probe's result for a target tenant."""
    return f"tenants/{lane}/individual.json"


def progress_key(run: str, file: str) -> str:
    """Return the key of the progress of a batch of individual writes."""
    return f"{run_folder(run)}individual/{file}"
