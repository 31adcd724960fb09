"""The rows of an offer that say what the current rows say: they are recognised by a fingerprint, and never stored.

A fingerprint for each current row takes nine bytes, so that everybody's fit in memory, where their rows don't.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

from upa_core.domain.people.changes import PARTITIONS, Row, bucket
from upa_core.domain.sources.joined.current_rows import KEY, MISSED, VALUES
from upa_core.domain.sources.joined.key_index import KeyIndex

_HELD, _NAMED = 1, 2


class Unchanged:
    """Recognises rows of an offer, and knows in which partitions of people anything may be new.

    Values are texts or None: the hash of a text has 64 bits and is keyed anew in each process. A number's hash isn't:
    -1 and -2 have the same.
    """

    def __init__(self, index: KeyIndex) -> None:
        """Begin without current rows; `index` says whom a key names today."""
        self._index = index
        self._marks = array("q", bytes(8 * len(index)))
        self._stands = bytearray(len(index))
        self._rows = [0] * PARTITIONS
        self._open: set[int] = set()

    def hold(self, number: int, rows: Iterable[Row]) -> None:
        """Take the current rows of one partition; one whose key moved, or that was missing, needs a closer look."""
        for row in rows:
            self._rows[number] += 1
            place = self._place_of(row)
            if place is None or row[MISSED]:
                self._open.add(number)
            else:
                self._marks[place] = hash(tuple(row[VALUES:]))
                self._stands[place] = _HELD

    def meets(self, key: str, values: Sequence[object]) -> bool:
        """Return whether a row of the offer is the current row of the one person whom its key names."""
        places = self._index.places_of(key)
        if len(places) != 1 or not self._stands[places[0]] or self._marks[places[0]] != hash(tuple(values)):
            return False
        self._stands[places[0]] = _NAMED
        return True

    def look_at(self, person: str) -> None:
        """Note that a person has another row now."""
        self._open.add(bucket(person) % PARTITIONS)

    def close(self, void: Iterable[str], *, complete: bool) -> None:
        """End the offer.

        Args:
            void: keys whose rows don't count, although one of them may have been met.
            complete: it names everybody: whoever wasn't met is missing.

        """
        for key in void:
            for person in self._index.people_of(key):
                self.look_at(person)
        at = self._stands.find(_HELD) if complete else -1
        while at >= 0 and len(self._open) < PARTITIONS:
            self.look_at(self._index.person_at(at))
            at = self._stands.find(_HELD, at + 1)

    def rows_of(self, number: int) -> int | None:
        """Return how many current rows a partition has, if the offer says the same of it; None: it must be compared."""
        return None if number in self._open else self._rows[number]

    def named(self, rows: Iterable[Row]) -> list[Row]:
        """Return those of the current rows that the offer named as they are."""
        return [row for row in rows if (place := self._place_of(row)) is not None and self._stands[place] == _NAMED]

    def _place_of(self, row: Row) -> int | None:
        places = self._index.places_of(row[KEY])
        return next((place for place in places if self._index.person_at(place) == row[0]), None)
