"""Cut many records of CSV at once, where delimiters and line breaks alone say where a cell ends."""

from __future__ import annotations

import csv
from itertools import accumulate, repeat
from operator import add, contains

_FEW = 8
"""Quotes of a record, on average: with more, the reader takes less time."""

Columns = list[list[str]]


def cut(text: str, count: int, delimiter: str, width: int) -> Columns | None:
    """Return the columns of a text whose cells hold no quote and no line break; return None for another text.

    There the rules of CSV come to this: a delimiter outside quotes and a line break say where a cell ends. It is done
    for many records in one step, and each record is proved to have that many cells.

    Args:
        text: whole lines, from the beginning of a record.
        count: how many.
        delimiter: one character.
        width: cells of a record.

    """
    if len(text) > csv.field_size_limit():
        return None
    if '"' not in text:
        return _columns(text, count, "", delimiter, width)
    quotes = text.count('"')
    if quotes == 2 * width * count:
        return _columns(text, count, '"', delimiter, width)
    return _some_quoted(text, count, delimiter, width) if quotes <= _FEW * count and "\0" not in text else None


def _columns(text: str, count: int, quote: str, delimiter: str, width: int) -> Columns | None:
    """Cut a text in which every cell has this quote around it, or none."""
    ending = quote + ("\r\n" if "\r" in text else "\n")
    if not (text.startswith(quote) and text.endswith(ending)):
        return None
    if "\r" in ending and text.count("\r") != count:
        return None
    cells = text[len(quote) : -len(ending)].split(quote + delimiter + quote)
    step = width - 1
    if len(cells) != count * step + 1:
        return None
    ending += quote
    if not step:
        lines = cells[0].split(ending)
        return [lines] if len(lines) == count else None
    # The last cell of a record and the first one of the next are one text. Each of these texts holds a line break, and
    # there are no more line breaks: so none is elsewhere.
    edges = cells[step:-1:step]
    if not all(map(contains, edges, repeat(ending))):
        return None
    ends = ending.join(edges).split(ending) if edges else []
    return [[cells[0], *ends[1::2]], *[cells[at::step] for at in range(1, step)], [*ends[::2], cells[-1]]]


def _some_quoted(text: str, count: int, delimiter: str, width: int) -> Columns | None:
    """Cut a text without NUL in which some cells have quotes around them."""
    parts = text.split('"')
    outside, quoted = parts[::2], parts[1::2]
    columns = _columns("\0".join(outside), count, "", delimiter, width)
    if columns is None:  # also where a quoted cell holds a line break: fewer are left than lines
        return None
    delimiters, breaks = (map(str.count, outside, repeat(sign)) for sign in (delimiter, "\n"))
    for place, cell in zip(accumulate(map(add, delimiters, breaks)), quoted, strict=False):
        column, at = columns[place % width], place // width
        if column[at] != "\0":  # the quotes don't stand around a whole cell
            return None
        column[at] = cell
    return columns
