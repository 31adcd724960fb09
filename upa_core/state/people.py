"""People shards and the escrow index, over the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import PeopleIndex, WaitingPeople
from upa_core.domain.documents.storage_layout import due_key, shard_key
from upa_core.domain.errors import ConflictError, CorruptStateError
from upa_core.domain.people.shadow import Shard
from upa_core.ports.store import Blob, Store
from upa_core.state.document import Stored, get_document, put_document
from upa_core.state.shard_codec import count_rows, decode_shard, encode_shard
from upa_core.state.shards_there import ShardsThere

_TOO_MANY = "the index of escrow is being written by too many at once"
_TRIES = 8

FEW_PEOPLE = 16
"""Up to this many people of a shard are decoded one by one: each is searched in the whole blob."""
MAX_KEPT = 32 * 1024 * 1024
"""Bytes of shards that are kept for settling; a run that touches more reads them again."""
_FEW = 8
"""Up to this many shards are read or written one after the other."""

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def _at_once(store: Store, work: Callable[[_In], _Out], items: Sequence[_In]) -> list[_Out]:
    """Do the same work for each item, in as many threads as the store allows: for slow calls to storage.

    Not for work of our own: threads take turns at it, and each needs its own memory.
    """
    if len(items) <= _FEW or store.calls_at_once == 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(store.calls_at_once) as pool:
        return list(pool.map(work, items))


@dataclass(frozen=True, slots=True)
class ReasonBook:
    """The people of one shard who are in escrow for one reason."""

    people: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class EscrowBook:
    """The index's summary of one shard's escrow."""

    due: datetime | None = None
    reasons: dict[str, ReasonBook] = field(default_factory=dict)
    writes: int = 0
    """The shard's write count when this was summed up."""


@dataclass(frozen=True, slots=True)
class EscrowIndex:
    """Escrow by shard number: who is due when, and how many wait for which reason.

    Rebuilt from the shards if it is lost.
    """

    folder: str
    """The generation of shards that it describes."""
    version: int = 1
    books: dict[str, EscrowBook] = field(default_factory=dict)


def book_of(shard: Shard) -> EscrowBook:
    """Return the summary of a shard's escrow."""
    reasons: dict[str, ReasonBook] = {}
    counted: set[tuple[str, str]] = set()
    for person, _, entry in shard.escrow.entries():
        before = reasons.get(entry.reason.value)
        oldest = entry.since if before is None else min(before.oldest, entry.since)
        once = (person, entry.reason.value) not in counted
        reasons[entry.reason.value] = ReasonBook((before.people if before is not None else 0) + once, oldest)
        counted.add((person, entry.reason.value))
    return EscrowBook(shard.escrow.next_due(), reasons, shard.writes)


def _waiting_in(shard: Shard) -> WaitingPeople:
    return WaitingPeople(len(shard.escrow), sum(person not in shard.rows for person in shard.escrow))


def _size(blob: Blob | None) -> int:
    return len(blob.data) if blob is not None else 0


