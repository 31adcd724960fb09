"""Records that are no rows: a trailer, declared or not, lines of the program that wrote the file, another shape."""

from __future__ import annotations

import re
from collections.abc import Sequence

from upa_core.domain.sources.contract import DELIMITERS

_WORDS = frozenset(
    {
        *("trailer", "trl", "tlr", "eof", "end", "footer", "total", "totals", "count", "records", "rows"),
        *("summe", "gesamt", "anzahl", "ende", "insgesamt", "gesamtergebnis", "gesamtsumme", "anzahl mitarbeiter"),
        *("grand total", "row count", "rowcount", "record count", "total rows", "total records", "number of records"),
        *("total general", "total général", "totale", "totaal", "suma", "checksum", "hash", "md5", "sha256", "crc"),
    }
)
_NUMBER = "([0-9]{1,15})"
_SENTENCE = re.compile(
    r"\(?\s*\d[\d.,]* (rows?|records?|zeilen?|datensätze|lignes?|filas?|righe|rijen)\b.*|"
    r"(end of|rows?|records?|total)\b.*\d*",
    re.IGNORECASE,
)

_MESSAGE = re.compile(
    r"\(?\s*\d[\d.,]* (?:rows?|records?|zeilen?|datensätze|lignes?|filas?|righe|rijen)\b.*|no rows selected\.?|"
    r"completion time: .*|(?:time|elapsed|zeit|abgelaufen): .*\d.*|sql>.*|query ok.*|disconnected from .*|"
    r"commit complete\.|pl/sql procedure .*|[-*=#]{2,} ?end\b.*|<eof>|\[eof\]|[-=*]{5,}|"
    r"(?:md5|sha-?\d*|crc-?\d*|checksum)\b.*|page \d+ (?:of|/) \d+|seite \d+ (?:von|/) \d+|"
    r"(?:generated|printed|created|exported|erstellt|gedruckt|exportiert) (?:by|on|at|am|von|durch)\b.*",
    re.IGNORECASE,
)
"""A line of a database's client or of a report, below or among the rows."""
_SHORT = 3
"""Letters of a word that marks a kind of record: T, TRL, 99."""


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


def is_message(cells: Sequence[str]) -> bool:
    """Return whether a record is a line of the program that wrote the file."""
    return len(cells) <= 2 and _MESSAGE.fullmatch(",".join(cells).strip()) is not None


def told_of_shape(cells: Sequence[str], width: int, delimiter: str) -> tuple[str, str]:
    """Return what is wrong with a record of another number of cells than `width`, and the remedy."""
    if len(cells) > 1:
        more = "more" if len(cells) > width else "fewer"
        text = f"the row has {len(cells)} cells, {more} than the header's {width}"
        return text, "a cell that holds the delimiter needs quotes around it"
    for sign in DELIMITERS:
        if cells[0].count(sign) == width - 1:
            if sign == delimiter:
                return "the whole line stands in one pair of quotes", "have each cell quoted by itself"
            return f"the row is divided by {shown(sign)}, and the header isn't", "have one delimiter written everywhere"
    text = f"the row has 1 cell, and the header {width}: it is a title, a message, or half of a row"
    return (
        text,
        "have nothing but the header and the rows exported; a line break in a cell needs quotes around the cell",
    )


def shown(delimiter: str) -> str:
    """Return a delimiter as it is told."""
    return "a tab" if delimiter == "\t" else f"`{delimiter}`"


def declaration(cells: Sequence[str], rows: int) -> str:
    """Return the declaration of a trailer that was found behind so many rows; "" where the line changes each time."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    whole = " ".join(filled)
    numbers = re.findall(r"\d+", whole)
    if numbers and is_message(cells) and _SENTENCE.fullmatch(whole) is None:
        return ""
    if len(numbers) == 1 and int(numbers[0]) == rows:
        return ",".join(re.sub(r"\d+", "{rows}", cell) for cell in filled)
    return "" if numbers else ",".join(filled)


def looks_like_trailer(cells: Sequence[str], rows: int, width: int) -> bool:
    """Return whether a last row is probably a trailer that isn't declared.

    Args:
        cells: the row.
        rows: how many rows are before it.
        width: how many columns the header has.

    """
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled or len(filled) > 3 or not cells[0].strip():
        return False
    if len(filled) == 1 and len(cells) == 1:
        return _SENTENCE.fullmatch(filled[0]) is not None or filled[0].casefold() in _WORDS or is_message(cells)
    if len(filled) == 2 and width > _SHORT and len(filled[0]) <= _SHORT and re.fullmatch("[0-9]{1,15}", filled[1]):
        return int(filled[1]) == rows
    return filled[0].casefold().strip(" :#*-") in _WORDS and all(
        re.fullmatch(r"[\d.,:/ TZ-]+|[0-9a-fA-F]{8,128}", one) for one in filled[1:]
    )
