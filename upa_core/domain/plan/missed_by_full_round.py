"""People whom a full round didn't name: noted once, ended by the second full round in a row."""

from __future__ import annotations

from collections.abc import Iterable

from upa_core.domain.people.shadow import Shard


def note_missed(shard: Shard, people: Iterable[str], full_round: str, sequence: int) -> tuple[bool, int]:
    """Note the people whom the full round didn't name; the second such round in a row ends them.

    Returns whether the shard changed, and how many ended. Noting the same round twice changes nothing.
    """
    changed, left = False, 0
    for person in people:
        first = shard.missed.get(person)
        if first is None:
            shard.missed[person] = full_round
        elif first == full_round:
            continue
        else:
            left += shard.end(person, sequence)
        changed = True
    return changed, left
