"""Pull a secondary source: match each row with a person, find differences from the current rows, seal the round."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.ids import moment_of, run_id
from upa_core.domain.documents.rounds import SealedRound, Segment
from upa_core.domain.documents.sources import CurrentRows, KeyRows, SourceState
from upa_core.domain.documents.storage_layout import source_key
from upa_core.domain.errors import ConflictError
from upa_core.domain.people.changes import PARTITIONS
from upa_core.domain.sources.contract import FIRST_CLEAR
from upa_core.domain.sources.joined.current_rows import HEADER
from upa_core.domain.sources.joined.missing import Missing
from upa_core.domain.sources.joined.secondary import Secondary
from upa_core.domain.sources.joined.snapshot import compare
from upa_core.ports.bundle import Ports
from upa_core.ports.row_source import Closing, Offer
from upa_core.services.pull.hold_offer import check_leaving, check_matches
from upa_core.services.pull.moved_keys import has_moved, keys_of, newcomers
from upa_core.services.pull.result import RowsResult, first_clear
from upa_core.services.pull.spill import index_of, spill, unchanged_of
from upa_core.state.document import Stored, state_of
from upa_core.state.outbox import with_round
from upa_core.state.rows.asked import Asked
from upa_core.state.rows.current_rows import MAX_CHANGES, RowSet, RowWriter, count


@dataclass(frozen=True, slots=True)
class _Work:
    """Rows that replace current rows."""

    offer: Offer | None
    """None: the current rows, matched again by a newer key index."""
    before: SourceState
    keys: KeyRows
    columns: tuple[str, ...]
    """The columns of the values."""
    anew: bool = False
    """The accepted rows were made under another description of the source."""
    asked: bool = True
    """The source was asked; False: present rows follow keys that moved."""


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
        if before.described != described:  # read again; the rows accepted under the old description stay until then
            before = replace(before, cursor="")
        offer = self._ports.rows[name].look(before.cursor, before.approved)
        held = before.current
        allowed = before.approved == FIRST_CLEAR
        if offer is not None and offer.same:
            before, offer = self._delivered_again(before, offer), None
        if offer is None and not allowed:
            if held is None or held.header != (*HEADER, *columns) or self._is_up_to_date(held, keys):
                return self._asked(before)
            if not has_moved(self._ports.store, self._secondary, held, keys):
                return self._asked_again(_Work(None, before, keys, columns), held)
        anew = offer is not None and before.described != described
        before = replace(before, clears=before.clears or allowed)
        work = _Work(offer, replace(before, described=described) if anew else before, keys, columns, anew)
        return self._sealed(work, *self._lay(work))

    def _is_up_to_date(self, held: CurrentRows, keys: KeyRows) -> bool:
        """Return whether rows stand under the keys of today, and the source was asked about everybody (`leave`)."""
        return held.matched == keys.stamp and (not self._secondary.leaves or held.known == keys)

    def _asked_again(self, work: _Work, held: CurrentRows) -> RowsResult:
        """Note that the rows have today's keys; people whom the source was never asked about are planned now."""
        if not self._secondary.leaves:
            return self._asked(work.before, matched=work.keys)
        new, writer = newcomers(self._ports.store, self._secondary, held, work.keys), self._writer()
        if not new:
            return self._asked(work.before, matched=work.keys)
        writer.add(new)
        after = replace(held, generation=held.generation + 1, matched=work.keys.stamp, known=work.keys)
        return self._sealed(work, after, writer.close(), None)

    def _sealed(
        self, work: _Work, after: CurrentRows, changes: tuple[Segment, ...], closing: Closing | None
    ) -> RowsResult:
        try:
            return self._seal(work, after, changes, closing)
        except ConflictError as exc:
            return RowsResult(self._secondary.name, "superseded", why=str(exc))

    def follow_keys(self) -> RowsResult | None:
        """Move the present rows with keys that moved in the directory, even if the source fails; None: none moved.

        Raises as `SegmentReader`.
        """
        keys, before = self._stored.value.keys, self._stored.value.source(self._secondary.name)
        columns, held = self._connector.columns_of(self._secondary), before.current
        if keys is None or held is None or keys.header != self._connector.key_paths or held.matched == keys.stamp:
            return None
        if held.header != (*HEADER, *columns) or not has_moved(self._ports.store, self._secondary, held, keys):
            return None
        work = _Work(None, before, keys, columns, asked=False)
        after, changes, _ = self._lay(work)
        try:
            return self._seal(work, after, changes, None)
        except ConflictError as exc:
            return RowsResult(self._secondary.name, "superseded", why=str(exc))

    def _lay(self, work: _Work) -> tuple[CurrentRows, tuple[Segment, ...], Closing | None]:
        """Write the next generation of current rows; return it and the segments that name the people to be planned."""
        store, held = self._ports.store, work.before.current
        other = held is not None and held.header != (*HEADER, *work.columns)
        if other or (work.anew and self._secondary.leaves):
            held = None  # other columns, or another group: every row is new
        current = RowSet(store, held.segments if held is not None else (), in_order=True)
        key_rows = RowSet(store, work.keys.segments, in_order=True)
        index = index_of(self._secondary, work.keys.header, key_rows)
        known = unchanged_of(self._secondary, work.offer, current, index)
        spilt = spill(self._ports, self._connector, self._secondary, work.offer, held, index, known, self._writer)
        leaves, asked = self._secondary.leaves, Asked(store, self._secondary, held)
        missing = Missing(self._day(work, spilt.closing), self._secondary.clear_after, allowed=work.before.clears)
        incoming = RowSet(store, spilt.found, in_order=True)
        anew = held is not None and len(held.segments) - held.base > MAX_CHANGES
        named, noted, everybody, nobody = (self._writer() for _ in range(4))
        rows, absent, overdue, left = 0, 0, 0, 0
        for number in range(PARTITIONS):
            if known is not None and not anew and (same := known.rows_of(number)) is not None:
                rows += same
                continue
            before = current.partition(number)
            met = known.named(before.values()) if known is not None else ()
            difference = compare(
                before,
                chain(met, incoming.every(number)),
                keys_of(self._secondary, work.keys.header, key_rows.partition(number)),
                replace(missing, asked=asked.keys(number), asked_now=work.asked) if leaves else missing,
                complete=work.offer is None or (work.offer.complete and spilt.whole),
                moved=work.offer is None,
                void=spilt.void,
            )
            named.add(difference.named)
            noted.add(difference.noted)
            nobody.add(difference.waiting)
            rows += len(difference.after)
            absent += difference.missing
            overdue += difference.overdue
            left += difference.left
            if anew:
                everybody.add(difference.after.values())
            del before, met, difference  # the next partition is read without this one in memory
        changes, waiting = named.close(), (*spilt.nobody, *nobody.close())
        older = held.segments if held is not None else ()
        segments = everybody.close() if anew else (*older, *changes, *noted.close())
        for segment in spilt.found:
            store.delete(segment.key)
        after = CurrentRows(
            generation=(held.generation if held is not None else 0) + 1,
            header=(*HEADER, *work.columns),
            segments=segments,
            waiting=waiting,
            base=len(segments) if anew or held is None else held.base,
            rows=rows,
            waiting_rows=count(waiting),
            missing=absent,
            overdue=overdue,
            matched=work.keys.stamp,
            known=self._known(work, held),
        )
        if work.offer is not None and spilt.closing is not None and work.before.approved != spilt.closing.name:
            check_leaving(self._secondary, work.offer, spilt.closing, held, after, left)
            check_matches(self._secondary, work.offer, spilt.closing, after)
        return after, changes, spilt.closing

    def _known(self, work: _Work, held: CurrentRows | None) -> KeyRows | None:
        """Return by which keys the source was asked (`leave`): nobody who came since then has no row for that."""
        if not self._secondary.leaves:
            return None
        return work.keys if work.asked or held is None else held.known

    def _day(self, work: _Work, closing: Closing | None) -> int:
        """Return the number of today among the days on which a whole snapshot was accepted."""
        before, now = work.before, self._ports.clock.now()
        if work.offer is None or not work.offer.complete or closing is None or not closing.whole:
            return before.days
        again = before.counted is not None and before.counted.date() == now.date()
        return max(before.days if again else before.days + 1, 1)

    @staticmethod
    def _delivered_again(before: SourceState, offer: Offer) -> SourceState:
        """Note that the last accepted content was delivered again."""
        return replace(before, cursor=offer.cursor, delivered=offer.delivered or before.delivered)

    def _asked(self, before: SourceState, matched: KeyRows | None = None) -> RowsResult:
        """Note that the source was asked and had nothing new."""
        now = self._ports.clock.now()
        waits = before.held == FIRST_CLEAR
        kept = (before.held, before.holds, before.why) if waits else ("", (), "")

        def change(state: ConnectorState) -> ConnectorState:
            one = state.source(self._secondary.name)
            held = one.current
            if held is not None and held == before.current and matched is not None:
                held = replace(held, matched=matched.stamp, known=matched if self._secondary.leaves else None)
            one = replace(one, cursor=before.cursor, delivered=before.delivered, current=held, last_pull=now)
            return state.with_source(
                replace(one, failures=0, not_before=None, held=kept[0], holds=kept[1], why=kept[2])
            )

        state_of(self._ports.store, self._connector.name).update(change, self._stored)
        return RowsResult(self._secondary.name, "nothing new")

    def _seal(
        self, work: _Work, after: CurrentRows, changes: tuple[Segment, ...], closing: Closing | None
    ) -> RowsResult:
        """Switch to the new generation, and put the changes into the outbox, in one write."""
        now, name, offer = self._ports.clock.now(), self._secondary.name, work.offer
        whole = offer is not None and offer.complete
        expected = self._stored.value.source(name)
        sealed = SealedRound(
            id=self._id,
            kind="delta",
            reason=f"rows of {name}" if offer is not None else f"rows of {name} by the keys of today",
            started=moment_of(self._id) or now,
            sealed=now,
            inputs=after.header,
            fingerprint=self._connector.fingerprint,
            segments=changes,
            source=name,
        )

        day, waits = self._day(work, closing), after.overdue > 0
        one = replace(
            work.before,
            current=after,
            snapshots=work.before.snapshots + (1 if whole else 0),
            last_full=now if whole else work.before.last_full,
            last_pull=now,
            days=day,
            counted=now if day > work.before.days else work.before.counted,
            failures=0,
            not_before=None,
            why=first_clear(after, self._secondary) if waits else "",
            held=FIRST_CLEAR if waits else "",
            holds=(FIRST_CLEAR,) if waits else (),
            approved="",
            approved_by="",
        )
        if not work.asked:  # the source's obstacle stays as it is
            one = replace(work.before, current=after)
        if closing is not None and offer is not None:
            delivered = offer.delivered or now
            one = replace(one, cursor=closing.cursor, delivered=delivered)
            one = replace(one, label=closing.label, delivered_rows=closing.rows) if whole else one

        def change(state: ConnectorState) -> ConnectorState:
            if state.source(name) != expected:
                raise ConflictError(f"another instance is pulling {name}")
            return replace(state.with_source(one), sealed=with_round(state, sealed) if changes else state.sealed)

        state_of(self._ports.store, self._connector.name).update(change, self._stored)
        return RowsResult(name, "sealed", self._id if changes else "", sealed.rows, after.waiting_rows)

    def _writer(self) -> RowWriter:
        def key(_: int) -> str:
            self._blobs += 1
            name = self._secondary.name
            return source_key(self._connector.name, name, self._id, self._blobs, self._ports.ids.token())

        return RowWriter(self._ports.store, key, self._connector.limits.segment_rows)
