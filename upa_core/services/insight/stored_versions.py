"""The version of each kind of stored document: another release has to be able to read them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.storage_layout import connector_prefix, lane_key, parse, run_folder
from upa_core.ports.bundle import Ports
from upa_core.state.document import state_of

MOST = 100
"""The most blobs of a kind that are opened; a million people have two thousand shards."""
_HEAD = 512
_VERSION = re.compile(rb'"version":\s*(\d{1,9})\b')
_SEGMENT = re.compile(rb"(UPA\d{1,9})\n")


@dataclass(frozen=True, slots=True)
class StoredVersions:
    """A kind of document and its versions."""

    kind: str
    blobs: int
    versions: dict[str, int]
    """Version → how many of the opened blobs; "" for blobs without a version."""

    @property
    def unread(self) -> int:
        """Return how many blobs weren't opened."""
        return self.blobs - sum(self.versions.values())


def stored_versions(ports: Ports, connector: Connector) -> list[StoredVersions]:
    """Return every stored kind of a connector, of its target tenant, and of its open, held and last run, by name.

    Only the first bytes of a blob are read, of at most `MOST` of a kind; a damaged document counts with the version
    that it names.
    """
    blobs: Counter[str] = Counter()
    versions: defaultdict[str, Counter[str]] = defaultdict(Counter)
    state = state_of(ports.store, connector.name).load().value
    for key in _keys(ports, connector, state):
        found = parse(key)
        kind = found.kind.value if found is not None else "not ours"
        blobs[kind] += 1
        if blobs[kind] <= MOST and (head := ports.store.read_range(key, 0, _HEAD)) is not None:
            versions[kind][_version(head)] += 1
    return [StoredVersions(kind, blobs[kind], dict(sorted(versions[kind].items()))) for kind in sorted(blobs)]


def _keys(ports: Ports, connector: Connector, state: ConnectorState) -> Iterator[str]:
    held = state.hold.run.id if state.hold is not None else ""
    runs = dict.fromkeys((state.run.id if state.run is not None else "", held, state.last_run))
    lane = lane_key(connector.target.lane).rpartition("/")[0] + "/"
    for prefix in (connector_prefix(connector.name), lane, *(run_folder(run) for run in runs if run)):
        yield from (blob.key for blob in ports.store.list(prefix))


def _version(head: bytes) -> str:
    found = _SEGMENT.match(head) or (_VERSION.search(head) if head.startswith(b"{") else None)
    return found[1].decode() if found is not None else ""
