"""What an earlier release stored is read by this one: documents that it wrote with a run, a hold and escrow open."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.crash.scenarios import settled
from tests.fakes import MemoryStore
from tests.fixtures.make import EXPORTED, SUMS, sums
from tests.support.world import World
from upa_core.domain.bulk.batch import read, split
from upa_core.domain.bulk.job_log import decode_log, parse_log
from upa_core.domain.connector import ChangeThreshold
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.lane import Lane, Outcome
from upa_core.domain.documents.rounds import Segment as StoredSegment
from upa_core.domain.documents.runs import Decision, FileState, Intent, Report, RoundEnd
from upa_core.domain.health.notification_log import NotificationLog
from upa_core.domain.people.changes import PARTITIONS
from upa_core.http_api.idempotency import Remembered
from upa_core.ports.store import Store
from upa_core.services.admin import backup, holds
from upa_core.services.health.status import status
from upa_core.services.insight.explain import explain
from upa_core.state.document import get_document
from upa_core.state.people import EscrowIndex
from upa_core.state.plan_reader import read_plan
from upa_core.state.rows.segments import SegmentReader
from upa_core.state.run_shards import kept_shards
from upa_core.state.shard_codec import decode_shard

FIXTURES = Path(__file__).parents[1] / "fixtures"
RELEASES = sorted(path for path in FIXTURES.iterdir() if (path / SUMS).is_file())
TENANTS = [release / tenant for release in RELEASES for tenant in ("run", "hold")]
BLOBS = [
    (tenant, path.relative_to(tenant).as_posix())
    for tenant in TENANTS
    for path in sorted(tenant.rglob("*"))
    if path.is_file() and path.name != EXPORTED
]


@dataclass(frozen=True)
class Stored:
    """A tenant's blobs."""

    world: World

    @property
    def store(self) -> Store:
        return self.world.store

    def blob(self, key: str) -> bytes:
        return self.world.store.blobs[key]


def open_tenant(folder: Path) -> Stored:
    """Return a tenant whose storage is what the release left."""
    world = World(threshold=ChangeThreshold(None, None, 1, None))
    world.store = MemoryStore(world.time)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != EXPORTED:
            world.store.put(path.relative_to(folder).as_posix(), path.read_bytes())
    return Stored(world)


def document(kind: type[Any]) -> Callable[[Stored, str], Any]:
    return lambda tenant, key: get_document(tenant.store, key, kind)


def segment(tenant: Stored, key: str) -> Any:
    rows = SegmentReader(tenant.store, StoredSegment(key, 0, len(tenant.blob(key)))).rows(range(PARTITIONS))
    return list(rows)


def plan(tenant: Stored, key: str) -> Any:
    parts = key.split("/")
    return read_plan(tenant.world.ports(), parts[3], FileState(parts[5], 0, 0, 0, 0, ""))


READERS: dict[str, Callable[[Stored, str], Any]] = {
    "connectors/[^/]+/state.json": document(ConnectorState),
    "connectors/[^/]+/told.json": document(NotificationLog),
    "connectors/[^/]+/escrow-due.json": document(EscrowIndex),
    "connectors/[^/]+/rounds/.+": segment,
    "connectors/[^/]+/people/.+": lambda tenant, key: decode_shard(
        tenant.blob(key), tenant.world.connector.targets, where=key
    ),
    "tenants/[^/]+/lane.json": document(Lane),
    "runs/.+/report.json": document(Report),
    "runs/.+/round.json": document(RoundEnd),
    "runs/.+/intent.json": document(Intent),
    "runs/.+/decision.json": document(Decision),
    "runs/.+/outcome.json": document(Outcome),
    "runs/.+/shards": lambda tenant, key: kept_shards(tenant.store, key.split("/")[3], tenant.world.state.people),
    "runs/.+/files/.+": lambda tenant, key: read(split(tenant.blob(key)).values(), orjson.loads),
    "runs/.+/plan/.+": plan,
    "runs/.+/log-.+": lambda tenant, key: parse_log(decode_log(tenant.blob(key))),
    "requests/.+": document(Remembered),
}


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_the_fixtures_are_as_the_release_wrote_them(release: Path) -> None:
    """No tool has changed a byte of them."""
    assert sums(release) == (release / SUMS).read_text(encoding="ascii")


