"""Freeze a plan: import files within their limits, and beside each what the shadow said before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from upa_core.domain.bulk.import_file import ImportFile
from upa_core.domain.connector import Connector
from upa_core.domain.documents.ids import file_name
from upa_core.domain.documents.runs import FileState
from upa_core.domain.documents.storage_layout import file_key, plan_key
from upa_core.domain.plan.planner import Entry, count_changes
from upa_core.ports.store import Store
from upa_core.state.document import encode

PLAN_VERSION = 2
_PIECE = 128
"""People encoded at a time: what they take is small enough for the allocator to have it at hand again."""
SMALL_FILES = 8
"""Files that are kept short after an unexplained failure; the day's budget of import jobs has to bear them."""


class PlanWriter:
    """A plan sink that stores import files; nobody knows them before the state names the run."""

    def __init__(self, store: Store, connector: Connector, run: str, sequence: int, *, people: int = 0) -> None:
        """Begin after the file number `sequence`; with `people`, the first files hold at most so many each."""
        self._store = store
        self._connector = connector
        self._run = run
        self._sequence = sequence
        self._most = people
        self._files: list[FileState] = []
        self._begin()

    def _begin(self) -> None:
        limits = self._connector.limits
        self._file = ImportFile(max_pairs=limits.max_pairs, max_bytes=limits.max_file_bytes)
        self._old: list[bytes] = []
        self._updated = self._cleared = 0

    def add(self, entries: Sequence[Entry]) -> None:
        """Add people's changes, beginning the next file where this one is full."""
        while entries:
            small = self._most > 0 and len(self._files) < SMALL_FILES
            taken = self._file.add(entries[: self._most - self._file.people if small else _PIECE])
            self._note(entries[:taken])
            entries = entries[taken:]
            if entries and taken < _PIECE:
                self._close_file()

    def close(self) -> tuple[FileState, ...]:
        """Store the last file and return all of them, in the order they will be sent."""
        if self._file.people:
            self._close_file()
        return tuple(self._files)

    def _note(self, entries: Sequence[Entry]) -> None:
        """Keep what was known as bytes: as objects it takes six times as much memory."""
        updated, cleared = count_changes(entries)
        self._updated += updated
        self._cleared += cleared
        old = {entry.person: entry.old for entry in entries if entry.old}
        if old:
            self._old.append(encode(old)[1:-1])

    def _close_file(self) -> None:
        self._sequence += 1
        name = file_name(self._connector.name, self._run, self._sequence)
        content = self._file.content()
        self._store.put(file_key(self._run, name), content)
        plan = b'{"version":%d,"old":{%b}}' % (PLAN_VERSION, b",".join(self._old))
        self._store.put(plan_key(self._run, name), plan)
        self._files.append(
            FileState(
                name=name,
                sequence=self._sequence,
                people=self._file.people,
                pairs=self._file.pairs,
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                updated=self._updated,
                cleared=self._cleared,
            )
        )
        self._begin()
