"""Pull a secondary source: propose a person for each row, find what differs from the current rows, seal the round."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.ids import moment_of, run_id
from upa_core.domain.documents.rounds import SealedRound, Segment
from upa_core.domain.documents.sources import CurrentRows, KeyRows, SourceState
from upa_core.domain.documents.storage_layout import source_key
from upa_core.domain.errors import ConflictError, OfferHeldError
from upa_core.domain.people.changes import PARTITIONS, Row
from upa_core.domain.sources.joined.current_rows import HEADER, KEY, MISSED, VALUES, compare, propose
from upa_core.domain.sources.joined.key_index import KeyIndex
from upa_core.domain.sources.joined.secondary import Secondary, compile_key_of
from upa_core.ports.bundle import Ports
from upa_core.ports.row_source import Offer
from upa_core.services.pull.moved_keys import has_moved, key_places
from upa_core.services.pull.result import RowsResult
from upa_core.state.document import Stored, state_of
from upa_core.state.outbox import with_round
from upa_core.state.rows.current_rows import MAX_CHANGES, RowSet, RowWriter, count


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be laid over the current rows."""

    offer: Offer | None
    """None: the current rows, proposed anew by a newer key index."""
    before: SourceState
    keys: KeyRows
    columns: tuple[str, ...]
    """Of the values."""


