"""People shards as stored documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from upa_core.domain.documents import from_json, to_json
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people import EscrowEntry, Shard

SHARD_VERSION = 1


def encode_shard(shard: Shard) -> dict[str, Any]:
    """Turn a shard into its stored document; equal stamps of a person are written once."""
    people = {}
    for person, cells in shard.cells.items():
        stamps = shard.stamps[person]
        if isinstance(stamps, list) and stamps.count(first := stamps[0] if stamps else 0) == len(stamps):
            stamps = first
        people[person] = [stamps, *cells]
    return {
        "version": SHARD_VERSION,
        "targets": list(shard.targets),
        "people": people,
        "escrow": {person: to_json(entry) for person, entry in shard.escrow.items()},
        "missed": shard.missed,
        "declined": shard.declined,
        "floor": shard.floor,
        "writes": shard.writes,
    }


def decode_shard(data: Mapping[str, Any] | None, targets: Sequence[str], *, where: str) -> Shard:
    """Rebuild a shard for today's targets: a target new since then is unknown, one no longer mapped is dropped."""
    shard = Shard(tuple(targets))
    if data is None:
        return shard
    try:
        if data["version"] > SHARD_VERSION:
            raise CorruptStateError(f"{where}: version {data['version']} is newer than this release knows")
        same = tuple(data["targets"]) == shard.targets
        place = [data["targets"].index(t) if t in data["targets"] else -1 for t in targets]
        width = len(data["targets"])
        if same:
            shard.cells = {person: entry[1:] for person, entry in data["people"].items()}
            shard.stamps = {person: entry[0] for person, entry in data["people"].items()}
        else:
            for person, (stamp, *cells) in data["people"].items():
                stamps = stamp if isinstance(stamp, list) else [stamp] * width
                shard.cells[person] = [cells[at] if at >= 0 else None for at in place]
                shard.stamps[person] = [stamps[at] if at >= 0 else 0 for at in place]
        shard.escrow = {person: from_json(EscrowEntry, entry, where=where) for person, entry in data["escrow"].items()}
        shard.missed = dict(data["missed"])
        shard.floor = data.get("floor", 0)
        shard.writes = data.get("writes", 0)
        shard.declined = {person: dict(values) for person, values in data["declined"].items()}
    except (LookupError, TypeError, ValueError, AttributeError) as exc:
        raise CorruptStateError(f"{where} can't be read: {type(exc).__name__}") from exc
    return shard
