"""Remove a person from a run's people: write new pieces, then the table, then delete the old pieces."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from upa_core.domain.errors import CorruptStateError
from upa_core.domain.plan.run_people import Extent, Listing, RunPeople, rows_key, run_people_key
from upa_core.ports.store import Store
from upa_core.state.document import get_document, put_document
from upa_core.state.run_people.inline import laid_inline
from upa_core.state.run_people.listings import Pieces, encode_rows
from upa_core.state.run_people.reader import RunReader


def forget_in_run(store: Store, run: str, connectors: Collection[str], person: str) -> bool:
    """Write a run's people without a person; return whether the run named them.

    A table that can't be read is deleted with its rows: nobody knows whom it names.
    """
    try:
        stored = get_document(store, run_people_key(run), RunPeople)
        if stored is None or stored.value.connector not in connectors:
            return False
        table, reader = stored.value, RunReader(store, stored.value)
        if not any(row[0] == person for row in _rows(reader, _extents(table))):
            return False
        anew = _without(store, reader, person)
    except CorruptStateError:
        return _delete_damaged(store, run)
    put_document(store, run_people_key(run), anew, etag=stored.etag)
    for piece in range(1, table.pieces + 1):
        store.delete(rows_key(table.connector, run, piece))
    return True


def _extents(table: RunPeople) -> list[Extent]:
    listed = [one for listing in (*table.listings, *table.refused) for one in listing.extents]
    return [*table.blocks, *listed]


def _rows(reader: RunReader, extents: Sequence[Extent]) -> Iterator[Sequence[object]]:
    for _, rows in reader.blocks(extents):
        yield from rows


def _without(store: Store, reader: RunReader, person: str) -> RunPeople:
    """Return the table without the person; its rows are in pieces with new numbers."""
    table = reader.table
    pieces = Pieces(store, table.connector, table.run, first=table.pieces + 1)

    def copied(extents: Sequence[Extent]) -> tuple[Extent, ...]:
        anew = []
        for number, rows in reader.blocks(extents):
            if pieces.full:
                pieces.flush()
            kept = encode_rows([row for row in rows if row[0] != person])
            anew.append(pieces.append([kept], extents[number].shards))
        return tuple(anew)

    def listed(listings: Sequence[Listing]) -> tuple[Listing, ...]:
        return tuple(replace(one, extents=copied(one.extents)) for one in listings)

    anew = replace(
        table,
        people=table.people - 1,
        blocks=copied(table.blocks),
        listings=listed(table.listings),
        refused=listed(table.refused),
    )
    return laid_inline(anew, pieces)


def _delete_damaged(store: Store, run: str) -> bool:
    for info in list(store.list(run_people_key(run).removesuffix("people.json") + "rows/")):
        store.delete(info.key)
    with suppress(CorruptStateError):
        store.delete(run_people_key(run))
    return True
