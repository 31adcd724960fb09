"""Forget a person in the rows of secondary sources and in the key index."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, source_segments
from upa_core.domain.documents.ids import run_id
from upa_core.domain.documents.rounds import Segment
from upa_core.domain.documents.sources import SourceState
from upa_core.domain.documents.storage_layout import rounds_prefix, segment_key, source_key, sources_prefix
from upa_core.domain.people.changes import PARTITIONS, REMOVED, Row
from upa_core.domain.sources.joined.current_rows import KEY
from upa_core.ports.bundle import Ports
from upa_core.state.document import state_of
from upa_core.state.rows.segments import SegmentReader, write_segment


def forget_rows(ports: Ports, connector: Connector, person: str) -> int:
    """Write the segments that name a person again without them; return how many. No round, run or hold may be open.

    A row without a person is found by the key of the person's own row. A person whom a source still names comes
    back with its next snapshot.
    """
    document = state_of(ports.store, connector.name)
    rewriting = _Rewriting(ports, connector, person)
    document.update(rewriting.change)
    for key in rewriting.leftovers() if connector.secondaries else rewriting.replaced:
        ports.store.delete(key)
    return len(rewriting.replaced)


class _Rewriting:
    """Segments without a person."""

    def __init__(self, ports: Ports, connector: Connector, person: str) -> None:
        self._ports, self._connector, self._person = ports, connector, person
        self._folder = run_id(ports.clock.now(), ports.ids.token())
        self.replaced: dict[str, Segment | None] = {}

    def change(self, state: ConnectorState) -> ConnectorState:
        """Return the state that names segments without the person."""
        keys = state.keys
        if keys is not None:
            keys = replace(keys, segments=self._without(keys.segments, {self._person}, self._key_of_keys))
        return replace(state, keys=keys, sources=tuple(self._source(one) for one in state.sources))

    def leftovers(self) -> set[str]:
        """Return the segments of earlier generations: a pull that reads them now fails because of the change above."""
        store, name = self._ports.store, self._connector.name
        found = {
            info.key
            for prefix in (rounds_prefix(name, "keys"), sources_prefix(name))
            for info in list(store.list(prefix))
        }
        return found - {segment.key for segment in source_segments(state_of(store, name).load().value)}

    def _source(self, one: SourceState) -> SourceState:
        held = one.current
        if held is None:  # a pull that reads a first snapshot fails all the same
            return replace(one, snapshots=one.snapshots + 1)
        rows = (row for segment in held.segments for row in _rows(self._ports, segment))
        keys = {row[KEY] for row in rows if row[0] == self._person and row[1] != REMOVED}

        def key(number: int) -> str:
            return source_key(self._connector.name, one.name, self._folder, number, self._ports.ids.token())

        segments = self._without(held.segments, {self._person}, key)
        waiting = self._without(held.waiting, keys, key)
        known = held.known
        if known is not None:
            known = replace(known, segments=self._without(known.segments, {self._person}, self._key_of_keys))
        current = replace(held, generation=held.generation + 1, segments=segments, waiting=waiting, known=known)
        return replace(one, current=current)

    def _key_of_keys(self, number: int) -> str:
        return segment_key(self._connector.name, self._folder, number, self._ports.ids.token(), "keys")

    def _without(self, segments: Iterable[Segment], names: set[str], key: Callable[[int], str]) -> tuple[Segment, ...]:
        kept: list[Segment] = []
        for segment in segments:
            if segment.key not in self.replaced:
                rows = _rows(self._ports, segment)
                left = [row for row in rows if row[0] not in names]
                if len(left) == len(rows):
                    kept.append(segment)
                    continue
                number = len(self.replaced) + 1
                self.replaced[segment.key] = write_segment(self._ports.store, key(number), left) if left else None
            changed = self.replaced[segment.key]
            kept += [changed] if changed is not None else []
        return tuple(kept)


def _rows(ports: Ports, segment: Segment) -> list[Row]:
    return list(SegmentReader(ports.store, segment).rows(range(PARTITIONS)))
