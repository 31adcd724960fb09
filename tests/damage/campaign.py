"""Damage stored documents at random, and read each as the product reads it: healed, or a clear error, nothing else."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.crash.scenarios import quick
from tests.fakes import MemoryStore
from tests.support.world import World
from upa_core.domain.documents.attempts import Attempts
from upa_core.domain.documents.lane import Outcome
from upa_core.domain.documents.runs import Intent, Report, RoundEnd
from upa_core.domain.documents.storage_layout import Kind, parse, run_of
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.changes import PARTITIONS
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.archive import load_outcome
from upa_core.services.deliver.bulk.judge import judge_archive
from upa_core.services.deliver.settle_safely import check_batch
from upa_core.services.health.notify import notification_log_of
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.state.document import Document, get_document, lane_of, state_of, watcher_of
from upa_core.state.people import People
from upa_core.state.plan_reader import people_in, read_known
from upa_core.state.rows.segments import SegmentReader
from upa_core.state.run_shards import kept_shards

Read = Callable[[Ports, World, str], Any]
LOST = object()
"""What a shortcut reads as where it can't be used: it is made anew, or done without."""
DAMAGES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "a bit": lambda data, r: _at(data, r, lambda byte: byte ^ 1 << r.randrange(8)),
    "a digit": lambda data, r: _at(data, r, lambda byte: 48 + (byte + 1 + r.randrange(9)) % 10),
    "cut": lambda data, r: data[: r.randrange(len(data))],
    "emptied": lambda data, r: b"",
    "zeros": lambda data, r: _span(data, r, lambda part: bytes(len(part))),
    "doubled": lambda data, r: _span(data, r, lambda part: part + part),
    "left out": lambda data, r: _span(data, r, lambda part: b""),
    "appended": lambda data, r: data + bytes(r.randrange(32, 127) for _ in range(r.randrange(1, 9))),
}


@dataclass
class Tally:
    """What came of the damages."""

    tried: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def _at(data: bytes, r: random.Random, change: Callable[[int], int]) -> bytes:
    at = r.randrange(len(data))
    return data[:at] + bytes([change(data[at])]) + data[at + 1 :]


def _span(data: bytes, r: random.Random, change: Callable[[bytes], bytes]) -> bytes:
    at = r.randrange(len(data))
    end = min(len(data), at + r.randrange(1, 40))
    return data[:at] + change(data[at:end]) + data[end:]


def _world() -> World:
    """Return a tenant in the middle of its life: every document that decides anything is there."""
    world = quick(World(7))
    world.join(profile=False, department="nobody yet")
    world.settle_down()
    world.edit(world.people[0], department="B")
    world.edit(world.people[1], jobTitle=None)
    world.pull()
    world.far()
    world.edit(world.people[2], department="C")
    world.pull()
    housekeeping(world.ports(), world.connector)
    return world


def _document(kind: Any) -> Read:
    def read(ports: Ports, _: World, key: str) -> Any:
        stored = get_document(ports.store, key, kind)
        return stored.value if stored is not None else None

    return read


def _segment(ports: Ports, world: World, key: str) -> Any:
    for sealed in world.state.sealed:
        for segment in sealed.segments:
            if segment.key == key:
                return list(SegmentReader(ports.store, segment).rows(range(PARTITIONS)))
    return LOST


def _people(ports: Ports, world: World, key: str) -> Any:
    people = People(ports.store, world.connector, world.state.people)
    shard = people.load(int(key.rpartition("/")[2].partition(".")[0])).value
    return dict(shard.rows), shard.escrow, shard.missed, shard.declined, shard.doubted, shard.floor


def _batch(ports: Ports, world: World, key: str) -> Any:
    run = run_of(key)
    intent = next(
        one.value
        for k in world.store.blobs
        if run_of(k) == run and k.endswith("intent.json")
        if (one := get_document(world.store, k, Intent)) is not None
    )
    file = next(one for one in intent.files if key.endswith(one.name))
    check_batch(ports, run, file)
    return people_in(ports, run, file.name, file.route)


