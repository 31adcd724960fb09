"""Where more of a connector lies: connector files and the runs that name them, the list of its shards, probes.

`storage_layout` takes these keys apart.
"""

from __future__ import annotations

from upa_core.domain.documents.storage_layout import connector_prefix, run_folder


def connector_files_prefix(connector: str) -> str:
    """Return the prefix of the files of a connector."""
    return f"{connector_prefix(connector)}config/"


def connector_file_key(connector: str, digest: str) -> str:
    """Return where a connector file lies, by the SHA-256 of its bytes."""
    return f"{connector_files_prefix(connector)}{digest}.yaml"


def named_file_prefix(run: str, connector: str) -> str:
    """Return the prefix of the key by which a connector's run names its file."""
    return f"{run_folder(run)}config/{connector}/"


def named_file_key(run: str, connector: str, digest: str) -> str:
    """Return the key by which a run names its file: the blob is empty, its key says all."""
    return f"{named_file_prefix(run, connector)}{digest}"


def shard_list_key(connector: str) -> str:
    """Return where it lies which people shards there are."""
    return f"{connector_prefix(connector)}shards.json"


def probes_prefix(connector: str) -> str:
    """Return the prefix of what `upa doctor` writes to see whether it can."""
    return f"{connector_prefix(connector)}doctor-"


def probe_key(connector: str, token: str) -> str:
    """Return where `upa doctor` writes to see whether it can."""
    return f"{probes_prefix(connector)}{token}"
