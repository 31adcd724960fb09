"""A connector's state in one file: write it, put it back, or take only its watermark."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, BinaryIO

import orjson

from upa_core.domain.connector import Connector
from upa_core.domain.documents.codec import from_json, instant
from upa_core.domain.documents.connector_keys import connector_file_key
from upa_core.domain.documents.connector_state import ConnectorState, PeopleIndex, source_segments
from upa_core.domain.documents.ids import run_id
from upa_core.domain.documents.storage_layout import (
    Kind,
    connector_prefix,
    parse,
    rounds_prefix,
    shard_key,
    sources_prefix,
    state_key,
)
from upa_core.domain.errors import ConflictError, CorruptStateError, RefusedError
from upa_core.ports.bundle import Ports
from upa_core.state.document import decode, lane_of, state_of
from upa_core.state.shard_codec import decode_shard, encode_shard

VERSION = 1
MANIFEST = "manifest.json"
MAX_BYTES = 4 * 1024**3
"""The most bytes of an unpacked file: a million people take a tenth of it."""


class NotABackupError(RefusedError):
    """The file isn't one that `write` made."""


def write(ports: Ports, connector: Connector, stream: BinaryIO) -> tuple[int, int]:
    """Write everything under the connector's keys as a zip file; return how many blobs and bytes.

    The file is useless where this raises `RefusedError`: the connector has no state, or its people were
    being moved to other shards meanwhile.
    """
    document = state_of(ports.store, connector.name)
    folder = document.load().value.people.folder
    state = ports.store.get(state_key(connector.name))
    if state is None:
        raise RefusedError(f"{connector.name} has no state yet: nothing to export. Next: upa run")
    manifest = {
        "version": VERSION,
        "connector": connector.name,
        "target": connector.target.lane,
        "made": instant(ports.clock.now()),
    }
    blobs = size = 0
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, orjson.dumps(manifest))
        for info in ports.store.list(connector_prefix(connector.name)):
            blob = state if info.key == state_key(connector.name) else ports.store.get(info.key)
            if blob is not None:
                archive.writestr(info.key, blob.data)
                blobs, size = blobs + 1, size + len(blob.data)
    if document.load().value.people.folder != folder:
        raise RefusedError("the people were being moved to other shards meanwhile: run it again")
    return blobs, size


def restore(ports: Ports, connector: Connector, stream: BinaryIO, *, name: str, trust_shadow: bool) -> int:
    """Put the state back: people go into a new generation, then the state is written over the version that was read.

    Returns how many blobs were put back. `name` names the file in errors; without `trust_shadow` every value is
    unknown. Raises `NotABackupError`, `CorruptStateError` for a file that lacks something, and `RefusedError` for a
    file of another connector, target or newer release, and while an import job of the connector is in flight.
    """
    document = state_of(ports.store, connector.name)
    before = document.load()
    flight = lane_of(ports.store, connector).load().value.in_flight
    if before.value.run is not None or (flight is not None and flight.connector == connector.name):
        raise RefusedError("an import job of this connector is in flight: let it end first (upa run)")
    with _open(stream, connector, name) as archive:
        state = replace(_state(archive, connector), open_round=None)
        fresh = PeopleIndex(
            max(state.people.generation, before.value.people.generation) + 1,
            state.people.shards,
            state.people.known,
            run_id(ports.clock.now(), ports.ids.token()),
        )
        blobs = 1
        for number in range(state.people.shards):
            data = _shard(archive, connector, state.people, number, trust_shadow=trust_shadow)
            if data is not None:
                ports.store.put(shard_key(connector.name, fresh.folder, number), data)
                blobs += 1
        for key in _segments(archive, connector, state):
            if ports.store.get(key) is None:
                ports.store.put(key, archive.read(key))
            blobs += 1
        for key in archive.namelist():
            blobs += _put_file_back(ports, connector, key, archive)
    sequence = max(state.sequence, before.value.sequence) + 1
    restored = replace(
        state,
        run=None,
        hold=None,
        retry=None,
        pull_retry=None,
        quarantine=None,
        people=fresh,
        sequence=sequence,
    )
    document.save(before, restored)
    return blobs


