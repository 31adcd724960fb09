"""Every kind of blob has its retention, its place in `forget` and in backup, and its sweep."""

from __future__ import annotations

import json
import zipfile
import zlib
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from tests.crash.scenarios import quick
from tests.support.joined import JoinedWorld, row
from tests.support.world import World
from upa_core.domain.connector import ChangeThreshold
from upa_core.domain.documents.connector_keys import calls_key, probe_key
from upa_core.domain.documents.connector_state import source_segments
from upa_core.domain.documents.individual_keys import people_calls_key, progress_key, proof_key
from upa_core.domain.documents.storage_layout import (
    Kind,
    parse,
    segment_key,
    shard_key,
    source_key,
    watcher_key,
)
from upa_core.domain.drift.keys import drift_key, drift_part_key
from upa_core.domain.http import Response
from upa_core.http_api.idempotency import forget_old_requests, once
from upa_core.services.admin import backup, holds
from upa_core.services.admin.controls import pause
from upa_core.services.admin.forget import forget
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.state.drift.partitions import partition_of
from upa_core.state.run_people.packed_ids import unpack_ids

Forget = Literal["their entry goes", "deleted", "refused while there is one", "names nobody"]


@dataclass(frozen=True)
class Care:
    """How a kind of blob is looked after."""

    retention: str
    """How long it is kept."""
    forget: Forget
    backup: bool
    """In what `upa state export` writes."""
    swept: bool
    """Deleted by housekeeping once its time is over."""


CARE: dict[Kind, Care] = {
    Kind.STATE: Care("as long as the connector", "names nobody", backup=True, swept=False),
    Kind.NOTIFIED: Care("as long as the connector", "names nobody", backup=True, swept=False),
    Kind.ATTEMPTS: Care("a week after the last failure", "names nobody", backup=True, swept=False),
    Kind.CENSUSES: Care("as long as the connector", "names nobody", backup=True, swept=False),
    Kind.CALLS: Care("200 calls, as long as the connector", "names nobody", backup=True, swept=False),
    Kind.FRESHNESS: Care("as long as the connector", "names nobody", backup=True, swept=False),
    Kind.CONNECTOR_FILE: Care("as long as a run names it", "names nobody", backup=True, swept=True),
    Kind.ESCROW_INDEX: Care("as long as the connector", "names nobody", backup=True, swept=False),
    Kind.SEGMENT: Care("until its round is settled", "refused while there is one", backup=True, swept=True),
    Kind.KEY_ROWS: Care("until the index is made anew", "their entry goes", backup=True, swept=True),
    Kind.SOURCE_ROWS: Care("until a newer generation", "their entry goes", backup=True, swept=True),
    Kind.PEOPLE_SHARD: Care("until people are moved", "their entry goes", backup=True, swept=True),
    Kind.DRIFT_INDEX: Care("90 days after the last read", "names nobody", backup=True, swept=True),
    Kind.DRIFT_PART: Care("90 days after the last read", "their entry goes", backup=True, swept=True),
    Kind.SHARD_LIST: Care("as long as the connector", "names nobody", backup=True, swept=False),
    Kind.DOCTOR_PROBE: Care("seconds", "names nobody", backup=True, swept=True),
    Kind.LANE: Care("as long as the target tenant", "names nobody", backup=False, swept=False),
    Kind.WATCHER: Care("as long as the target tenant", "names nobody", backup=False, swept=False),
    Kind.PEOPLE_CALLS: Care("as long as the target tenant", "names nobody", backup=False, swept=False),
    Kind.PROOF: Care("as long as the target tenant", "names nobody", backup=False, swept=False),
    Kind.REQUEST: Care("a day", "names nobody", backup=False, swept=True),
    Kind.INTENT: Care("with its run", "names nobody", backup=False, swept=True),
    Kind.IMPORT_FILE: Care("with its run", "their entry goes", backup=False, swept=True),
    Kind.PLAN: Care("with its run", "their entry goes", backup=False, swept=True),
    Kind.RUN_SHARDS: Care("until its run is settled", "deleted", backup=False, swept=True),
    Kind.OUTCOME: Care("with its run", "names nobody", backup=False, swept=True),
    Kind.JOB_LOG: Care("with its run", "their entry goes", backup=False, swept=True),
    Kind.DECISION: Care("with its run", "names nobody", backup=False, swept=True),
    Kind.REPORT: Care("30 days, 90 of a failed run", "names nobody", backup=False, swept=True),
    Kind.NAMED_FILE: Care("with its run", "names nobody", backup=False, swept=True),
    Kind.RUN_PEOPLE: Care("with its run", "their entry goes", backup=False, swept=True),
    Kind.RUN_ROWS: Care("with its run", "their entry goes", backup=False, swept=True),
    Kind.PROGRESS: Care("with its run", "names nobody", backup=False, swept=True),
    Kind.ROUND_END: Care("90 days", "names nobody", backup=False, swept=True),
}


def kinds(world: World, *texts: str) -> set[Kind]:
    """Return the kinds of blob that are there, or that hold one of the texts."""
    blobs = {key: plain(key, data) for key, data in world.store.blobs.items()}
    keys = [key for key, data in blobs.items() if not texts or any(text.encode() in data for text in texts)]
    return {found.kind for key in keys if (found := parse(key)) is not None}


