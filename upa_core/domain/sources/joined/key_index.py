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
        wanted, found = hash(key) & _MASK, []
        at = bisect_left(self._hashes, wanted)
        while at < len(self._hashes) and self._hashes[at] == wanted and key:
            place = self._order[at]
            found.append(self._ids[self._ends[place] : self._ends[place + 1]].decode())
            at += 1
        return found
