"""Where the blobs of individual writes lie; `storage_layout` takes their keys apart."""

from __future__ import annotations

from upa_core.domain.documents.storage_layout import run_folder


def people_calls_key(lane: str) -> str:
    """Return where it is counted how often PeopleManager of a target tenant was called."""
    return f"tenants/{lane}/people-calls.json"


def proof_key(lane: str) -> str:
    """Return where it lies what the probe of individual writes found in a target tenant."""
    return f"tenants/{lane}/individual.json"


def progress_key(run: str, file: str) -> str:
    """Return where it lies how far the individual writes of a batch got."""
    return f"{run_folder(run)}individual/{file}"
