"""Keys of further blobs of a connector: connector files and their users, shards, last calls, probes.

`storage_layout` takes these keys apart.
"""

from __future__ import annotations

from upa_core.domain.documents.storage_layout import connector_prefix, run_folder


def connector_files_prefix(connector: str) -> str:
    """Return the prefix of the files of a connector."""
    return f"{connector_prefix(connector)}config/"


def connector_file_key(connector: str, digest: str) -> str:
    """Return the key of a connector file, by the SHA-256 of its bytes."""
    return f"{connector_files_prefix(connector)}{digest}.yaml"


def named_file_prefix(run: str, connector: str) -> str:
    """Return the prefix of the key that names the connector file of a run."""
    return f"{run_folder(run)}config/{connector}/"


def named_file_key(run: str, connector: str, digest: str) -> str:
    """Return the key that names the connector file of a run. The blob is empty: its key says everything."""
    return f"{named_file_prefix(run, connector)}{digest}"


def shard_list_key(connector: str) -> str:
    """Return the key of the list of people shards."""
    return f"{connector_prefix(connector)}shards.json"


def calls_key(connector: str) -> str:
    """Return where the last calls lie."""
    return f"{connector_prefix(connector)}calls.json"


def freshness_key(connector: str) -> str:
    """Return the key of the ages of changes at the time when SharePoint accepted them."""
    return f"{connector_prefix(connector)}freshness.json"


def probes_prefix(connector: str) -> str:
    """Return the prefix of the blobs that `upa doctor` writes to test the storage."""
    return f"{connector_prefix(connector)}doctor-"


def probe_key(connector: str, token: str) -> str:
    """Return the key of a blob that `upa doctor` writes to test the storage."""
    return f"{probes_prefix(connector)}{token}"
