"""CSV by the standard library, strictly: cells are texts, and a text that isn't CSV is refused with its line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from upa_core.domain.sources.blocks.cut import cut
from upa_core.domain.sources.contract import DELIMITERS, Contract
from upa_core.domain.sources.findings import FileRefusedError, Finding, Findings
from upa_core.domain.sources.header import folded
from upa_core.domain.sources.lines import MAX_LINE, Block, Lines, Record, in_blocks

_SHOWN = {",": "`,`", ";": "`;`", "\t": "tab", "|": "`|`"}


class CsvRows:
    """The records of a CSV file, its header first."""

    def __init__(self, text: Iterable[str], contract: Contract, findings: Findings) -> None:
        """Take the text in pieces."""
        self._lines = Lines(text)
        self._contract = contract
        self._findings = findings
        self.delimiter = contract.delimiter
        self.total = None
        self._reader: Any = None
        self._skipped = 0
        self._fed = chain(self._lines, self._tail())

    @property
    def suspect_line(self) -> int:
        """Records after this line hold no damaged cell."""
        return self._lines.suspect_line

    def __iter__(self) -> Iterator[Record]:
        """Yield the records.

        A last line without a line break is set aside, unless the contract says that the writer never ends it or it is
        the trailer. Raises `FileRefusedError` with the line of the record where the text isn't CSV.
        """
        lines = self._fed
        skipped = 0
        first = next(lines, "")
        if first.lower().startswith("sep=") and len(first.rstrip("\r\n")) == 5:
            self.delimiter, skipped = first[4], 1
            first = next(lines, "")
        while first and not first.strip():
            first, skipped = next(lines, ""), skipped + 1
        if not first:
            return
        if self._contract.header:
            lines, first, skipped = chain((first,), lines), self._contract.header + "\n", skipped - 1
        if not self.delimiter:
            self.delimiter = self._sniffed(first, skipped + 1)
        self._skipped = skipped
        reader = self._reader = csv.reader(chain((first,), lines), delimiter=self.delimiter, strict=True)
        begun = skipped + 1
        try:
            for cells in reader:
                yield begun, cells
                begun = reader.line_num + skipped + 1
        except csv.Error as exc:
            raise _refused(str(exc), begun) from None
        self._refuse_long()

    def blocks(self, records: Iterator[Record], width: int) -> Iterator[Block]:
        """Yield the remaining records in blocks, mostly without a Python step for each; raises `FileRefusedError`."""
        if self._reader is None or self._contract.header:  # the first line is a row, and was read already
            yield from in_blocks(records)
            return
        begun = self._reader.line_num + self._skipped + 1
        while True:
            text, count = self._lines.text()
            columns = cut(text, count, self.delimiter, width) if self._lines.ending == "\n" else None
            if columns is not None:
                block = Block(range(begun, begun + count), columns=columns)
                begun += count
            else:
                block, begun = self._read(self._lines.divided(text), begun)
            if not block.lines:
                break
            yield block
        self._refuse_long()

    def _read(self, lines: list[str], begun: int) -> tuple[Block, int]:
        """Read the records that begin on these lines; the last one may go on behind them.

        Without lines, what has no line break is read. Returns the records, and the line on which the next one begins.
        """
        rows: list[list[str]] = []
        begins: list[int] = []
        at, end = begun, begun + len(lines)
        reader = csv.reader(chain(lines, self._fed), delimiter=self.delimiter, strict=True)
        try:
            for cells in reader:
                rows.append(cells)
                begins.append(at)
                at = begun + reader.line_num
                if at >= end:
                    break
        except csv.Error as exc:
            raise _refused(str(exc), at) from None
        return Block(begins, rows), at

    def _refuse_long(self) -> None:
        if self._lines.too_long:
            text = f"{MAX_LINE:,} characters hold no line break"
            raise FileRefusedError("not_rows", text, "have a file of rows delivered", line=self._lines.count + 1)

    def _tail(self) -> Iterator[str]:
        tail, line = self._lines.tail, self._lines.count + 1
        if not tail.strip("\x1a \r\n"):
            return
        if "\0" in tail:
            text = "the file ends in NUL characters: its end was never written, or it was damaged on its way"
            raise FileRefusedError("nul", text, "have it delivered anew", line=line)
        if not self._contract.ends_with_newline or (self._contract.trailer and self._may_be_trailer(tail)):
            yield tail
            return
        if line == 1:
            text = "the file is one line without a line break: a message in place of the file, or a cut header"
            raise FileRefusedError("not_rows", text, "look at who fetches the file, and have it delivered anew", line=1)
        text = "the last line has no line break: it may be cut, and is set aside"
        remedy = "if the system that writes the file never ends its last line, write `ends_with_newline: never`"
        self._findings.add(Finding("set_aside", "no_line_break", text, remedy, line))

    def _may_be_trailer(self, tail: str) -> bool:
        begin = self._contract.trailer.partition("{rows}")[0]
        word = begin.strip("".join(DELIMITERS) + " ")
        return tail.lstrip('" ').startswith(word)

    def _sniffed(self, header: str, line: int) -> str:
        """Return the delimiter, by the header line alone: it splits the line into the columns that are read."""
        wanted = {folded(name) for name in (*(part.column for part in self._contract.keys), *self._contract.columns)}
        best: list[tuple[int, int, str]] = []
        for delimiter in DELIMITERS:
            try:
                cells = next(csv.reader([header], delimiter=delimiter, strict=True), [])
            except csv.Error:
                continue
            found = len(wanted & set(map(folded, cells)))
            if len(cells) > 1:
                best.append((found, len(cells), delimiter))
        best.sort(reverse=True)
        if not best:
            return ","
        if len(best) > 1 and best[0][:2] == best[1][:2]:
            told = " and ".join(_SHOWN[each[2]] for each in best[:2])
            text = f"the header may be divided by {told} alike"
            raise FileRefusedError("delimiter_unclear", text, "declare the `delimiter`", line=line)
        return best[0][2]


def _refused(message: str, line: int) -> FileRefusedError:
    if "unexpected end of data" in message:
        text = "a quoted cell that begins in this record never ends"
        remedy = (
            "have the file exported anew: a quote inside a quoted cell is written twice, and a cut file ends so too"
        )
        return FileRefusedError("quote_open", text, remedy, line=line)
    if "field limit" in message:
        text = f"a cell is longer than {csv.field_size_limit():,} characters: a quote is probably open"
        return FileRefusedError("cell_too_long", text, "look for a quote that is opened and never closed", line=line)
    if "new-line character" in message:
        text = "a carriage return stands in a cell without quotes"
        return FileRefusedError("line_break", text, "have cells with line breaks quoted", line=line)
    text = "a quoted cell goes on behind its closing quote"
    return FileRefusedError("quote_inside", text, 'have a quote inside a quoted cell written twice ("")', line=line)
