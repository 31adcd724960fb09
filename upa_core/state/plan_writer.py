"""Freeze a plan: batches within their limits, each for one route, and beside each what the shadow said before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from upa_core.domain.connector import Connector
from upa_core.domain.documents.checksum import sealed
from upa_core.domain.documents.ids import file_name
from upa_core.domain.documents.runs import BULK, FileState
from upa_core.domain.documents.storage_layout import file_key, plan_key
from upa_core.domain.plan.batch import Batch, cut
from upa_core.domain.plan.planner import Entry, count_changes
from upa_core.ports.bundle import Ports
from upa_core.state.document import encode
from upa_core.state.plan_reader import PLAN_VERSION, form_of

_PIECE = 128
"""People encoded at a time: what they take is small enough for the allocator to have it at hand again."""
SMALL_FILES = 8
"""Files that are kept short after an unexplained failure; the day's budget of import jobs has to bear them."""


class PlanWriter:
    """A plan sink that stores batches; nobody knows them before the state names the run."""

    def __init__(self, ports: Ports, connector: Connector, run: str, sequence: int, *, people: int = 0) -> None:
        """Begin after the batch number `sequence`; with `people`, the first import files hold at most so many each."""
        self._ports = ports
        self._connector = connector
        self.run = run
        self._sequence = sequence
        self._most = people
        self._cut = cut(connector)
        self._open: dict[str, _OpenBatch] = {}
        self._files: list[FileState] = []

    def add(self, entries: Sequence[Entry]) -> None:
        """Add people's changes, beginning the next batch of a route where one is full."""
        for route, part in self._cut(entries):
            self._add(route, part)

    def close(self) -> tuple[FileState, ...]:
        """Store the last batch of each route and return all of them, in the order they will be sent."""
        for route in list(self._open):
            self._close(route)
        return tuple(self._files)

    def _add(self, route: str, entries: Sequence[Entry]) -> None:
        while entries:
            batch = self._open.get(route)
            if batch is None:
                batch = self._open[route] = _OpenBatch(form_of(self._ports, route).begin(self._connector.limits))
            small = route == BULK and self._most > 0 and len(self._files) < SMALL_FILES
            taken = batch.add(entries[: self._most - batch.batch.people if small else _PIECE])
            entries = entries[taken:]
            if entries and taken < _PIECE:
                self._close(route)

    def _close(self, route: str) -> None:
        done = self._open.pop(route)
        self._sequence += 1
        name = file_name(self._connector.name, self.run, self._sequence)
        content = done.batch.content()
        self._ports.store.put(file_key(self.run, name), content)
        plan = b'{"version":%d,"old":{%b}}' % (PLAN_VERSION, b",".join(done.old))
        self._ports.store.put(plan_key(self.run, name), sealed(plan))
        self._files.append(
            FileState(
                name=name,
                sequence=self._sequence,
                people=done.batch.people,
                pairs=done.batch.pairs,
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                updated=done.updated,
                cleared=done.cleared,
                route=route,
                again=done.again,
            )
        )


class _OpenBatch:
    """A batch that still grows, and what was known of its people."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.old: list[bytes] = []
        self.updated = self.cleared = self.again = 0

    def add(self, entries: Sequence[Entry]) -> int:
        """Add people as far as they fit; what was known is kept as bytes: as objects it takes six times as much."""
        taken = self.batch.add(entries)
        updated, cleared = count_changes(entries[:taken])
        self.updated += updated
        self.cleared += cleared
        self.again += sum(entry.again for entry in entries[:taken])
        old = {entry.person: entry.old for entry in entries[:taken] if entry.old}
        if old:
            self.old.append(encode(old)[1:-1])
        return taken