class RowsPull:
    """One pull of one secondary source."""

    def __init__(
        self, ports: Ports, connector: Connector, secondary: Secondary, stored: Stored[ConnectorState]
    ) -> None:
        """Prepare to pull `secondary`, with the state as it was just read."""
        self._ports, self._connector, self._secondary = ports, connector, secondary
        self._stored = stored
        self._id = run_id(ports.clock.now(), ports.ids.token())
        self._blobs = 0

    def run(self) -> RowsResult:
        """Pull; raises as `RowSource` and `SegmentReader`, and then nothing has changed."""
        state, name = self._stored.value, self._secondary.name
        keys, columns = state.keys, self._connector.columns_of(self._secondary)
        if keys is None or keys.header != self._connector.key_paths:
            return RowsResult(name, "waiting", why="the key index comes with the next full round")
        described = self._connector.description_of(self._secondary)
        before = state.source(name)
        if before.described != described:  # read anew; what was accepted under the old description stays until then
            before = replace(before, cursor="")
        offer = self._ports.rows[name].look(before.cursor, before.approved)
        held = before.current
        if offer is None:
            if held is None or held.header != (*HEADER, *columns) or held.matched == keys.stamp:
                return self._asked()
            if not has_moved(self._ports.store, self._secondary, held, keys):
                return self._asked(matched=keys.stamp)
        work = _Work(offer, replace(before, described=described), keys, columns)
        after, changes = self._lay(work)
        self._check_matches(work, after)
        try:
            return self._seal(work, after, changes)
        except ConflictError as exc:
            return RowsResult(name, "superseded", why=str(exc))

    def _check_matches(self, work: _Work, after: CurrentRows) -> None:
        """Hold a snapshot whose rows are too often nobody's: its key is probably another one."""
        offer, most = work.offer, self._secondary.max_unmatched
        rows = after.rows + after.waiting_rows
        if offer is None or not (offer.complete and offer.name) or work.before.approved == offer.name:
            return
        if 100 * after.waiting_rows > most * rows:
            text = f"{after.waiting_rows:,} of {rows:,} rows are nobody's, more than {most:g} percent"
            raise OfferHeldError(
                f"the file is held (key_share_unmatched): {text}. Approve it, or have it replaced",
                offer=offer.name,
                reasons=("key_share_unmatched",),
            )

    def _lay(self, work: _Work) -> tuple[CurrentRows, tuple[Segment, ...]]:
        """Write the next generation of current rows; returns it and the segments that name who is to be planned."""
        store, held = self._ports.store, work.before.current
        if held is not None and held.header != (*HEADER, *work.columns):
            held = None  # other columns: every row is new
        spilt, waiting = self._propose(work, held)
        current, incoming = RowSet(store, held.segments if held is not None else ()), RowSet(store, spilt)
        anew = held is not None and len(held.segments) - held.base > MAX_CHANGES
        named, noted, everybody, nobody = (self._writer() for _ in range(4))
        key_rows, rows = RowSet(store, work.keys.segments), 0
        for number in range(PARTITIONS):
            difference = compare(
                current.partition(number),
                incoming.every(number),
                self._keys_of(key_rows.partition(number), work.keys),
                snapshot=work.before.snapshots + 1,
                complete=work.offer is None or work.offer.complete,
                moved=work.offer is None,
            )
            named.add(difference.named)
            noted.add(difference.noted)
            nobody.add(difference.waiting)
            rows += len(difference.after)
            if anew:
                everybody.add(difference.after.values())
        changes, waiting = named.close(), (*waiting, *nobody.close())
        older = held.segments if held is not None else ()
        segments = everybody.close() if anew else (*older, *changes, *noted.close())
        for segment in spilt:
            store.delete(segment.key)
        after = CurrentRows(
            generation=(held.generation if held is not None else 0) + 1,
            header=(*HEADER, *work.columns),
            segments=segments,
            waiting=waiting,
            base=len(segments) if anew or held is None else held.base,
            rows=rows,
            waiting_rows=count(waiting),
            matched=work.keys.stamp,
        )
        return after, changes

    def _propose(self, work: _Work, held: CurrentRows | None) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
        """Write each row under the person it is proposed for; returns these, and the rows of nobody."""
        keys_of = self._key_of(work.keys)
        index = KeyIndex((keys_of(row), row[0]) for row in RowSet(self._ports.store, work.keys.segments).rows())
        found, nobody = self._writer(), self._writer()
        partly = held is not None and work.offer is not None and not work.offer.complete
        seen: set[str] = set()
        for person, row in self._proposed(work, held, index):
            (found if person else nobody).add([row])
            if partly:
                seen.add(row[KEY] if person else row[0])
        if partly and held is not None:  # rows of nobody that this offer doesn't speak of wait on
            nobody.add(row for row in RowSet(self._ports.store, held.waiting).rows() if row[0] not in seen)
        return found.close(), nobody.close()

    def _proposed(self, work: _Work, held: CurrentRows | None, index: KeyIndex) -> Iterator[tuple[str, Row]]:
        """Yield each row with the person it is proposed for."""
        if work.offer is None:
            yield from self._proposed_anew(held, index)
            return
        parts = len(self._secondary.match)
        key = compile_key_of(self._secondary.match, range(parts))
        columns = (*(part.column for part in self._secondary.match), *work.columns)
        for cells in self._ports.rows[self._secondary.name].rows(work.offer, columns):
            yield propose(index, key(cells), 0, cells[parts:])

    def _proposed_anew(self, held: CurrentRows | None, index: KeyIndex) -> Iterator[tuple[str, Row]]:
        if held is None:
            return
        for row in RowSet(self._ports.store, held.segments).rows():
            yield propose(index, row[KEY], row[MISSED], row[VALUES:])
        for row in RowSet(self._ports.store, held.waiting).rows():
            if row[KEY] == "contradictory":
                yield "", row
            else:
                yield propose(index, row[0], row[MISSED], row[VALUES:])

    def _keys_of(self, rows: Mapping[str, Row], keys: KeyRows) -> dict[str, str]:
        of = self._key_of(keys)
        return {person: of(row) for person, row in rows.items()}

    def _key_of(self, keys: KeyRows) -> Callable[[Sequence[Any]], str]:
        return compile_key_of(self._secondary.match, key_places(self._secondary, keys.header))

    def _asked(self, matched: str = "") -> RowsResult:
        """Note that the source was asked and had nothing new."""
        now = self._ports.clock.now()

        def change(state: ConnectorState) -> ConnectorState:
            one = state.source(self._secondary.name)
            held = one.current
            if held is not None and matched:
                held = replace(held, matched=matched)
            return state.with_source(
                replace(one, current=held, last_pull=now, failures=0, not_before=None, why="", held="", holds=())
            )

        state_of(self._ports.store, self._connector.name).update(change, self._stored)
        return RowsResult(self._secondary.name, "nothing new")

    def _seal(self, work: _Work, after: CurrentRows, changes: tuple[Segment, ...]) -> RowsResult:
        """Switch the generation, and put what changed into the outbox, in one write."""
        now, name, offer = self._ports.clock.now(), self._secondary.name, work.offer
        whole = offer is not None and offer.complete
        expected = self._stored.value.source(name)
        sealed = SealedRound(
            id=self._id,
            kind="delta",
            reason=f"rows of {name}" if offer is not None else f"rows of {name} whose person has another key now",
            started=moment_of(self._id) or now,
            sealed=now,
            inputs=after.header,
            fingerprint=self._connector.fingerprint,
            segments=changes,
            source=name,
        )

        def change(state: ConnectorState) -> ConnectorState:
            if state.source(name) != expected:
                raise ConflictError(f"another instance is pulling {name}")
            one = replace(
                work.before,
                cursor=offer.cursor if offer is not None else work.before.cursor,
                current=after,
                snapshots=work.before.snapshots + (1 if whole else 0),
                last_full=now if whole else work.before.last_full,
                last_pull=now,
                failures=0,
                not_before=None,
                why="",
                held="",
                holds=(),
                approved="",
                approved_by="",
            )
            return replace(state.with_source(one), sealed=with_round(state, sealed) if changes else state.sealed)

        state_of(self._ports.store, self._connector.name).update(change, self._stored)
        return RowsResult(name, "sealed", self._id if changes else "", sealed.rows, after.waiting_rows)

    def _writer(self) -> RowWriter:
        def key(_: int) -> str:
            self._blobs += 1
            name = self._secondary.name
            return source_key(self._connector.name, name, self._id, self._blobs, self._ports.ids.token())

        return RowWriter(self._ports.store, key, self._connector.limits.segment_rows)
