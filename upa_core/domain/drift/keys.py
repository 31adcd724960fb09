"""Where the blobs of reading profiles back lie; `storage_layout` takes their keys apart."""

from __future__ import annotations

from upa_core.domain.documents.storage_layout import connector_prefix


def drift_key(connector: str) -> str:
    """Return where it lies how far reading back is."""
    return f"{connector_prefix(connector)}drift.json"


def drift_prefix(connector: str) -> str:
    """Return the prefix of what was read of each partition of people."""
    return f"{connector_prefix(connector)}drift/"


def drift_part_key(connector: str, partition: int) -> str:
    """Return where it lies what was read of one partition of people."""
    return f"{drift_prefix(connector)}{partition:02d}.json"