class People:
    """The people shards of one generation of a connector."""

    def __init__(self, store: Store, connector: Connector, index: PeopleIndex) -> None:
        self._store = store
        self._name = connector.name
        self._targets = connector.targets
        self.index = index
        self.kept: dict[int, Blob | None] | None = None
        """Shards as they were last read or written here, kept for settling (a value None: nothing is stored).

        The whole is None where nothing is kept, or when it has become too much.
        """
        self._kept_bytes = 0
        self._noted: Mapping[int, EscrowBook] = {}
        self._there = ShardsThere(store, connector.name, index.folder)

    def load(self, shard: int, *, few: bool = False) -> Stored[Shard]:
        """Read a shard, for a few of its people or for all; an empty one where it never existed.

        Raises `CorruptStateError` for one that is lost or damaged.
        """
        return self._loaded(shard, self._get(shard), few=few)

    def load_all(self, shards: Mapping[int, bool]) -> dict[int, Stored[Shard]]:
        """Read several shards at a time, each for a few people (True) or for all; raises as `load`."""
        blobs = _at_once(self._store, self._get, list(shards))
        return {n: self._loaded(n, blob, few=shards[n]) for n, blob in zip(shards, blobs, strict=True)}

    def decode(self, shard: int, kept: Blob | None, *, few: bool = False) -> Stored[Shard]:
        """Decode a stored shard; None gives an empty one."""
        data, etag = (kept.data, kept.etag) if kept is not None else (None, None)
        return Stored(decode_shard(data, self._targets, where=self._key(shard), few=few), etag)

    def save(self, shard: int, read: Stored[Shard]) -> None:
        """Write a changed shard over the version that was read; raises `ConflictError` where somebody else wrote."""
        self._put(shard, read, self._encoded(read))

    def save_all(self, changed: Mapping[int, Stored[Shard]]) -> list[int]:
        """Write several changed shards at a time; return those that somebody else wrote, which stay as they are."""
        data = {shard: self._encoded(read) for shard, read in changed.items()}

        def lost(shard: int) -> bool:
            try:
                self._put(shard, changed[shard], data[shard])
            except ConflictError:
                return True
            return False

        shards = list(changed)
        return [shard for shard, gone in zip(shards, _at_once(self._store, lost, shards), strict=True) if gone]

    def note(self, changed: Mapping[int, EscrowBook]) -> None:
        """Update the index for the shards that changed; a newer summary of a shard stays.

        The index that `due_shards` read is older than the shards read after it, even with a higher count: a shard that
        was lost or restored has fewer writes than were noted.

        Written shards are added to the list of shards.
        """
        self._there.add()
        for _ in range(_TRIES if changed else 0):
            stored = self._index()
            books = dict(stored.value.books)
            for shard, book in changed.items():
                noted = books.get(str(shard))
                newer = noted is not None and noted.writes > book.writes
                if newer and noted != self._noted.get(shard):
                    continue
                if book.reasons:
                    books[str(shard)] = book
                else:
                    books.pop(str(shard), None)
            fresh = EscrowIndex(self.index.folder, books=books)
            if fresh == stored.value:
                return
            try:
                put_document(self._store, due_key(self._name), fresh, etag=stored.etag, if_absent=stored.etag is None)
            except ConflictError:
                continue
            return
        if changed:
            raise ConflictError(_TOO_MANY)

    def _get(self, shard: int) -> Blob | None:
        blob = self._store.get(self._key(shard))
        if blob is None and self._there.has(shard):
            blob = self._store.get(self._key(shard))  # perhaps it was written for the first time meanwhile
            if blob is None:
                raise CorruptStateError(f"{self._key(shard)} is lost: it was written, and isn't there any more")
        return blob

    def _key(self, shard: int) -> str:
        return shard_key(self._name, self.index.folder, shard)

    def _loaded(self, shard: int, blob: Blob | None, *, few: bool) -> Stored[Shard]:
        self._keep(shard, blob)
        return self.decode(shard, blob, few=few)

    def _encoded(self, read: Stored[Shard]) -> bytes:
        read.value.writes += 1
        return encode_shard(read.value)

    def _put(self, shard: int, read: Stored[Shard], data: bytes) -> None:
        written = self._store.put(self._key(shard), data, if_match=read.etag, if_absent=read.etag is None)
        self._there.note(shard, count_rows(read.value), _waiting_in(read.value))
        self._keep(shard, Blob(data, written))

    def _keep(self, shard: int, blob: Blob | None) -> None:
        if self.kept is None:
            return
        self._kept_bytes += _size(blob) - _size(self.kept.get(shard))
        self.kept[shard] = blob
        if self._kept_bytes > MAX_KEPT:
            self.kept = None

    def books(self) -> Mapping[int, EscrowBook]:
        """Return the summaries of escrow, by shard."""
        return {int(shard): book for shard, book in self._index().value.books.items()}

    def due_shards(self, now: datetime) -> list[int]:
        """Return the shards in which somebody in escrow is due."""
        self._noted = self.books()
        return sorted(shard for shard, book in self._noted.items() if book.due is not None and book.due <= now)

    def next_due(self) -> datetime | None:
        """Return when the first person in escrow is due, None where nobody is."""
        return min((book.due for book in self.books().values() if book.due is not None), default=None)

    def _index(self) -> Stored[EscrowIndex]:
        """Read the index; a lost or damaged one, or one of other shards, is rebuilt."""
        key = due_key(self._name)
        for _ in range(_TRIES):
            try:
                stored = get_document(self._store, key, EscrowIndex)
            except CorruptStateError:
                blob = self._store.get(key)
                stored = Stored(EscrowIndex(folder="?"), blob.etag if blob is not None else None)
            if stored is not None and stored.value.folder == self.index.folder:
                return stored
            fresh = EscrowIndex(self.index.folder, books=dict(self._rebuilt()))
            etag = stored.etag if stored is not None else None
            try:
                return Stored(fresh, put_document(self._store, key, fresh, etag=etag, if_absent=etag is None))
            except ConflictError:
                continue
        raise ConflictError(_TOO_MANY)

    def _rebuilt(self) -> Iterator[tuple[str, EscrowBook]]:
        for number in self._there.numbers():
            shard = self.load(number).value
            if shard.escrow:
                yield str(number), book_of(shard)
