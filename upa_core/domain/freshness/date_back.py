"""What a batch put into escrow waits since the round that first showed it, not since the batch ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from upa_core.domain.people.escrow import Escrow
from upa_core.domain.people.escrow_entry import WHOLE


def date_back(escrow: Escrow, person: str, moments: Mapping[str, datetime], sequence: int) -> None:
    """Date what the batch `sequence` put into escrow.

    Args:
        escrow: of the person's shard.
        person: object id.
        moments: by property what its value in the batch counts from; the whole person counts from the oldest.
        sequence: number of the batch.

    """
    oldest = min(moments.values(), default=None)
    for target, entry in list(escrow.of(person).items()):
        moment = oldest if target == WHOLE else moments.get(target)
        if moment is not None and entry.sequence == sequence and moment < entry.since:
            escrow.put(person, target, replace(entry, since=moment))
