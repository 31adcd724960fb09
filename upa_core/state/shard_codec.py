"""People shards as stored blobs: a line of JSON for the shard itself, then the JSON object of its rows.

The line holds the number of rows, and ends in the CRC-32 of its content and of the rows. A shard of an
earlier release tells neither, and both once it is written again.

The rows stand apart so that a day, which touches a few people of a shard, need not decode the others (`StoredRows`).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from upa_core.domain.documents.codec import from_json, to_json
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.escrow import Escrow
from upa_core.domain.people.escrow_entry import WHOLE, EscrowEntry, EscrowReason
from upa_core.domain.people.shadow import ShadowRow, Shard
from upa_core.state.rows.shard_rows import StoredRows

SHARD_VERSION = 3
"""Since version 3, single properties wait in escrow."""
_WITHOUT_PROPERTIES = 2
"""Written while no single property waits, so that the release before can read it."""
_WITHOUT_CHECK = {"version", "targets", "escrow", "missed", "declined", "floor", "doubted", "writes", "people"}
"""The fields of a shard from a release before checksums."""
_CHECK = re.compile(rb',"check":"([0-9a-f]{8})"}\Z')


def encode_shard(shard: Shard) -> bytes:
    """Encode a shard as its stored blob."""
    whole, waiting = _encode_escrow(shard.escrow)
    head: dict[str, Any] = {
        "version": SHARD_VERSION if waiting else _WITHOUT_PROPERTIES,
        "targets": shard.targets,
        "escrow": whole,
        "missed": shard.missed,
        "declined": shard.declined,
        "floor": shard.floor,
        "doubted": shard.doubted,
        "writes": shard.writes,
    }
    if waiting:
        head["waiting"] = waiting
    if shard.escrow.allowed:
        head["allowed"] = shard.escrow.allowed
    if shard.ours:
        head["ours"] = shard.ours
    if shard.lost:
        head["lost"] = True
    rows = shard.rows
    if (count := count_rows(shard)) is not None:
        head["count"] = count
    body = rows.encoded() if isinstance(rows, StoredRows) else orjson.dumps(rows)
    line = orjson.dumps(head)[:-1]
    return b"".join((line, b',"check":"%08x"}' % zlib.crc32(body, zlib.crc32(line)), b"\n", body))


def count_rows(shard: Shard) -> int | None:
    """Return the number of people with a row; None where it isn't known without decoding."""
    return shard.rows.count if isinstance(shard.rows, StoredRows) else len(shard.rows)


def _check(line: bytes, body: bytes, where: str) -> None:
    """Raise `CorruptStateError` where a shard's checksum doesn't fit."""
    found = _CHECK.search(line, max(0, len(line) - 32))
    if found is None and not orjson.loads(line).keys() <= _WITHOUT_CHECK:
        raise CorruptStateError(f"{where} is damaged: its checksum is missing")
    if found is not None and int(found[1], 16) != zlib.crc32(body, zlib.crc32(line[: found.start()])):
        raise CorruptStateError(f"{where} is damaged: its checksum doesn't fit")


def decode_shard(data: bytes | None, targets: Sequence[str], *, where: str, few: bool = False) -> Shard:
    """Decode a shard for the current targets: a new target is unknown, one that is no longer mapped is dropped.

    Args:
        few: only a few people will be asked for; their rows are decoded one by one.
        where: names the blob in the error.

    Raises:
        CorruptStateError: the blob is damaged, isn't a shard, or is one of a newer release.
    """
    shard = Shard(tuple(targets))
    if data is None:
        return shard
    try:
        line, _, body = data.partition(b"\n")
        head = orjson.loads(line)
        if head["version"] > SHARD_VERSION:
            raise CorruptStateError(f"{where}: version {head['version']} is newer than this release knows")
        _check(line, body, where)
        _decode_escrow(head, shard.escrow, where)
        shard.missed = dict(head["missed"])
        shard.floor = head.get("floor", 0)
        shard.writes = head.get("writes", 0)
        shard.lost = head.get("lost", False)
        shard.declined = {person: dict(values) for person, values in head["declined"].items()}
        shard.doubted = {person: dict(values) for person, values in head.get("doubted", {}).items()}
        shard.ours = _ours(head, targets)
        if few and head["version"] > 1 and tuple(head["targets"]) == shard.targets:
            shard.rows = StoredRows(body, where, head.get("count"))
        else:
            shard.rows = _rows(head, body, shard.targets)
            shard.dropped = not set(head["targets"]) <= set(shard.targets)
            if len(shard.rows) != head.get("count", len(shard.rows)):
                raise CorruptStateError(f"{where} is damaged: it holds {len(shard.rows)} rows, not {head['count']}")
    except (LookupError, TypeError, ValueError, AttributeError) as exc:
        raise CorruptStateError(f"{where} can't be read: {type(exc).__name__}") from exc
    return shard


def _encode_escrow(escrow: Escrow) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the entries of whole persons, as the release before knows them, and the people with entries of properties.

    One invalid value was always stored with its property's name as the detail.
    """
    whole: dict[str, Any] = {}
    waiting: dict[str, dict[str, Any]] = {}
    for person in escrow:
        entries = escrow[person]
        (target, entry), *others = entries.items()
        plain = target == WHOLE or (entry.reason is EscrowReason.INVALID_VALUE and target == entry.detail)
        if plain and not others and not entry.searching:
            whole[person] = to_json(entry)
        else:
            waiting[person] = {name: to_json(one) for name, one in entries.items()}
    return whole, waiting


def _decode_escrow(head: Mapping[str, Any], escrow: Escrow, where: str) -> None:
    for person, stored in head["escrow"].items():
        entry = from_json(EscrowEntry, stored, where=where)
        escrow.put(person, (entry.reason is EscrowReason.INVALID_VALUE and entry.detail) or WHOLE, entry)
    for person, entries in head.get("waiting", {}).items():
        for target, stored in entries.items():
            escrow.put(person, target, from_json(EscrowEntry, stored, where=where))
    escrow.allowed = {person: dict(sent) for person, sent in head.get("allowed", {}).items()}


def _ours(head: Mapping[str, Any], targets: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """Return values of ours by person, of properties that are mapped now."""
    found = {}
    for person, values in head.get("ours", {}).items():
        if kept := {target: list(mine) for target, mine in values.items() if target in targets}:
            found[person] = kept
    return found


def _rows(head: Mapping[str, Any], body: bytes, targets: tuple[str, ...]) -> dict[str, ShadowRow]:
    stored = tuple(head["targets"])
    if head["version"] == 1:  # the stamp came first, and the rows were in the same object
        rows: dict[str, ShadowRow] = {person: [*cells, stamp] for person, (stamp, *cells) in head["people"].items()}
    else:
        rows = orjson.loads(body)
    if stored == targets:
        return rows
    place = [stored.index(target) if target in stored else -1 for target in targets]
    fitted = {}
    for person, (*cells, stamp) in rows.items():
        stamps = stamp if isinstance(stamp, list) else [stamp] * len(stored)
        fitted[person] = [
            *(cells[at] if at >= 0 else None for at in place),
            [stamps[at] if at >= 0 else 0 for at in place],
        ]
    return fitted