def plain(key: str, data: bytes) -> bytes:
    """Return what a blob says; rows of a run's people are compressed, and their ids packed."""
    found = parse(key)
    if found is None or found.kind not in (Kind.RUN_PEOPLE, Kind.RUN_ROWS):
        return data
    rest = b64decode(json.loads(data)["inline"]) if found.kind is Kind.RUN_PEOPLE else data
    texts = []
    while rest:
        block = zlib.decompressobj()
        texts.append(block.decompress(rest))
        size = sum(part["ids"][0] for part in json.loads(texts[-1]) if "ids" in part)
        texts += [one.encode() for one in unpack_ids(block.unused_data[:size])]
        rest = block.unused_data[size:]
    return b" ".join(texts)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a tenant at rest with every kind of blob: a rejected plan, a log, and what a crash left."""
    made = JoinedWorld(5, threshold=ChangeThreshold(None, None, 1, None))
    with monkeypatch.context() as large:
        large.setattr("upa_core.state.run_people.inline.INLINE_BYTES", 0)
        quick(made).settle_down()
    made.deliver(row("E0", "100"))
    made.settle_down()
    for person in made.people[:2]:
        made.edit(person, jobTitle=None)
    made.pull()
    made.far()
    assert made.state.hold is not None
    holds.reject(made.ports(), made.connector, made.state.hold.run.id, "Ann")
    made.join(profile=False, department="nobody yet")
    made.settle_down()
    once(made.ports(), "a-key", b"{}", lambda: Response(202, {"runs": []}))
    made.store.put("connectors/hr/told.json", b'{"version":1}')
    made.store.put("connectors/hr/attempts.json", b'{"version":1}')
    made.store.put(calls_key("hr"), b'{"version":1}')
    made.store.put(watcher_key(made.connector.target.lane), b'{"version":1}')
    made.store.put(people_calls_key(made.connector.target.lane), b'{"version":1}')
    made.store.put(proof_key(made.connector.target.lane), b'{"version":1}')
    run = next(found.run for key in made.store.blobs if (found := parse(key)) and found.kind is Kind.OUTCOME)
    made.store.put(progress_key(run, f"upa-hr-{run}-1.json"), b'{"version":1}')
    made.store.put(drift_key("hr"), b'{"version":1}')
    for person in made.people:
        reads = f'{{"version":1,"reads":{{"{person}":[1,1]}},"first":["{person}"]}}'
        made.store.put(drift_part_key("hr", partition_of(person)), reads.encode())
    made.store.put(probe_key("hr", "abcd"), b"x")
    made.store.put(segment_key("hr", "20261122T101500Z-abcd", 1, "abcd"), b"x")
    made.store.put(segment_key("hr", "20261122T101500Z-abcd", 1, "abcd", "keys"), b"x")
    made.store.put(source_key("hr", "hr", "20261122T101500Z-abcd", 1, "abcd"), b"x")
    made.store.put(shard_key("hr", "0", 0), b"x")
    return made


def test_every_kind_is_looked_after() -> None:
    """A kind of blob without a row in this table is one that nobody has thought of."""
    assert set(CARE) == set(Kind)


@pytest.mark.slow
def test_housekeeping_deletes_every_kind_but_what_a_connector_lives_by(world: World) -> None:
    """Half a year later only the blobs that are rewritten in place are left."""
    assert kinds(world) == set(Kind)
    generation = world.state.people.folder
    pause(world.ports(), world.connector, "Ann")
    world.sim.advance(200 * 86_400)
    housekeeping(world.ports(), world.connector, {"requests": forget_old_requests})

    live = {segment.key for segment in source_segments(world.state)}
    keys = [key for key in world.store.blobs if generation not in key and key not in live]
    assert any(key.startswith("connectors/hr/config/") for key in keys)  # the one in force stays; see below
    keys = [key for key in keys if not key.startswith("connectors/hr/config/")]
    left = {found.kind for key in keys if (found := parse(key)) is not None}
    assert left == {kind for kind, care in CARE.items() if not care.swept}


@pytest.mark.slow
def test_a_backup_holds_every_kind_that_a_connector_starts_again_from(world: World, tmp_path: Path) -> None:
    """Archives and the lane aren't a connector's to put back."""
    with (tmp_path / "state.zip").open("xb") as stream:
        backup.write(world.ports(), world.connector, stream)
    with zipfile.ZipFile(tmp_path / "state.zip") as archive:
        held = {found.kind for name in archive.namelist() if (found := parse(name)) is not None}

    assert held == {kind for kind, care in CARE.items() if care.backup}


def test_forgetting_reaches_every_kind_that_names_a_person(world: World) -> None:
    """Kinds that name somebody are those of which the table says so, and none does afterwards."""
    absent = next(iter(world.escrow()))
    persons = (world.people[0], absent)

    assert kinds(world, *persons) == {
        kind for kind, care in CARE.items() if care.forget in ("their entry goes", "deleted")
    }
    for person in persons:
        forget(world.ports(), world.connector, person, "Ann")
    assert kinds(world, *persons) == set()
