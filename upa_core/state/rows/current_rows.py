"""Sets of rows over the store: segments, in which a person's last row counts, read and written by partition.

Current rows of a source, its rows of nobody, and the key index are such sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from upa_core.domain.documents.rounds import Segment
from upa_core.domain.people.changes import PARTITIONS, REMOVED, Row, overlay
from upa_core.ports.store import Store
from upa_core.state.rows.segments import FEW_ROWS, SMALL, SegmentEncoder, SegmentReader, write_encoded

MAX_CHANGES = 32
"""Segments of changes over those that hold everybody; with more, the set is written again."""
AHEAD = 16 * 1024 * 1024
"""Bytes of all segments that are in memory where partitions are read in their order."""
_MANY = 8
"""Partitions that are worth reading what lies between them."""


class RowSet:
    """The rows of a set, by person."""

    def __init__(self, store: Store, segments: Iterable[Segment], *, in_order: bool = False) -> None:
        """Read from segments; a later segment has priority over an earlier one.

        `in_order`: many partitions will be asked for, in their order; several are read by one call.
        """
        self._readers = [SegmentReader(store, segment) for segment in segments]
        if in_order:
            self._read_ahead()

    def _read_ahead(self) -> None:
        for reader in self._readers:
            reader.ahead = AHEAD // len(self._readers)

    def partition(self, number: int) -> dict[str, Row]:
        """Return the last row of everybody in a partition; values that it doesn't name come from an earlier row.

        Raises `CorruptStateError` where a segment is missing or damaged.
        """
        found: dict[str, Row] = {}
        for reader in self._readers:
            for row in reader.rows([number]):
                person = row[0]
                if row[1] == REMOVED:
                    found.pop(person, None)
                else:
                    before = found.get(person)
                    found[person] = row if before is None else overlay(before, row)
        return found

    def partitions(self, numbers: Iterable[int]) -> Iterator[tuple[int, dict[str, Row]]]:
        """Yield partitions with their numbers, in their order; raises as `partition`."""
        wanted = sorted(numbers)
        if len(wanted) > _MANY:
            self._read_ahead()
        for number in wanted:
            yield number, self.partition(number)

    def every(self, number: int) -> Iterator[Row]:
        """Yield all rows of a partition as they were written, also several of one person; raises as `partition`."""
        for reader in self._readers:
            yield from reader.rows([number])

    def rows(self) -> Iterator[Row]:
        """Yield everybody's last row, partition by partition."""
        for _, found in self.partitions(range(PARTITIONS)):
            yield from found.values()
            del found  # the next partition is read without this one in memory


class RowWriter:
    """Writes rows as segments of a convenient size; nobody finds them before the state names them."""

    def __init__(self, store: Store, key: Callable[[int], str], most: int) -> None:
        """Write under `key(number)`, at most `most` rows in a segment."""
        self._store, self._key, self._most = store, key, most
        self._rows: list[Row] = []
        self._encoded = SegmentEncoder()
        self._space = most
        """Rows that fit into the segment."""
        self._written: list[Segment] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows; rows of one person keep their order."""
        for row in rows:
            self._rows.append(row)
            if len(self._rows) >= min(self._space, FEW_ROWS):
                self._encode()
                if not self._space:
                    self._flush()

    def close(self) -> tuple[Segment, ...]:
        """Write the remaining rows and return all segments."""
        self._encode()
        if self._space < self._most:
            self._flush()
        return tuple(self._written)

    def discard(self) -> None:
        """Delete the segments that were written."""
        for segment in self._written:
            self._store.delete(segment.key)
        self._rows, self._written = [], []
        self._encoded, self._space = SegmentEncoder(), self._most

    def _encode(self) -> None:
        self._encoded.add(self._rows)
        self._space -= len(self._rows)
        self._rows = []

    def _flush(self) -> None:
        self._written.append(write_encoded(self._store, self._key(len(self._written) + 1), self._encoded))
        self._encoded, self._space = SegmentEncoder(), self._most


def reads_in_order(segments: Sequence[Segment]) -> int:
    """Return at most how many calls read a set whose partitions are asked for in their order."""
    window = max(AHEAD // max(len(segments), 1), 1)
    return sum(1 if one.size <= SMALL else 1 + -(-one.size // window) for one in segments)


def count(segments: Sequence[Segment]) -> int:
    """Return how many rows the segments hold, including older rows of the same person."""
    return sum(segment.rows for segment in segments)
