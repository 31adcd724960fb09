"""Freeze a plan: import files within their limits, and beside each the plan entries it was made from."""

from __future__ import annotations

import hashlib

from upa_core.domain.connector import Connector
from upa_core.domain.import_file import ImportFile
from upa_core.domain.names import file_name, run_folder
from upa_core.domain.plan import Entry, count_changes
from upa_core.domain.state import FileState
from upa_core.ports.store import Store
from upa_core.services.documents import encode


def file_key(run: str, name: str) -> str:
    """Return where a run's import file lies in our storage."""
    return f"{run_folder(run)}files/{name}"


def plan_key(run: str, name: str) -> str:
    """Return where the plan entries of an import file lie: a list of `[person, new values, old values]`."""
    return f"{run_folder(run)}plan/{name}"


_CHUNK = 500
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
        self._entries: list[Entry] = []
        self._plan: list[bytes] = []
        self._updated = self._cleared = 0

    def add(self, entry: Entry) -> None:
        """Add one person's changes, beginning the next file where this one is full."""
        full = self._most and self._file.people >= self._most and len(self._files) < SMALL_FILES
        if full or not self._file.add(entry.person, entry.new):
            self._close_file()
            self._file.add(entry.person, entry.new)
        self._entries.append(entry)
        if len(self._entries) >= _CHUNK:
            self._encode()

    def close(self) -> tuple[FileState, ...]:
        """Store the last file and return all of them, in the order they will be sent."""
        if self._file.people:
            self._close_file()
        return tuple(self._files)

    def _encode(self) -> None:
        """Turn entries into bytes early: as objects they take six times as much memory."""
        if self._entries:
            updated, cleared = count_changes(self._entries)
            self._updated += updated
            self._cleared += cleared
            self._plan.append(encode([tuple(entry) for entry in self._entries])[1:-1])
            self._entries = []

    def _close_file(self) -> None:
        self._sequence += 1
        name = file_name(self._connector.name, self._run, self._sequence)
        content = self._file.content()
        self._store.put(file_key(self._run, name), content)
        self._encode()
        self._store.put(plan_key(self._run, name), b"[" + b",".join(self._plan) + b"]")
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
