"""The last row with the number of rows: declared, or found without a declaration."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORDS = frozenset(
    {
        *("trailer", "trl", "tlr", "eof", "end", "footer", "total", "totals", "count", "records", "rows"),
        *("summe", "gesamt", "anzahl", "ende", "insgesamt", "gesamtergebnis", "gesamtsumme", "anzahl mitarbeiter"),
        *("grand total", "row count", "rowcount", "record count", "total rows", "total records", "number of records"),
        *("total general", "total général", "totale", "totaal", "suma"),
    }
)
_NUMBER = "([0-9]{1,15})"
_SENTENCE = re.compile(
    r"\(?\s*\d[\d.,]* (rows?|records?|zeilen?|datensätze|lignes?|filas?|righe|rijen)\b.*|"
    r"(end of|rows?|records?|total)\b.*\d*",
    re.IGNORECASE,
)


class Trailer:
    """A declared trailer, e.g. `TRAILER;{rows}`."""

    def __init__(self, declared: str) -> None:
        """Read the declaration; its cells may have any delimiter, whatever the file's is."""
        self._whole = re.compile(_NUMBER.join(map(re.escape, declared.strip().split("{rows}"))), re.IGNORECASE)
        parts = re.split(r"[,;\t|]", declared)
        while len(parts) > 1 and not parts[-1].strip():
            parts.pop()
        self._cells = [
            re.compile(_NUMBER.join(map(re.escape, part.strip().split("{rows}"))), re.IGNORECASE) for part in parts
        ]
        self._begin = parts[0].strip().split("{rows}")[0].casefold()
        self.counts = "{rows}" in declared

    def may_be_among(self, first_cells: str) -> bool:
        """Return whether a trailer may be among records, by their first cells joined to one text."""
        return self._begin in first_cells.casefold()

    def read(self, cells: Sequence[str]) -> int | None:
        """Return the number in a trailer (-1 where it has none), None for any other row."""
        if cells and (match := self._whole.fullmatch(cells[0].strip())) and not any(map(str.strip, cells[1:])):
            return int(match[1]) if match.groups() else -1  # written with another delimiter than the file's
        if len(cells) < len(self._cells) or any(cell.strip() for cell in cells[len(self._cells) :]):
            return None
        found = -1
        for pattern, cell in zip(self._cells, cells, strict=False):
            match = pattern.fullmatch(cell.strip())
            if match is None:
                return None
            if match.groups():
                found = int(match[1])
        return found


def looks_like_trailer(cells: Sequence[str]) -> bool:
    """Return whether a last row is probably a trailer that isn't declared."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled or len(filled) > 3 or not cells[0].strip():
        return False
    if len(filled) == 1 and len(cells) == 1:
        return _SENTENCE.fullmatch(filled[0]) is not None or filled[0].casefold() in _WORDS
    return filled[0].casefold().strip(" :#*-") in _WORDS and all(
        re.fullmatch(r"[\d.,:/ TZ-]+", one) for one in filled[1:]
    )
