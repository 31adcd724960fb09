"""A file as a source of rows: the newest file in its place, read once; its rows count only after the last one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from upa_core.adapters.sources.place import MAX_FILE, FileInfo, KnownColumns, Place, is_finished
from upa_core.adapters.sources.reading import judged
from upa_core.domain.errors import CorruptStateError, OfferHeldError, RefusedError, UnavailableError
from upa_core.domain.sources.contract import Accepted, Contract
from upa_core.domain.sources.findings import Finding, Verdict
from upa_core.ports.clock import Clock
from upa_core.ports.row_source import Closing, Offer

_TOLD = 3
"""Findings in an error; `upa source check` shows all."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    """The contents of a cursor: the last accepted file."""

    file: FileInfo
    sha256: str
    accepted: Accepted


@dataclass(slots=True)
class _Offered:
    """The file on offer, and what was known when it was found."""

    offer: Offer
    file: FileInfo
    last: _Remembered | None
    approved: str
    closing: Closing | None = None


class FileRows:
    """Implements `RowSource` on the files of one place.

    One version of a file is read once: its rows are yielded while it is judged, and an error ends them where the file
    must not count. A file that was delivered again with the same bytes is only hashed.
    """

    def __init__(self, place: Place, contract: Contract, clock: Clock, settle: timedelta) -> None:
        """Take the place of the files, their contract, and the time for which a file must be unchanged."""
        self._place, self._contract, self._clock, self._settle = place, contract, clock, settle
        self._offered: _Offered | None = None

    def look(self, cursor: str, approved: str = "") -> Offer | None:
        """Return the newest file if it isn't the last accepted one and has been unchanged long enough."""
        last = _read(cursor) if cursor else None
        files = [file for file in self._place.files() if is_finished(file.name)]
        if not files:
            raise UnavailableError("no file that fits lies there")
        file = max(files, key=_age)
        if last is not None and file == last.file:
            return None
        if self._clock.now() - file.modified < self._settle:
            return None
        if file.size > MAX_FILE:
            raise RefusedError(f"{file.name} has more than {MAX_FILE // 1_000_000:,} MB, and isn't read")
        if last is not None and file.size == last.file.size and self._hash(file) == last.sha256:
            return Offer(_write(_Remembered(file, last.sha256, last.accepted)), same=True, delivered=file.modified)
        offer = Offer(f"{file.name} {file.tag}", delivered=file.modified)
        self._offered = _Offered(offer, file, last, approved)
        return offer

    def header(self) -> Sequence[str] | None:
        """Return the names of the columns of the newest file, however new it is."""
        if isinstance(self._place, KnownColumns):
            return self._place.columns()
        files = [file for file in self._place.files() if is_finished(file.name)]
        if not files:
            return None
        return judged(self._place.read(max(files, key=_age)), self._contract).names

    def rows(self, offer: Offer, columns: Sequence[str]) -> Iterator[tuple[str, Sequence[str | None]]]:
        """Yield key and cells of every row, and then judge the file as a whole."""
        one = self._of(offer)
        order = [self._contract.columns.index(name) for name in columns]
        in_order = order == list(range(len(self._contract.columns)))
        digest = hashlib.sha256()
        chunks = _hashed(self._place.read(one.file), digest)
        read = judged(chunks, self._contract, one.last.accepted if one.last is not None else None)
        for _, key, values in read:
            if in_order and "" not in values:
                yield key, values
            else:
                yield key, [values[at] or None for at in order]
        for _ in chunks:  # a refusal ends the rows early; the hash is of the whole file
            pass
        one.closing = self._judge(one, digest.hexdigest(), read.verdict)

    def closing(self, offer: Offer) -> Closing:
        """Return what is known of the file."""
        closing = self._of(offer).closing
        if closing is None:
            raise UnavailableError("the file wasn't read to its end")
        return closing

    def _of(self, offer: Offer) -> _Offered:
        if self._offered is None or self._offered.offer != offer:
            raise UnavailableError("the file must be looked at again")
        return self._offered

    def _judge(self, one: _Offered, sha256: str, verdict: Verdict) -> Closing:
        file, holds = one.file, verdict.holds
        if verdict.status == "refused":
            raise RefusedError(_told(file, "is refused", verdict.findings))
        if one.last is not None and file.modified < one.last.file.modified:
            holds = (*holds, "older_file")
        if holds and one.approved != sha256:
            text = _told(file, f"is held ({', '.join(holds)})", verdict.findings)
            raise OfferHeldError(f"{text}. Approve it, or have it replaced", offer=sha256, reasons=holds)
        return Closing(
            _write(_Remembered(file, sha256, verdict.accepted())),
            name=sha256,
            label=file.name,
            rows=verdict.rows,
            whole=verdict.whole,
            contradictory=verdict.contradictory,
            dropped=verdict.void - verdict.contradictory,
        )

    def _hash(self, file: FileInfo) -> str:
        digest = hashlib.sha256()
        for data in self._place.read(file):
            digest.update(data)
        return digest.hexdigest()


def _age(file: FileInfo) -> tuple[datetime, str]:
    return file.modified, file.name


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
