"""Freeze a plan: batches within their limits, each for one route, and with each the shadow's values before it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from upa_core.domain.connector import Connector
from upa_core.domain.documents.checksum import sealed
from upa_core.domain.documents.ids import file_name
from upa_core.domain.documents.runs import BULK, FileState
from upa_core.domain.documents.storage_layout import file_key, plan_key
from upa_core.domain.freshness.age_book import AgeBook
from upa_core.domain.plan.batch import Batch, columns, cut
from upa_core.domain.plan.entry import Entry, count_changes
from upa_core.domain.plan.tally import LeftOut
from upa_core.ports.bundle import Ports
from upa_core.state.document import encode
from upa_core.state.plan_reader import PLAN_VERSION, form_of
from upa_core.state.run_people.writer import PeopleWriter

_PIECE = 128
"""People encoded at a time: few enough for the allocator to reuse the memory."""
SMALL_FILES = 8
"""Files that are kept small after an unexplained failure; they have to fit into the day's budget of import jobs."""


class PlanWriter:
    """A plan sink that stores batches; nobody finds them before the state names the run."""

    def __init__(
        self,
        ports: Ports,
        connector: Connector,
        run: str,
        sequence: int,
        *,
        people: int = 0,
        rows: PeopleWriter | None = None,
        ages: AgeBook | None = None,
    ) -> None:
        """Begin after the batch number `sequence`; with `people`, the first import files hold at most that many people.

        Seven parameters: whose plan it is, and three options. `rows` receives each person's changes and
        their places, and `ages` the start of their wait.
        """
        self._ports = ports
        self._connector = connector
        self.run = run
        self._sequence = sequence
        self._most = people
        self._cut = cut(connector)
        self._open: dict[str, _OpenBatch] = {}
        self._files: list[FileState] = []
        self._begun: list[FileState | None] = []
        self._rows, self._ages = rows, ages

    def add(self, entries: Sequence[Entry], left_out: Sequence[LeftOut] = ()) -> None:
        """Add people's changes; where a batch of a route is full, begin the next one."""
        places = [(part, self._add(route, part)) for route, part in self._cut(entries)]
        if self._rows is not None:
            self._rows.add(entries, left_out, places)
        if self._ages is not None:
            self._ages.add(places)

    def close(self) -> tuple[FileState, ...]:
        """Store the last batch of each route and return all batches, in the order in which they will be sent."""
        for route in list(self._open):
            self._close(route)
        return tuple(self._files)

    @property
    def batches(self) -> list[FileState]:
        """Return the batches in the order in which they were begun; call it after `close`."""
        return [one for one in self._begun if one is not None]

    def _add(self, route: str, entries: Sequence[Entry]) -> list[tuple[int, int, int]]:
        """Add people to batches of a route; return for each batch its number, its first person's index, how many."""
        places: list[tuple[int, int, int]] = []
        while entries:
            batch = self._open.get(route)
            if batch is None:
                form = form_of(self._ports, route)
                batch = self._open[route] = _OpenBatch(form.begin(self._connector.limits), len(self._begun))
                self._begun.append(None)
            small = route == BULK and self._most > 0 and len(self._files) < SMALL_FILES
            first = batch.batch.people
            taken = batch.add(entries[: self._most - first if small else _PIECE])
            places.append((batch.number, first, taken))
            entries = entries[taken:]
            if entries and taken < _PIECE:
                self._close(route)
        return places

    def _close(self, route: str) -> None:
        done = self._open.pop(route)
        self._sequence += 1
        name = file_name(self._connector.name, self.run, self._sequence)
        content = done.batch.content()
        self._ports.store.put(file_key(self.run, name), content)
        plan = b'{"version":%d,"old":{%b}}' % (PLAN_VERSION, b",".join(done.old))
        self._ports.store.put(plan_key(self.run, name), sealed(plan))
        file = FileState(
            name=name,
            sequence=self._sequence,
            people=done.batch.people,
            pairs=done.batch.pairs,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            updated=max(0, done.updated - done.again),
            cleared=done.cleared,
            route=route,
        )
        self._files.append(file)
        self._begun[done.number] = file


class _OpenBatch:
    """A batch that is still being built, and the shadow's values of its people."""

    def __init__(self, batch: Batch, number: int) -> None:
        self.batch, self.number = batch, number
        self.old: list[bytes] = []
        self.updated = self.cleared = self.again = 0

    def add(self, entries: Sequence[Entry]) -> int:
        """Add as many people as fit. Known values are kept as bytes: as objects they take six times as much."""
        taken = self.batch.add(entries)
        updated, cleared = count_changes(entries[:taken])
        self.updated += updated
        self.cleared += cleared
        old, again = columns(entries[:taken], "old", "again")
        self.again += sum(again)
        if any(old):
            known = {entry.person: entry.old for entry in entries[:taken] if entry.old}
            self.old.append(encode(known)[1:-1])
        return taken
