"""The key index: the person that a key may belong to.

It only proposes; the plan compares the key with the person's own record.

It holds hashes of keys and ids of people in arrays: a million people take about 60 MB, where a dictionary takes 250.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable

_MASK = 0xFFFF_FFFF_FFFF_FFFF


class KeyIndex:
    """Proposes a person for a key."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Read pairs of key and person; the key "" names nobody."""
        hashes, ends, ids = array("Q"), array("Q", [0]), bytearray()
        for key, person in pairs:
            if key:
                hashes.append(hash(key) & _MASK)
                ids += person.encode()
                ends.append(len(ids))
        order = array("L", sorted(range(len(hashes)), key=hashes.__getitem__))
        self._hashes = array("Q", (hashes[at] for at in order))
        self._order, self._ends, self._ids = order, ends, bytes(ids)

    def __len__(self) -> int:
        """Return how many keys are known."""
        return len(self._hashes)

    def people_of(self, key: str) -> list[str]:
        """Return the people whom a key may name: nobody, one, or several; of several, nobody can say which."""
        return list(map(self.person_at, self.places_of(key)))

    def places_of(self, key: str) -> range:
        """Return the places in the index of the people whom a key may name."""
        wanted = hash(key) & _MASK
        first = end = bisect_left(self._hashes, wanted)
        while end < len(self._hashes) and self._hashes[end] == wanted and key:
            end += 1
        return range(first, end)

    def person_at(self, place: int) -> str:
        """Return the person at a place of the index."""
        at = self._order[place]
        return self._ids[self._ends[at] : self._ends[at + 1]].decode()
