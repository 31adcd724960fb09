"""The key index: the person that a key may belong to.

It only proposes; the plan compares the key with the person's own record.

It holds hashes of keys and ids of people in arrays: a million people take 33 MB, where a dictionary takes 250.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence

_MASK = 0xFFFF_FFFF_FFFF_FFFF
_UUID = 36
"""Signs of a UUID."""
_AS_UUID, _AS_TEXT = b"\1", b"\0"
_PARTS = 64
"""Parts in which hashes are sorted, one by one: a sorted list takes ten times the memory of an array."""


class KeyIndex:
    """Proposes a person for a key."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Read pairs of key and person; the key "" names nobody."""
        hashes, ends, ids = array("Q"), array("I", [0]), bytearray()
        for key, person in pairs:
            if key:
                hashes.append(hash(key) & _MASK)
                ids += _packed(person)
                ends.append(len(ids))
        order = _sorted(hashes)
        self._hashes = array("Q", map(hashes.__getitem__, order))
        self._order, self._ends, self._ids = order, ends, ids

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
        return _unpacked(self._ids[self._ends[at] : self._ends[at + 1]])


def _packed(person: str) -> bytes:
    """Return an id in few bytes: most are UUIDs."""
    if len(person) == _UUID and person[8] == person[13] == person[18] == person[23] == "-":
        text = person.replace("-", "")
        try:
            data = bytes.fromhex(text)
        except ValueError:
            data = b""
        if data.hex() == text:  # lower case, nothing else
            return _AS_UUID + data
    return _AS_TEXT + person.encode()


def _unpacked(data: bytes | bytearray) -> str:
    """Return the id that `_packed` made small."""
    if data.startswith(_AS_TEXT):
        return data[1:].decode()
    text = data[1:].hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _sorted(hashes: Sequence[int]) -> array[int]:
    """Return the places of the hashes, in the order of the hashes."""
    parts = [array("I") for _ in range(_PARTS)]
    for at, one in enumerate(hashes):
        parts[one >> 58].append(at)
    order = array("I")
    for part in parts:
        order.extend(sorted(part, key=hashes.__getitem__))
    return order
