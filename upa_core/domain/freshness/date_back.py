"""Date a batch's escrow from the round that first showed each change, not from the end of the batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from upa_core.domain.people.escrow import Escrow
from upa_core.domain.people.escrow_entry import WHOLE


def date_back(escrow: Escrow, person: str, moments: Mapping[str, datetime], sequence: int) -> None:
    """Date the entries that the batch `sequence` put into escrow.

    Args:
        escrow: of the person's shard.
        person: object id.
        moments: the start of the wait by property; for the whole person the oldest counts.
        sequence: number of the batch.

    """
    oldest = min(moments.values(), default=None)
    for target, entry in list(escrow.of(person).items()):
        moment = oldest if target == WHOLE else moments.get(target)
        if moment is not None and entry.sequence == sequence and moment < entry.since:
            escrow.put(person, target, replace(entry, since=moment))
