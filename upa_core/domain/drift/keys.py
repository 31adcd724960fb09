"""Keys of the blobs of reading profiles back; `storage_layout` parses them."""

from __future__ import annotations

from upa_core.domain.documents.storage_layout import connector_prefix


def drift_key(connector: str) -> str:
    """Return the key of the index of reading back."""
    return f"{connector_prefix(connector)}drift.json"


def drift_prefix(connector: str) -> str:
    """Return the prefix of the results of all partitions."""
    return f"{connector_prefix(connector)}drift/"


def drift_part_key(connector: str, partition: int) -> str:
    """Return the key of the results of one partition of people."""
    return f"{drift_prefix(connector)}{partition:02d}.json"
