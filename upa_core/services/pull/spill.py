"""Write the rows of an offer by the person whom each is matched with; nothing counts before the offer closes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from upa_core.domain.connector import Connector
from upa_core.domain.documents.rounds import Segment
from upa_core.domain.documents.sources import CurrentRows
from upa_core.domain.people.changes import PARTITIONS, Row
from upa_core.domain.sources.joined.current_rows import KEY, MISSED, VALUES, of_nobody, propose
from upa_core.domain.sources.joined.key_index import KeyIndex
from upa_core.domain.sources.joined.secondary import Secondary, compile_key_of
from upa_core.domain.sources.joined.unchanged import Unchanged
from upa_core.ports.bundle import Ports
from upa_core.ports.row_source import AskedRows, Closing, Offer
from upa_core.services.pull.moved_keys import key_places
from upa_core.state.rows.current_rows import RowSet, RowWriter


@dataclass(frozen=True, slots=True)
class Spilt:
    """An offer, or the current rows, after reading."""

    found: tuple[Segment, ...]
    """Rows by the person whom they are matched with, without those that `Unchanged` met."""
    nobody: tuple[Segment, ...]
    """Rows that match nobody."""
    closing: Closing | None
    """None: the current rows, matched again."""

    @property
    def whole(self) -> bool:
        """Return whether every delivered row counts."""
        return self.closing is None or self.closing.whole

    @property
    def void(self) -> frozenset[str]:
        """Keys whose rows contradict each other."""
        return self.closing.contradictory if self.closing is not None else frozenset()


def index_of(secondary: Secondary, header: Sequence[str], keys: RowSet) -> KeyIndex:
    """Return the index of a source's keys; raises as `SegmentReader`."""
    of = compile_key_of(secondary.match, key_places(secondary, header))
    return KeyIndex((of(row), row[0]) for row in keys.rows())


def unchanged_of(secondary: Secondary, offer: Offer | None, current: RowSet, index: KeyIndex) -> Unchanged | None:
    """Return the fingerprints of the current rows; None where an offer is compared in another way."""
    if offer is None or secondary.leaves or secondary.kind != "rows":
        return None
    made = Unchanged(index)
    for number, rows in current.partitions(range(PARTITIONS)):
        made.hold(number, rows.values())
        del rows  # the next partition is read without this one in memory
    return made


def spill(
    ports: Ports,
    connector: Connector,
    secondary: Secondary,
    offer: Offer | None,
    held: CurrentRows | None,
    index: KeyIndex,
    unchanged: Unchanged | None,
    writer: Callable[[], RowWriter],
) -> Spilt:
    """Read an offer to its end, once, and write each row that says anything new.

    Eight parameters: the offer, the keys, what is known, and the place of the rows.
    Raises as `RowSource.rows`; the rows written until then are deleted.
    """
    found, nobody, seen = writer(), writer(), set[str]()
    partly = held is not None and offer is not None and not offer.complete
    asks = held is not None and offer is not None and secondary.kind == "manager"
    try:
        for person, row in _proposed(ports, connector, secondary, offer, held, index, unchanged, seen):
            if unchanged is not None and person:
                unchanged.look_at(person)
            if person or not (secondary.leaves and all(value is None for value in row[VALUES:])):
                (found if person else nobody).add([row])
            if partly or asks:
                seen.add(row[KEY] if person else row[0])
        closing = ports.rows[secondary.name].closing(offer) if offer is not None else None
        if asks and held is not None and closing is not None and offer is not None:
            again = _again(ports, connector, secondary, held, index, seen, closing, complete=offer.complete)
            found.add(row for person, row in again if person)
        if partly and held is not None:  # rows that match nobody and that this offer doesn't mention keep waiting
            nobody.add(row for row in RowSet(ports.store, held.waiting).rows() if row[0] not in seen)
        spilt = Spilt(found.close(), nobody.close(), closing)
        if closing is not None and (closing.contradictory or closing.dropped):
            spilt = _without_void(ports, spilt, closing, writer())
        if unchanged is not None and offer is not None:
            unchanged.close(spilt.void, complete=offer.complete and spilt.whole)
    except BaseException:
        found.discard()
        nobody.discard()
        raise
    return spilt


def _proposed(
    ports: Ports,
    connector: Connector,
    secondary: Secondary,
    offer: Offer | None,
    held: CurrentRows | None,
    index: KeyIndex,
    unchanged: Unchanged | None,
    seen: set[str],
) -> Iterator[tuple[str, Row]]:
    """Yield each row with the person whom it is matched with, without those that say nothing new.

    Eight parameters: as `spill`, and the keys that an offer of changes names.
    """
    if offer is not None:
        for key, values in ports.rows[secondary.name].rows(offer, connector.columns_of(secondary)):
            if unchanged is None or not unchanged.meets(key, values):
                yield propose(index, key, 0, values)
            elif not offer.complete:
                seen.add(key)
        return
    if held is None:
        return
    for row in RowSet(ports.store, held.segments).rows():
        yield propose(index, row[KEY], row[MISSED], row[VALUES:])
    for row in RowSet(ports.store, held.waiting).rows():
        if row[KEY] == "contradictory":
            yield "", row
        else:
            yield propose(index, row[0], row[MISSED], row[VALUES:])


def _again(
    ports: Ports,
    connector: Connector,
    secondary: Secondary,
    held: CurrentRows,
    index: KeyIndex,
    seen: set[str],
    closing: Closing,
    *,
    complete: bool,
) -> Iterator[tuple[str, Row]]:
    """Ask again for rows that refer to a change, and for those that a snapshot lacks, before they end.

    Eight parameters: as `spill`, and the read rows. Yields rows as `_proposed`.
    """
    columns = connector.columns_of(secondary)
    refers = VALUES + columns.index("id")
    rows = RowSet(ports.store, held.segments).rows()
    wanted = [
        row[KEY] for row in rows if row[KEY] not in seen and (complete or str(row[refers]).lower() in closing.touched)
    ]
    source = cast("AskedRows", ports.rows[secondary.name])
    for key, values in source.ask(wanted, columns) if wanted else ():
        yield propose(index, key, 0, values)


def _without_void(ports: Ports, spilt: Spilt, closing: Closing, writer: RowWriter) -> Spilt:
    """Mark rows without a person that contradict another row; remove a trailer's row."""
    for row in RowSet(ports.store, spilt.nobody).rows():
        if row[0] in closing.contradictory:
            writer.add([of_nobody([row[0], 0, row[0], *row[MISSED:]], "contradictory")])
        elif row[0] not in closing.dropped:
            writer.add([row])
    for segment in spilt.nobody:
        ports.store.delete(segment.key)
    return Spilt(spilt.found, writer.close(), closing)
