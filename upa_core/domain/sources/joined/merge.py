"""Join the current rows of secondary sources to people's rows: only where the person's own key is the row's key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from upa_core.domain.people.changes import ROW_HEAD, Row
from upa_core.domain.sources.joined.current_rows import HEADER, KEY
from upa_core.domain.sources.joined.secondary import Secondary, compile_key_of


class Join:
    """One secondary source, joined to rows of `inputs`."""

    def __init__(self, secondary: Secondary, inputs: Sequence[str], held: Sequence[str]) -> None:
        """Prepare.

        Args:
            secondary: the source.
            inputs: header of people's rows: the directory's attributes, and `<name>.<column>` for the source's.
            held: header of the current rows. A column that they don't hold stays absent.

        """
        places = {path: at + len(ROW_HEAD) for at, path in enumerate(inputs)}
        columns = {
            secondary.prefix + column: at + len(ROW_HEAD) for at, column in enumerate(held) if column not in HEADER
        }
        columns[secondary.presence] = KEY  # only a primary source reads it
        self._key = compile_key_of(secondary.match, [places[part.to] for part in secondary.match])
        self._cells = [(columns[path], at) for path, at in places.items() if path in columns]
        self._laid = ~sum(1 << (at - len(ROW_HEAD)) for _, at in self._cells)

    def lay(self, rows: Mapping[str, Row], current: Mapping[str, Row]) -> None:
        """Join current rows, by person, to people's rows; a row with another key than the person's own is ignored."""
        for person in rows.keys() & current.keys():
            row, held = rows[person], current[person]
            key = self._key(row)
            if key and key == held[KEY]:
                for source, place in self._cells:
                    row[place] = held[source]
                row[1] &= self._laid

    def lay_nothing(
        self,
        rows: Mapping[str, Row],
        current: Mapping[str, Row],
        asked: Mapping[str, str],
    ) -> None:
        """Give no value to whom no row names although the source was asked about their very key (`leave`).

        Args:
            rows: people's rows, current rows laid in.
            current: the current rows.
            asked: the key under which the source was asked about each person; about anybody else nothing is known.

        """
        for person, row in rows.items():
            held, key = current.get(person), self._key(row)
            if (held is None or held[KEY] != key) and asked.get(person) == key:
                row[1] &= self._laid


def absent_bits(inputs: Sequence[str], secondaries: Iterable[Secondary]) -> int:
    """Return the bits of the inputs from secondary sources: absent, never null, until a row counts."""
    prefixes = tuple(one.prefix for one in secondaries)
    return sum(1 << at for at, path in enumerate(inputs) if prefixes and path.startswith(prefixes))


def make_absent(rows: Iterable[Row], bits: int) -> None:
    """Mark the inputs from secondary sources as absent, whatever a record of the directory says about them."""
    places = [at + len(ROW_HEAD) for at in range(bits.bit_length()) if bits >> at & 1]
    for row in rows:
        row[1] |= bits
        for place in places:
            row[place] = None
