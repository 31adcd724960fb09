"""Connector files, each kept once by its hash, and the file that each run was planned with."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_keys import connector_file_key, named_file_key, named_file_prefix
from upa_core.domain.documents.ids import is_run_id
from upa_core.domain.documents.storage_layout import Kind, parse
from upa_core.domain.errors import ConflictError, CorruptStateError
from upa_core.ports.bundle import Ports


@dataclass(frozen=True, slots=True)
class ConnectorFile:
    """A connector file as it was when a run was planned; references to the environment are not filled in."""

    digest: str
    """SHA-256 of its UTF-8 bytes, in hexadecimal."""
    text: str


def digest_of(text: str) -> str:
    """Return the hash under which a connector file is kept."""
    return hashlib.sha256(text.encode()).hexdigest()


def name_file(ports: Ports, connector: Connector, run: str) -> None:
    """Note which connector file a run is planned with, and keep the file if it isn't kept yet.

    The name is written first: the deletion of files that no run names respects it. Repeating it changes nothing.
    """
    if not ports.connector_file:
        return
    digest = digest_of(ports.connector_file)
    ports.store.put(named_file_key(run, connector.name, digest), b"")
    key = connector_file_key(connector.name, digest)
    if ports.store.read_range(key, 0, 1) is None:
        with suppress(ConflictError):  # another instance was first, with the same bytes
            ports.store.put(key, ports.connector_file.encode(), if_absent=True)


def unname_file(ports: Ports, connector: Connector, run: str) -> None:
    """Delete the note: the run wasn't made."""
    if ports.connector_file:
        ports.store.delete(named_file_key(run, connector.name, digest_of(ports.connector_file)))


def file_hash_of(ports: Ports, connector: Connector, run: str) -> str | None:
    """Return the hash of the file that a run of this connector was planned with; None where the run has no note.

    Runs of releases that kept no files have no note, nor do rounds that never became a run.
    """
    if not is_run_id(run):
        return None
    for blob in ports.store.list(named_file_prefix(run, connector.name)):
        found = parse(blob.key)
        if found is not None and found.kind is Kind.NAMED_FILE:
            return found.file
    return None


def file_of(ports: Ports, connector: Connector, run: str) -> ConnectorFile | None:
    """Return the connector file that a run of this connector was planned with; None where the run has no note.

    Raises `CorruptStateError` where the named file is lost, or isn't what was kept.
    """
    digest = file_hash_of(ports, connector, run)
    return read_file(ports, connector, digest) if digest is not None else None


def read_file(ports: Ports, connector: Connector, digest: str) -> ConnectorFile:
    """Return a kept connector file by its hash; raises `CorruptStateError` where it is lost or damaged."""
    key = connector_file_key(connector.name, digest)
    blob = ports.store.get(key)
    if blob is None:
        raise CorruptStateError(f"{key} is lost: the connector file isn't kept any more")
    if hashlib.sha256(blob.data).hexdigest() != digest:
        raise CorruptStateError(f"{key} is damaged: its hash isn't its name")
    return ConnectorFile(digest, blob.data.decode())