def rewind(ports: Ports, connector: Connector, stream: BinaryIO, *, name: str) -> tuple[datetime | None, datetime]:
    """Take the watermark from a file; return when the old and the new one were issued.

    Raises as `restore`, and `RefusedError` for a file without a watermark.
    """
    with _open(stream, connector, name) as archive:
        mark = _state(archive, connector).watermark
    if mark is None:
        raise RefusedError(f"{name} holds no watermark: it was written before the first full round")
    document = state_of(ports.store, connector.name)
    before = document.load().value.watermark
    document.update(lambda state: replace(state, watermark=mark, open_round=None))
    return (before.issued if before is not None else None), mark.issued


@contextmanager
def _open(stream: BinaryIO, connector: Connector, name: str) -> Iterator[zipfile.ZipFile]:
    """Open a file that `write` made for this connector; refuse anything else with one line."""
    foreign = NotABackupError(f"{name} isn't a file written by upa state export")
    try:
        archive = zipfile.ZipFile(stream)
    except zipfile.BadZipFile as exc:
        raise foreign from exc
    with archive:
        try:
            _check(archive, name, connector)
        except (KeyError, ValueError, zipfile.BadZipFile) as exc:
            raise foreign from exc
        yield archive


def _check(archive: zipfile.ZipFile, name: str, connector: Connector) -> None:
    if sum(info.file_size for info in archive.infolist()) > MAX_BYTES:
        raise NotABackupError(f"{name} would unpack to more than {MAX_BYTES >> 30} GiB: not a state export")
    manifest: dict[str, Any] = orjson.loads(archive.read(MANIFEST))
    if manifest["version"] > VERSION:
        raise RefusedError(f"{name} was written by a newer release of upa: update this one")
    if manifest["connector"] != connector.name:
        raise RefusedError(f"{name} is of the connector {manifest['connector']}, not of {connector.name}")
    if manifest["target"] != connector.target.lane:
        raise RefusedError(f"{name} is about {manifest['target']}, not {connector.target.lane}")


def _state(archive: zipfile.ZipFile, connector: Connector) -> ConnectorState:
    key = state_key(connector.name)
    try:
        data = archive.read(key)
    except KeyError as exc:
        raise CorruptStateError(f"the file holds no {key}") from exc
    return from_json(ConnectorState, decode(data, where=key), where=key)


def _shard(
    archive: zipfile.ZipFile, connector: Connector, index: PeopleIndex, number: int, *, trust_shadow: bool
) -> bytes | None:
    """Return a shard as it is stored; with every value unknown where the shadow isn't trusted."""
    key = shard_key(connector.name, index.folder, number)
    try:
        data = archive.read(key)
    except KeyError:
        return None
    shard = decode_shard(data, connector.targets, where=key)
    for person in () if trust_shadow else shard.rows:
        shard.make_unknown(person, connector.single)
    return encode_shard(shard)


def _put_file_back(ports: Ports, connector: Connector, key: str, archive: zipfile.ZipFile) -> bool:
    """Put a kept connector file back where it is missing; return whether the blob is one."""
    found = parse(key)
    if found is None or found.kind is not Kind.CONNECTOR_FILE:
        return False
    data = archive.read(key)
    if key != connector_file_key(connector.name, hashlib.sha256(data).hexdigest()):
        raise CorruptStateError(f"the file holds {key}, whose hash isn't its name")
    with suppress(ConflictError):
        ports.store.put(key, data, if_absent=True)
    return True


def _segments(archive: zipfile.ZipFile, connector: Connector, state: ConnectorState) -> Iterator[str]:
    names, name = set(archive.namelist()), connector.name
    ours = (rounds_prefix(name), rounds_prefix(name, "keys"), sources_prefix(name))
    pulled = [segment for sealed in state.sealed for segment in sealed.segments]
    for key in dict.fromkeys(segment.key for segment in (*pulled, *source_segments(state))):
        if not key.startswith(ours) or key not in names:
            raise CorruptStateError(f"the file lacks segment {key}")
        yield key
