"""Judge a block of ordinary rows column by column: most work is done in C, not cell by cell.

Every rule of the contract holds: a block in which anything might need a closer look isn't taken, and its rows are
judged one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from operator import itemgetter
from typing import NamedTuple

from upa_core.domain.sources.cells import AS_DATE, NOTHING, SHOWN_INSTEAD, SPACES
from upa_core.domain.sources.closing import Tally
from upa_core.domain.sources.contract import Contract, KeyPart
from upa_core.domain.sources.findings import SourceRow
from upa_core.domain.sources.header import Header, names_in_any_case
from upa_core.domain.sources.keys import SEPARATOR, folds, no_keys, normalised
from upa_core.domain.sources.lines import Block
from upa_core.domain.sources.trailer import Trailer

_SERIAL = re.compile(r"^\s*[1-9]\d{4}(?:[.,]\d+)?\s*$", re.MULTILINE)
"""A day number of Excel among cells, one cell a line."""
_QUOTED_KEY = re.compile("^\\s*[\"'\u201c\u201e\u00ab]", re.MULTILINE)
_LOST_DIGITS = re.compile(r"\d[.,](?:0+|\d+[eE]-?\d+)\s*$", re.MULTILINE)
"""The end of a number that was a key, one key a line."""


class Taken(NamedTuple):
    """A block whose rows all count."""

    last: tuple[int, Sequence[str], str]
    """Line, cells and key of its last row."""
    rows: Iterator[SourceRow]


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
        self._named = names_in_any_case(header.names)
        self._most = contract.max_rows
        self._keys = [_all_normalised(part) for part in contract.keys]
        words = NOTHING if contract.nulls is None else frozenset(contract.nulls)
        self._special = SPACES | words | (SHOWN_INSTEAD - frozenset(contract.not_damaged)) | {""}

    def take(self, block: Block) -> Taken | None:
        """Count a block whose rows all count, and return it; return None for another block."""
        header, tally = self._header, self._tally
        columns = block.columns(len(header.names)) if tally.trailer is None else None
        if columns is None:
            return None
        first = "\n".join(columns[0])
        if not self._again or self._again in first or not self._named.isdisjoint(columns[header.keys[0]]):
            return None
        if any(any(columns[at]) for at in header.beyond) or (
            self._trailer is not None and self._trailer.may_be_among(first)
        ):
            return None
        keys = self._keys_of([columns[at] for at in header.keys])
        size = len(keys)
        if not keys or tally.rows + size > self._most:
            return None
        if any(_SERIAL.search("\n".join(columns[at])) for at in self._dates):
            return None
        values = [columns[at] for at in header.positions]
        empty = []
        for at, column in enumerate(values):
            if special := self._special.intersection(column):
                if len(special) > 1 or "" not in special:
                    return None
                empty.append(at)
        if not tally.seen.add_new(keys):
            return None
        rows = list(zip(*values, strict=True)) if values else [()] * size
        for at in empty:
            tally.empty[at] += values[at].count("")
        tally.rows += size
        tally.marks.fromlist(list(map(hash, rows)))
        tally.lines.extend(block.lines)
        lengths = list(map(len, keys))
        if lengths.count(lengths[0]) == size:
            tally.lengths[lengths[0]] += size
        else:
            tally.lengths.update(lengths)
        last = (block.lines[-1], [column[-1] for column in columns], keys[-1])
        return Taken(last, zip(block.lines, keys, rows, strict=True))

    def _keys_of(self, columns: Sequence[Sequence[str]]) -> list[str]:
        """Return the keys; none where a key is empty or may have lost digits."""
        parts = []
        for normal, column in zip(self._keys, columns, strict=True):
            text = "".join(column)
            cells = normal(column, text)
            if "" in cells or (not text.isalnum() and _may_be_changed(column, text)):
                return []
            parts.append(cells)
        return parts[0] if len(parts) == 1 else list(map(SEPARATOR.join, zip(*parts, strict=True)))


def _may_be_changed(column: Sequence[str], text: str) -> bool:
    """Return whether a key that lost digits, became a date or stands in quotes may be among these cells.

    `text` is all of them.
    """
    if "+" in text and ("E+" in text or "e+" in text):
        return True
    lines = "\n".join(column) + "\n"
    if ("." in text or "," in text) and _LOST_DIGITS.search(lines) is not None:
        return True
    return _QUOTED_KEY.search(lines) is not None or AS_DATE.search(lines) is not None


def _all_normalised(part: KeyPart) -> Callable[[Sequence[str], str], list[str]]:
    """Return `normalised` for a whole column, given with the text of all its cells."""
    one, nobody = normalised(part), no_keys(part)

    def normal(column: Sequence[str], text: str) -> list[str]:
        plain = text.isascii() and text.isalnum()
        if not text.isascii() or (part.pad and not (plain and text.isdigit())):
            return list(map(one, column))
        cells = list(column) if plain else list(map(str.strip, column))
        if "" in cells:
            return cells
        begins_so = plain or "".join(map(itemgetter(0), cells)).isalnum()  # each has a letter or a digit
        if not begins_so or not nobody.isdisjoint(cells):
            return list(map(one, column))
        if part.pad:
            return list(map(str.zfill, cells, repeat(part.pad)))
        return list(map(str.casefold, cells)) if folds(part) else cells

    return normal
