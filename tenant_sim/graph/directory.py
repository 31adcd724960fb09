"""The directory: users as compact bytes, with every version they ever had. Never sees HTTP.

A user is a slot number; a record is a row of the attributes that were ever set, with an explicit null for one that was
cleared: delta has to tell "cleared" from "never set" [GR-10].
"""

from __future__ import annotations

import random
import threading
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from tenant_sim.clock import iso
from tenant_sim.graph import schema
from tenant_sim.graph.log import ChangeLog, Kind
from tenant_sim.graph.rows import Rows
from tenant_sim.schedule import Schedule

CHUNK = 200
"""Users per block of the page cache: the page cap of users/delta [GR-9]."""

LIVE, SOFT, HARD = 0, 1, 2

RESTORABLE_S = 30 * 86_400
"""A deleted user can be restored for 30 days, and not after that [GR-13]."""


class Directory:
    """Users of the tenant."""

    def __init__(
        self, rng: random.Random, now: Callable[[], float], lock: AbstractContextManager[Any] | None = None
    ) -> None:
        self._rng, self._now = rng, now
        self._lock = lock or threading.RLock()
        self.log = ChangeLog()
        self.rows = Rows()
        self.ids: list[str] = []
        self.records: list[bytes] = []
        self.status = bytearray()
        self.removed_at: dict[int, float] = {}
        self.chunk_seq = array("q")
        self._slots: dict[str, int] = {}
        self._by_name: dict[str, dict[str, int]] | None = None
        self.listeners: list[Callable[[int, Kind, bool | None, float], None]] = []

    # -- editing -----------------------------------------------------------------------------------------------------

    def add(self, attributes: dict[str, Any], *, profile: bool | None = True) -> str:
        """Create a user and return the id.

        `profile`: True, the UPA profile exists at once; False, not yet; None, as the tenant's `profile_delay` says.
        """
        schema.check(attributes)
        record = {key: value for key, value in attributes.items() if value is not None}
        with self._lock:
            taken = record.get("userPrincipalName")
            if taken and self.by_name("userPrincipalName", taken) is not None:
                raise ValueError(f"another user has the userPrincipalName {taken}")
            slot = self._insert(record, self._now())
            self._tell(slot, Kind.CREATE, profile)
            return self.ids[slot]

    def load(self, people: Iterable[dict[str, Any]], *, profile: bool | None = True) -> int:
        """Create many users fast, without checking their attributes; return how many."""
        before, now = len(self.ids), self._now()
        for record in people:
            with self._lock:
                self._tell(self._insert(record, now), Kind.CREATE, profile)
        return len(self.ids) - before

    def edit(self, user: str, /, **attributes: Any) -> None:
        """Change attributes; None clears."""
        self.patch(user, attributes)

    def patch(self, user: str, attributes: dict[str, Any]) -> None:
        """Change attributes; None clears; of a complex attribute only the parts that are named.

        ASSUMED [GR-45]: a PATCH of employeeOrgData keeps the parts that it doesn't name.
        """
        schema.check(attributes)
        with self._lock:
            slot = self._live_slot(user)
            old = self.rows.unpack(self.records[slot])
            touched = _merge(old, attributes)
            if touched:
                self._unindex(slot)
                self._write(slot, Kind.EDIT, self.rows.pack(old), frozenset(touched))
                self._index(slot, old)

    def touch(self, user: str, name: str) -> None:
        """Note a change of something that the record doesn't hold, such as the manager."""
        with self._lock:
            slot = self._live_slot(user)
            self._write(slot, Kind.EDIT, self.records[slot], frozenset({name}))

    def remove(self, user: str, hard: bool = False) -> None:
        """Delete a user: soft (restorable for 30 days) or for good."""
        with self._lock:
            slot = self._slot(user)
            if self.status[slot] == HARD or (self.status[slot] == SOFT and not hard):
                raise KeyError(f"user {user} is deleted already")
            self._unindex(slot)
            self.status[slot] = HARD if hard else SOFT
            self.removed_at[slot] = self._now()
            self._write(slot, Kind.PURGE if hard else Kind.REMOVE, None)

    def restore(self, user: str) -> None:
        """Restore a soft-deleted user; delta shows them as new [GR-14]."""
        with self._lock:
            slot = self._slot(user)
            if self.status[slot] != SOFT:
                raise KeyError(f"user {user} is not in deletedItems")
            self.status[slot] = LIVE
            self.removed_at.pop(slot, None)
            self._write(slot, Kind.RESTORE, self.records[slot])
            self._index(slot, self.rows.unpack(self.records[slot]))

    # -- reading -----------------------------------------------------------------------------------------------------

    def get(self, user: str) -> dict[str, Any]:
        """Return a live user's attributes that have a value, with `id`."""
        return self.record(self._live_slot(user))

    def record(self, slot: int) -> dict[str, Any]:
        """Read a slot's attributes that have a value."""
        raw = self.rows.unpack(self.records[slot])
        return {"id": self.ids[slot], **{k: v for k, v in raw.items() if v is not None}}

    def users(self) -> list[dict[str, Any]]:
        """Return all live users."""
        return [self.record(slot) for slot in self.live_slots()]

    def live_slots(self) -> Iterator[int]:
        """Walk over live users in the order of their creation."""
        return (slot for slot, state in enumerate(self.status) if state == LIVE)

    def versions(self) -> list[tuple[datetime, str, dict[str, Any] | None]]:
        """Return every version of every user in order: (time, id, attributes with a value, or None when deleted)."""
        history = []
        for n, raw in enumerate(self.log.records):
            record = None
            if raw is not None:
                record = {k: v for k, v in self.rows.unpack(raw).items() if v is not None}
            moment = datetime.fromtimestamp(self.log.times[n], UTC)
            history.append((moment, self.ids[self.log.slots[n]], record))
        return history

    def find(self, id_or_upn: str) -> int | None:
        """Find a live user's slot by id or user principal name."""
        slot = self._slots.get(id_or_upn.lower())
        if slot is None:
            slot = self.by_name("userPrincipalName", id_or_upn)
        return slot if slot is not None and self.status[slot] == LIVE else None

    def slot_of(self, user: str) -> int | None:
        """Find a slot by id, deleted users too."""
        return self._slots.get(user.lower())

    def by_name(self, attribute: str, value: str) -> int | None:
        """Find a live user by `userPrincipalName` or `mail`, in any case."""
        if self._by_name is None:
            self._by_name = {"userPrincipalName": {}, "mail": {}}
            for slot in self.live_slots():
                self._index(slot, self.rows.unpack(self.records[slot]))
        return self._by_name[attribute].get(value.lower())

    def __len__(self) -> int:
        return self.status.count(LIVE)

    def deleted(self) -> list[dict[str, Any]]:
        """Return the users in deletedItems."""
        return [
            {"id": self.ids[slot], "deletedDateTime": iso(when)}
            for slot, when in self.removed_at.items()
            if self.status[slot] == SOFT
        ]

    # -- inside ------------------------------------------------------------------------------------------------------

    def _insert(self, record: dict[str, Any], moment: float) -> int:
        given = record.pop("id", None)
        user_id = given.lower() if given else self.new_id()
        if user_id in self._slots:
            raise ValueError(f"user {user_id} exists already")
        slot = len(self.ids)
        raw = self.rows.pack(record)
        self.ids.append(user_id)
        self.records.append(raw)
        self.status.append(LIVE)
        self._slots[user_id] = slot
        self._index(slot, record)
        if slot % CHUNK == 0:
            self.chunk_seq.append(0)
        self.chunk_seq[slot // CHUNK] = self.log.append(moment, slot, Kind.CREATE, raw)
        return slot

    def _write(self, slot: int, kind: Kind, record: bytes | None, touched: frozenset[str] | None = None) -> None:
        if record is not None:
            self.records[slot] = record
        self.chunk_seq[slot // CHUNK] = self.log.append(self._now(), slot, kind, record, touched)
        self._tell(slot, kind, None)

    def _index(self, slot: int, record: dict[str, Any]) -> None:
        for name, entries in (self._by_name or {}).items():
            if record.get(name):
                entries[record[name].lower()] = slot

    def _unindex(self, slot: int) -> None:
        if self._by_name is None:
            return
        record = self.rows.unpack(self.records[slot])
        for name, entries in self._by_name.items():
            if record.get(name) and entries.get(record[name].lower()) == slot:
                del entries[record[name].lower()]

    def _tell(self, slot: int, kind: Kind, profile: bool | None) -> None:
        for listener in self.listeners:
            listener(slot, kind, profile, self.log.times[-1])

    def _slot(self, user_id: str) -> int:
        slot = self._slots.get(user_id.lower())
        if slot is None:
            raise KeyError(f"no user {user_id}")
        return slot

    def _live_slot(self, user_id: str) -> int:
        slot = self._slot(user_id)
        if self.status[slot] != LIVE:
            raise KeyError(f"user {user_id} is deleted")
        return slot

    def new_id(self) -> str:
        """Make a version 4 GUID from the seed."""
        text = f"{self._rng.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _merge(record: dict[str, Any], attributes: dict[str, Any]) -> set[str]:
    """Put attributes into a record, complex ones by their parts; return the names of those that changed."""
    touched = set()
    for key, given in attributes.items():
        value = given
        if isinstance(value, dict) and isinstance(record.get(key), dict):
            value = {**record[key], **value}
        if isinstance(value, dict) and not any(part is not None for part in value.values()):
            value = None
        if record.get(key) != value:
            record[key] = value
            touched.add(key)
    return touched


def purging(directory: Directory, schedule: Schedule) -> Callable[[int, Kind, bool | None, float], None]:
    """Return the listener to changes that deletes a removed user for good after 30 days [GR-13]."""

    def purge_later(slot: int, kind: Kind, _profile: bool | None, moment: float) -> None:
        if kind is Kind.REMOVE:
            schedule.at(moment + RESTORABLE_S, lambda _at: purge(slot, moment))

    def purge(slot: int, moment: float) -> None:
        if directory.status[slot] == SOFT and directory.removed_at.get(slot) == moment:
            directory.remove(directory.ids[slot], hard=True)

    return purge_later
