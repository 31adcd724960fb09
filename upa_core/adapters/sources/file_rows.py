"""A file as a secondary source: the newest one that lies there, judged as a whole before its first row counts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from upa_core.adapters.sources.place import FileInfo, Place, is_finished
from upa_core.adapters.sources.reading import judged
from upa_core.domain.errors import CorruptStateError, OfferHeldError, RefusedError, UnavailableError
from upa_core.domain.sources.contract import Accepted, Contract
from upa_core.domain.sources.findings import Finding
from upa_core.domain.sources.keys import SEPARATOR
from upa_core.domain.sources.verdict import Verdict
from upa_core.ports.clock import Clock
from upa_core.ports.row_source import Offer

_TOLD = 3
"""Findings that an error tells; `upa source check` tells all."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What a cursor says of the file accepted last."""

    file: FileInfo
    sha256: str
    accepted: Accepted


class FileRows:
    """Implements `RowSource` on the files of one place.

    A file is read twice: for the verdict, and for its rows. Both times its bytes are hashed, and other bytes the second
    time end the rows with an error: nothing is taken from a file but what was judged, and no copy of it is kept.
    """

    def __init__(self, place: Place, contract: Contract, clock: Clock, settle: timedelta) -> None:
        """Take where the files lie, what they promise, and how long a file must have lain unchanged."""
        self._place, self._contract, self._clock, self._settle = place, contract, clock, settle
        self._judged: tuple[str, FileInfo, str, Verdict] | None = None
        """Cursor, file, hash and verdict of the last offer."""

    def look(self, cursor: str, approved: str = "") -> Offer | None:
        """Return the newest file if it isn't the one accepted last, once it has lain unchanged long enough."""
        last = _read(cursor) if cursor else None
        files = [file for file in self._place.files() if is_finished(file.name)]
        if not files:
            raise UnavailableError("no file that fits lies there")
        file = max(files, key=lambda one: (one.modified, one.name))
        if last is not None and file == last.file:
            return None
        if self._clock.now() - file.modified < self._settle:
            return None
        sha256, verdict = self._judge(file, last)
        if last is not None and sha256 == last.sha256:
            return None
        if verdict.status == "refused":
            raise RefusedError(_told(file, "is refused", verdict.findings))
        holds = verdict.holds
        if last is not None and file.modified < last.file.modified:
            holds = (*holds, "older_file")
        if holds and approved != sha256:
            text = _told(file, f"is held ({', '.join(holds)})", verdict.findings)
            raise OfferHeldError(f"{text}. Approve it, or have it replaced", offer=sha256, reasons=holds)
        made = _write(_Remembered(file, sha256, verdict.accepted()))
        self._judged = (made, file, sha256, verdict)
        return Offer(made, complete=True, name=sha256)

    def rows(self, offer: Offer, columns: Sequence[str]) -> Iterator[Sequence[str | None]]:
        """Yield the cells of every row that counts; the key's columns as keys are compared."""
        if self._judged is None or self._judged[0] != offer.cursor:
            raise UnavailableError("the file must be looked at again")
        _, file, sha256, verdict = self._judged
        keys = [part.column for part in self._contract.keys]
        places = {name: at for at, name in enumerate((*keys, *verdict.columns))}
        order = [places[name] for name in columns]
        digest = hashlib.sha256()
        read = judged(_hashed(self._place.read(file), digest), self._contract, None)
        for _, key, values in read:
            if key in verdict.void:
                continue
            cells = (*key.split(SEPARATOR), *values)
            yield [cells[at] or None for at in order]
        if digest.hexdigest() != sha256:
            raise UnavailableError(f"{file.name} was replaced while it was read")

    def _judge(self, file: FileInfo, last: _Remembered | None) -> tuple[str, Verdict]:
        digest = hashlib.sha256()
        chunks = _hashed(self._place.read(file), digest)
        read = judged(chunks, self._contract, last.accepted if last is not None else None)
        for _ in read:
            pass
        for _ in chunks:  # a refusal ends the rows early; the hash is of the whole file
            pass
        return digest.hexdigest(), read.verdict


def _hashed(chunks: Iterator[bytes], digest: Any) -> Iterator[bytes]:
    for data in chunks:
        digest.update(data)
        yield data


def _told(file: FileInfo, what: str, findings: Sequence[Finding]) -> str:
    grave = [finding for finding in findings if finding.effect in ("refused", "held")]
    told = []
    for finding in grave[:_TOLD]:
        where = ", ".join(part for part in (f"line {finding.line}" if finding.line else "", finding.cell) if part)
        told.append(f"{where}: {finding.message}" if where else finding.message)
    more = f"; {len(grave) - _TOLD} more" if len(grave) > _TOLD else ""
    return f"{file.name} {what}: {'; '.join(told)}{more}" if told else f"{file.name} {what}"


def _write(one: _Remembered) -> str:
    import orjson  # vendor imports are lazy

    return orjson.dumps(
        {
            "name": one.file.name,
            "size": one.file.size,
            "modified": one.file.modified,
            "tag": one.file.tag,
            "sha256": one.sha256,
            "rows": one.accepted.rows,
            "shares": one.accepted.shares,
            "delimiter": one.accepted.delimiter,
        }
    ).decode()


def _read(cursor: str) -> _Remembered:
    import orjson  # vendor imports are lazy

    try:
        held = orjson.loads(cursor)
        modified = datetime.fromisoformat(held["modified"])
        file = FileInfo(held["name"], held["size"], modified, held["tag"])
        return _Remembered(file, held["sha256"], Accepted(held["rows"], held["shares"], held["delimiter"]))
    except (ValueError, KeyError, TypeError) as exc:
        raise CorruptStateError("what was remembered of the file accepted last can't be read") from exc
