"""Forget a person: shadow, escrow, declined values, and everything in the archive about them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress

import orjson

from upa_core.domain.bulk.job_log import decode_log, parse_log
from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.ids import is_guid
from upa_core.domain.documents.storage_layout import (
    RUNS_PREFIX,
    Kind,
    connector_named_in,
    connector_prefix,
    parse,
    run_of,
)
from upa_core.domain.errors import CorruptStateError, RefusedError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.people.shadow import Shard
from upa_core.domain.plan.run_people import shards_key
from upa_core.ports.bundle import Ports
from upa_core.services.admin.forget_rows import forget_rows
from upa_core.state.change_people import change_people_between_runs, next_sequence
from upa_core.state.document import lane_of, state_of
from upa_core.state.drift.documents import forget_reads
from upa_core.state.run_people.forget import forget_in_run


def forget(ports: Ports, connector: Connector, person: str, by: str, *, also: Sequence[str] = ()) -> int:
    """Delete everything our storage holds of a person for this connector; return how many archived blobs changed.

    Args:
        person: object id.
        by: who wants it, for the record.
        also: names of canaries of an earlier release: their state goes whole, archived runs as the connector's.

    Archived import files, plans and logs are written again without the person; their hashes in old manifests no longer
    match, which tells that they were changed. A person who is still in the directory and in scope comes back with the
    next full round: end that first. Deleted versions stay for the storage account's soft-delete time.

    Raises:
        RefusedError: not an object id; or a round, a run, a hold or an import job is open, whose values mustn't change.
    """
    person = person.lower()
    if not is_guid(person):
        raise RefusedError("a person is forgotten by object id")
    _check_quiet(ports, connector)
    for name in also:
        if state_of(ports.store, name).load().value.run is not None:
            raise RefusedError(f"{name} is on its way: wait three days for housekeeping")
    sequence = next_sequence(ports, connector)

    def end(shard: Shard, one: str) -> None:
        shard.end(one, sequence)

    change_people_between_runs(ports, connector, [person], end)
    forget_rows(ports, connector, person)
    forget_reads(ports.store, connector.name, person)
    for name in also:
        for blob in list(ports.store.list(connector_prefix(name))):
            ports.store.delete(blob.key)
    archived = list(_archived(ports, {connector.name, *also}))
    rows = [key for key in archived if (found := parse(key)) is not None and found.kind is Kind.RUN_ROWS]
    tables = [
        run for run in _runs_with_people(ports) if forget_in_run(ports.store, run, {connector.name, *also}, person)
    ]
    archived = [key for key in archived if key not in rows]
    for run in {run for key in archived if (run := run_of(key))}:
        ports.store.delete(shards_key(run))
    changed = sum(_scrub(ports, key, person) for key in archived) + len(tables)
    fields = {"control": "forget", "by": by}
    ports.events.emit(Event(EventName.CONTROLLED, connector.name, level=Level.WARNING, fields=fields))
    return changed


def _check_quiet(ports: Ports, connector: Connector) -> None:
    state: ConnectorState = state_of(ports.store, connector.name).load().value
    lane = lane_of(ports.store, connector).load().value
    ours = [entry for entry in lane.abandoned if entry.connector == connector.name]
    flight = lane.in_flight is not None and lane.in_flight.connector == connector.name
    busy = {
        "a round is being read": state.open_round,
        "people who were pulled wait to be exported": state.sealed,
        "a run is open": state.run,
        "a plan is held": state.hold,
        "somebody is written now": state.urgent,
        "an import job is at SharePoint": ours or flight,
    }
    if found := [what for what, there in busy.items() if there]:
        raise RefusedError(f"something of {connector.name} is on its way: {', '.join(found)}. Try again when it ended")


def _archived(ports: Ports, connectors: Collection[str]) -> Iterator[str]:
    """Yield the blobs of these connectors' runs that can name a person: their names hold an import file's name."""
    for info in list(ports.store.list(RUNS_PREFIX)):
        if connector_named_in(info.key) in connectors:
            yield info.key


def _runs_with_people(ports: Ports) -> list[str]:
    found = (parse(info.key) for info in list(ports.store.list(RUNS_PREFIX)))
    return [one.run for one in found if one is not None and one.kind is Kind.RUN_PEOPLE]


def _scrub(ports: Ports, key: str, person: str) -> bool:
    blob = ports.store.get(key)
    if blob is None or person not in decode_log(blob.data).lower():
        return False
    ports.store.put(key, _without(ports, key, blob.data, person), if_match=blob.etag)
    return True


def _without(ports: Ports, key: str, data: bytes, person: str) -> bytes:
    """Return a batch, its plan or a log without the person; lines that can't be read are removed too."""
    found = parse(key)
    kind = found.kind if found is not None else None
    for route in ports.routes.values() if kind is Kind.IMPORT_FILE else ():
        with suppress(CorruptStateError):
            return route.form.without(data, person)
    if kind is Kind.PLAN:
        with suppress(ValueError, LookupError, TypeError, AttributeError):
            return _plan_without(data, person)
    lines = parse_log(decode_log(data))
    kept = (one for one in lines if person not in f"{one.identity} {one.message}".lower())
    return "".join(f"{one.kind}\t{one.identity}\t{one.message}\n" for one in kept).encode()


def _plan_without(data: bytes, person: str) -> bytes:
    plan = orjson.loads(data)
    if isinstance(plan, list):  # version 1
        return orjson.dumps([entry for entry in plan if entry[0] != person])
    return orjson.dumps(plan | {"old": {who: old for who, old in plan["old"].items() if who != person}})
