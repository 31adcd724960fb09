"""Texts that were met, recognised by 64-bit fingerprints in arrays: a million take 24 MB, where a dictionary takes 125.

A fingerprint is Python's hash of a text, keyed anew in each process. That two of a million texts have the same one
happens once in 37 million times, and not to the same two in the next process.
"""

from __future__ import annotations

from array import array

_FEW, _MANY = 1 << 18, 1 << 22
"""Slots for 87,000, and for a million: to lay out slots anew costs as much as to fill them, so it is done once."""


class Fingerprints:
    """Numbers different fingerprints from 0, in the order in which they come."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known = array("q")
        self._slots = array("I", [0]) * _FEW
        """By the low bits of a fingerprint, or in one of the next slots: its number plus 1; 0 is a free slot."""
        self._placed = 0
        """How many fingerprints have a slot; the others get one before anything is looked up."""

    def __len__(self) -> int:
        """Return how many different ones came."""
        return len(self._known)

    def number(self, one: int) -> int:
        """Return the number of a fingerprint; a new one takes the next number."""
        self._place(1)
        slot = self._slot_of(one)
        if not self._slots[slot]:
            self._known.append(one)
            self._placed += 1
            self._slots[slot] = self._placed
        return self._slots[slot] - 1

    def add_new(self, several: list[int]) -> bool:
        """Add fingerprints that are all new and all different; return False, and add none, where they aren't."""
        self._place(len(several))
        slots, mask, known = self._slots, len(self._slots) - 1, self._known
        first = len(known) + 1
        known.fromlist(several)
        for number, one in enumerate(several, first):
            slot = one & mask
            while other := slots[slot]:
                if known[other - 1] == one:
                    self._take_back(first, number)
                    return False
                slot = slot + 1 & mask
            slots[slot] = number
        self._placed = len(known)
        return True

    def append(self, several: list[int]) -> None:
        """Add fingerprints of which the caller knows that they are all new and all different."""
        self._known.fromlist(several)

    def _take_back(self, first: int, end: int) -> None:
        """Free the slots of the last numbers, the last one first, and forget what came from `first` on."""
        for number in range(end - 1, first - 1, -1):
            self._slots[self._slot_of(self._known[number - 1])] = 0
        del self._known[first - 1 :]

    def _slot_of(self, one: int) -> int:
        """Return the slot that holds a fingerprint, or the free one where it would lie."""
        slots, mask, known = self._slots, len(self._slots) - 1, self._known
        slot = one & mask
        while (number := slots[slot]) and known[number - 1] != one:
            slot = slot + 1 & mask
        return slot

    def _place(self, more: int) -> None:
        """Give a slot to each fingerprint that has none, and keep two thirds of the slots free, also with more."""
        known, size, wanted = self._known, len(self._slots), 3 * (len(self._known) + more)
        if wanted > size:
            while size < wanted:
                size = max(2 * size, _MANY)
            self._slots, self._placed = array("I", [0]) * size, 0
        slots, mask = self._slots, size - 1
        for number in range(self._placed + 1, len(known) + 1):
            slot = known[number - 1] & mask
            while slots[slot]:
                slot = slot + 1 & mask
            slots[slot] = number
        self._placed = len(known)