@pytest.mark.parametrize(("tenant", "key"), BLOBS, ids=lambda part: part if isinstance(part, str) else part.name)
def test_every_document_of_an_earlier_release_is_read(tenant: Path, key: str) -> None:
    """Its reader finds something in it; a document without a reader fails."""
    read = next(reader for form, reader in READERS.items() if re.fullmatch(form, key))

    assert read(open_tenant(tenant), key)


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_the_fixtures_hold_every_kind_of_document(release: Path) -> None:
    """A kind that is missing would be a format that nobody looks after."""
    keys = [key for tenant, key in BLOBS if tenant.parent == release]

    assert [form for form in READERS if not any(re.fullmatch(form, key) for key in keys)] == []


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_an_open_run_of_an_earlier_release_is_seen_as_it_was_left(release: Path) -> None:
    """A file in the lane, one abandoned, rounds waiting, one open, one asked for, deletions owed, people in escrow."""
    world = open_tenant(release / "run").world
    state, lane = world.state, world.lane

    assert state.run is not None
    assert lane.in_flight is not None
    assert (lane.in_flight.run, lane.in_flight.phase) == (state.run.id, "queued")
    assert [len(part) for part in (lane.abandoned, state.sealed, state.debts)] == [1, 2, 2]
    assert state.open_round is not None
    assert state.requested is not None
    assert {entry.reason.value for entry in world.escrow().values()} == {"profile_not_created", "requested"}
    assert any(shard.missed for shard in world.shards())
    person = next(iter(world.shards()[0].rows))
    assert explain(world.ports(), world.connector, person).timeline
    assert status(world.ports(), world.connector)["current_run"] == state.run.id


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_a_hold_of_an_earlier_release_can_be_decided(release: Path) -> None:
    """Approving exports its frozen plan; rejected and doubted values of earlier runs are still known."""
    world = open_tenant(release / "hold").world
    hold = world.state.hold
    assert hold is not None
    shards = world.shards()

    assert any(shard.declined for shard in shards)
    assert any(shard.doubted for shard in shards)
    assert world.state.quarantine is not None
    holds.approve(world.ports(), world.connector, hold.run.id, "Ann")
    assert world.state.run is not None
    assert (world.state.run.id, world.state.run.approved) == (hold.run.id, True)


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_an_exported_state_of_an_earlier_release_can_be_restored(release: Path) -> None:
    """The watermark, escrow and rejected values come back; every value is unknown."""
    world = World()
    world.store = MemoryStore(world.time)
    with (release / "hold" / EXPORTED).open("rb") as stream:
        backup.restore(world.ports(), world.connector, stream, name=EXPORTED, trust_shadow=False)

    assert world.state.watermark is not None
    assert world.escrow()
    assert any(shard.declined for shard in world.shards())
    assert {cell for shard in world.shards() for row in shard.rows.values() for cell in row[:-1]} == {None}


def _fields(value: Any, path: str = "") -> set[str]:
    """Return the path of every field of a document; items of a list share one."""
    if isinstance(value, list):
        return {found for item in value for found in _fields(item, f"{path}[]")}
    if not isinstance(value, dict):
        return set()
    inner = {found for key, item in value.items() for found in _fields(item, f"{path}.{key}")}
    return inner | {f"{path}.{key}" for key in value}


def _fields_of(world: World, name: str) -> set[str]:
    keys = [key for key in world.store.blobs if key.endswith(f"/{name}.json")]
    assert keys, f"there is no {name}"
    return {found for key in keys for found in _fields(orjson.loads(world.store.blobs[key]))}


@pytest.mark.parametrize("name", ["state", "lane", "report", "round", "intent", "outcome"])
def test_a_connector_that_uses_nothing_new_stores_only_fields_that_the_first_release_knows(name: str) -> None:
    """A field of a later release is left out at its default."""
    tenants = [open_tenant(FIXTURES / "c22f51c" / tenant).world for tenant in ("run", "hold")]
    known = {found for tenant in tenants for found in _fields_of(tenant, name)}
    world = settled(4)
    world.edit(world.people[0], department="changed")
    world.pull()
    world.far()

    fresh = _fields_of(world, name) - known
    assert fresh == set()


def test_the_fixtures_connector_keeps_its_fingerprint() -> None:
    """Secondary sources enter it only where there are any: no full round for whoever has none."""
    world = open_tenant(FIXTURES / "c22f51c" / "run").world
    assert world.state.watermark is not None

    assert world.connector.fingerprint == world.state.watermark.fingerprint
