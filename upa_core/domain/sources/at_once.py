"""Judge a block of ordinary rows column by column: most work is done in C, not cell by cell.

Every rule of the contract holds: a block in which anything might need a closer look isn't taken, and its rows are
judged one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import count

from upa_core.domain.sources.cells import NOTHING
from upa_core.domain.sources.closing import Tally
from upa_core.domain.sources.contract import Contract, KeyPart
from upa_core.domain.sources.findings import SourceRow
from upa_core.domain.sources.header import Header
from upa_core.domain.sources.keys import SEPARATOR, folds, normalised, pick
from upa_core.domain.sources.trailer import Trailer

SPACES = tuple(" " * width for width in range(1, 65))
"""Cells of a fixed width without content."""
_SERIAL = re.compile(r"^\s*[1-9]\d{4}(?:[.,]\d+)?\s*$", re.MULTILINE)
"""A day number of Excel among cells, one cell a line."""


class AtOnce:
    """Takes blocks in which every row counts."""

    def __init__(
        self,
        contract: Contract,
        header: Header,
        dates: Sequence[int],
        tally: Tally,
        again: str,
        trailer: Trailer | None,
    ) -> None:
        """Prepare for a file. Six parameters: what its rows are judged by.

        Args:
            contract: the contract.
            header: the file's header.
            dates: positions of columns that hold dates.
            tally: what was counted so far; blocks that are taken are counted here.
            again: first cell of the header, as it was written.
            trailer: the declared one.

        """
        self._header, self._dates, self._tally, self._again, self._trailer = header, dates, tally, again, trailer
        self._most = contract.max_rows
        self._keys = [_all_normalised(part) for part in contract.keys]
        self._special = frozenset((*SPACES, *(NOTHING if contract.nulls is None else contract.nulls))) - {""}
        self._values_of = pick(header.positions)

    def take(self, lines: Sequence[int], block: list[list[str]]) -> tuple[str, Iterator[SourceRow]] | None:
        """Count a block whose rows all count, and return its last key and its rows; return None for another block."""
        header, tally = self._header, self._tally
        if tally.trailer is not None or set(map(len, block)) != {len(header.names)}:
            return None
        columns = list(zip(*block, strict=True))
        first = "\n".join(columns[0])
        if not self._again or self._again in first or (self._trailer is not None and self._trailer.may_be_among(first)):
            return None
        keys = self._keys_of([columns[at] for at in header.keys])
        if not keys or tally.rows + len(block) > self._most:
            return None
        if any(_SERIAL.search("\n".join(columns[at])) for at in self._dates):
            return None
        values = [columns[at] for at in header.positions]
        if not all(map(self._special.isdisjoint, values)):
            return None
        hashes = list(map(hash, keys))
        if len(set(hashes)) < len(hashes) or not tally.seen.keys().isdisjoint(hashes):
            return None
        rows = list(map(self._values_of, block))
        for at, column in enumerate(values):
            tally.empty[at] += column.count("")
        tally.rows += len(block)
        tally.seen.update(zip(hashes, count(len(tally.marks)), strict=False))
        tally.marks.extend(map(hash, rows))
        tally.lines.extend(lines)
        tally.lengths.update(map(len, keys))
        return keys[-1], zip(lines, keys, rows, strict=True)

    def _keys_of(self, columns: Sequence[Sequence[str]]) -> list[str]:
        """Return the keys; none where a key is empty or may have lost digits."""
        parts = []
        for normal, column in zip(self._keys, columns, strict=True):
            cells = normal(column)
            text = "\n".join(column) + "\n"
            if "" in cells or ".0\n" in text or ",0\n" in text or "E+" in text or (" " in text and "0 \n" in text):
                return []
            parts.append(cells)
        return parts[0] if len(parts) == 1 else list(map(SEPARATOR.join, zip(*parts, strict=True)))


def _all_normalised(part: KeyPart) -> Callable[[Sequence[str]], list[str]]:
    """Return `normalised` for a whole column."""
    one = normalised(part)

    def normal(column: Sequence[str]) -> list[str]:
        if part.pad or not "".join(column).isascii():
            return list(map(one, column))
        cells = list(map(str.strip, column))
        return list(map(str.casefold, cells)) if folds(part) else cells

    return normal