def _log(ports: Ports, world: World, key: str) -> Any:
    place = key.rpartition("/")[0]
    outcome = get_document(world.store, f"{place}/outcome.json", Outcome)
    assert outcome is not None
    return judge_archive(ports, outcome.value, people_in(ports, outcome.value.run, outcome.value.file, "bulk"))


READERS: dict[Kind, Read] = {
    Kind.STATE: lambda ports, world, _: state_of(ports.store, world.connector.name).load().value,
    Kind.LANE: lambda ports, world, _: lane_of(ports.store, world.connector).load().value,
    Kind.WATCHER: lambda ports, world, _: watcher_of(ports.store, world.connector).load().value,
    Kind.NOTIFIED: lambda ports, world, _: notification_log_of(ports, world.connector).load().value,
    Kind.ATTEMPTS: lambda ports, _, key: Document(ports.store, key, Attempts(), disposable=True).load().value,
    Kind.ESCROW_INDEX: lambda ports, world, _: dict(People(ports.store, world.connector, world.state.people).books()),
    Kind.SEGMENT: _segment,
    Kind.PEOPLE_SHARD: _people,
    Kind.RUN_SHARDS: lambda ports, world, key: kept_shards(ports.store, run_of(key), world.state.people) or LOST,
    Kind.INTENT: _document(Intent),
    Kind.OUTCOME: lambda ports, _, key: load_outcome(ports, run_of(key), key.split("/")[-2]),
    Kind.REPORT: _document(Report),
    Kind.ROUND_END: _document(RoundEnd),
    Kind.IMPORT_FILE: _batch,
    Kind.PLAN: lambda ports, _, key: read_known(ports.store, run_of(key), key.rpartition("/")[2]),
    Kind.JOB_LOG: _log,
}
DISPOSABLE = {Kind.WATCHER, Kind.NOTIFIED, Kind.ATTEMPTS, Kind.ESCROW_INDEX, Kind.RUN_SHARDS}
"""What is only a note or a shortcut: nothing but haste and repetition is lost with it."""


def campaign(times: int, *, seed: int = 1) -> Tally:
    """Damage a document `times`, each time in a fresh copy of the storage, and read it."""
    chance, world, tally = random.Random(seed), _world(), Tally()
    ports = world.ports()
    whole = world.store
    targets = [(key, found.kind) for key in whole.blobs if (found := parse(key)) is not None and found.kind in READERS]
    kinds = sorted({kind for _, kind in targets})
    before = {key: READERS[kind](ports, world, key) for key, kind in targets}
    for number in range(times):
        kind = kinds[number % len(kinds)]
        key = chance.choice([key for key, other in targets if other is kind])
        how = chance.choice(list(DAMAGES))
        data = DAMAGES[how](whole.blobs[key], chance)
        if data == whole.blobs[key]:
            continue
        tally.tried += 1
        copy = whole.copy()
        copy.put(key, data)
        outcome = _outcome(ports, world, copy, key, kind, before[key])
        tally.outcomes[outcome] += 1
        if outcome in ("raw", "silent"):
            digest = hashlib.sha256(data).hexdigest()[:8]
            tally.wrong.append(f"{outcome}: {kind}, {how}, {key} ({digest}, number {number} of seed {seed})")
    return tally


def _outcome(ports: Ports, world: World, copy: MemoryStore, key: str, kind: Kind, before: Any) -> str:
    try:
        after = READERS[kind](replace(ports, store=copy), world, key)
    except CorruptStateError:
        return "clear error"
    except Exception:  # noqa: BLE001 - what the campaign looks for
        return "raw"
    if after == before or after is LOST:
        return "healed"
    empty = not getattr(after, "entries", None) and not getattr(after, "looked", None)
    return "healed" if kind in DISPOSABLE and empty else "silent"
