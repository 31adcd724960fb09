"""Store a small run's rows in its table."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace

from upa_core.domain.plan.run_people import INLINE, Extent, Listing, RunPeople
from upa_core.state.run_people.listings import Pieces

INLINE_BYTES = 48 * 1024
"""Up to this many bytes of rows are stored in the table: a day costs one blob."""


def laid_inline(table: RunPeople, pieces: Pieces) -> RunPeople:
    """Return the table with its rows, where they are few; otherwise store the remaining rows."""
    data = pieces.take()
    if pieces.first < pieces.piece or len(data) > INLINE_BYTES:
        pieces.flush()
        return replace(table, inline="", pieces=pieces.piece - 1)

    def moved(extents: Sequence[Extent]) -> tuple[Extent, ...]:
        return tuple(replace(one, piece=INLINE) for one in extents)

    def listed(listings: Sequence[Listing]) -> tuple[Listing, ...]:
        return tuple(replace(one, extents=moved(one.extents)) for one in listings)

    return replace(
        table,
        blocks=moved(table.blocks),
        listings=listed(table.listings),
        refused=listed(table.refused),
        inline=b64encode(data).decode(),
        pieces=pieces.first - 1,
    )
