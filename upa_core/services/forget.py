"""Forget a person: shadow, escrow, declined values, and what the archive holds of them (product.md F37)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson

from upa_core.domain.connector import Connector
from upa_core.domain.errors import RefusedError
from upa_core.domain.events import Event, EventName, Level
from upa_core.domain.job_log import parse_log
from upa_core.domain.people import Shard
from upa_core.domain.state import ConnectorState
from upa_core.ports.bundle import Ports
from upa_core.services.documents import lane_of, state_of
from upa_core.services.people_changes import change_people_between_runs, next_sequence

_BOM = b"\xef\xbb\xbf"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def forget(ports: Ports, connector: Connector, person: str, by: str) -> int:
    """Delete everything our storage holds of a person for this connector; returns how many archived blobs changed.

    Archived import files, plans and logs are written again without the person; their hashes in old manifests no longer
    match, which tells that they were changed. A person who is still in the directory and in scope comes back with the
    next full round: end that first. Deleted versions stay for the storage account's soft-delete time.

    Raises:
        RefusedError: not an object id; or a round, a run, a hold or an import job is open, whose values mustn't change.

    """
    person = person.lower()
    if _ID.fullmatch(person) is None:
        raise RefusedError("a person is forgotten by object id")
    _check_quiet(ports, connector)
    sequence = next_sequence(ports, connector)

    def end(shard: Shard, one: str) -> None:
        shard.end(one, sequence)

    change_people_between_runs(ports, connector, [person], end)
    changed = 0
    for key in _archived(ports, connector):
        changed += _scrub(ports, key, person)
    fields = {"control": "forget", "by": by}
    ports.events.emit(Event(EventName.CONTROLLED, connector.name, level=Level.WARNING, fields=fields))
    return changed


def _check_quiet(ports: Ports, connector: Connector) -> None:
    state: ConnectorState = state_of(ports.store, connector.name).load().value
    lane = lane_of(ports.store, connector).load().value
    ours = [entry for entry in lane.abandoned if entry.connector == connector.name]
    flight = lane.in_flight is not None and lane.in_flight.connector == connector.name
    if state.open_round or state.sealed or state.run or state.hold or ours or flight:
        raise RefusedError(
            "something is on its way (a round, a run, a hold, an import job): try again when it has ended"
        )


def _archived(ports: Ports, connector: Connector) -> Iterator[str]:
    """Yield the blobs of this connector's runs that can name a person: their names bear the import file's."""
    mark = f"upa-{connector.name}-"
    for info in list(ports.store.list("runs/")):
        parts = info.key.split("/")
        if len(parts) > 5 and any(part.startswith(mark) for part in parts[4:]):
            yield info.key


def _scrub(ports: Ports, key: str, person: str) -> bool:
    blob = ports.store.get(key)
    if blob is None or person.encode() not in blob.data.lower():
        return False
    ports.store.put(key, _without(blob.data, person), if_match=blob.etag)
    return True


def _without(data: bytes, person: str) -> bytes:
    """Return an import file, a list of plan entries or a log without the person."""
    try:
        document = orjson.loads(data.removeprefix(_BOM))
    except orjson.JSONDecodeError:
        lines = parse_log(data.decode("utf-8", "replace"))
        kept = (one for one in lines if person not in f"{one.identity} {one.message}".lower())
        return "".join(f"{one.kind}\t{one.identity}\t{one.message}\n" for one in kept).encode()
    if isinstance(document, list):
        return orjson.dumps([entry for entry in document if entry[0] != person])
    if isinstance(document.get("old"), dict):
        return orjson.dumps(document | {"old": {who: old for who, old in document["old"].items() if who != person}})
    if "value" not in document:
        return data
    kept_rows = [row for row in document.get("value", []) if str(row.get("IdName", "")).lower() != person]
    return _BOM + orjson.dumps(document | {"value": kept_rows})
