"""Judge the rows of a file under its contract in one pass: yield the rows that count; the verdict comes at the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, compress, repeat

from upa_core.domain.sources.at_once import AtOnce
from upa_core.domain.sources.cells import (
    NOTHING,
    SAVED_BY_EXCEL,
    SHOWN_INSTEAD,
    SPACES,
    damaged,
    damaged_date,
    doubtful,
    is_blank,
    refuse_damaged_key,
)
from upa_core.domain.sources.closing import Tally, close
from upa_core.domain.sources.contract import Accepted, Contract
from upa_core.domain.sources.findings import FileRefusedError, Finding, Findings, SourceRow, Verdict
from upa_core.domain.sources.header import Header, find_header, header_again, is_header_again, names_in_any_case
from upa_core.domain.sources.keys import compile_key, pick
from upa_core.domain.sources.lines import Record, Records
from upa_core.domain.sources.trailer import Trailer, declaration, is_message, looks_like_trailer, told_of_shape

_ODD_KEY = re.compile(r"\d[.,]\d|\d. ?[A-Za-z]|[a-z][- ]\d|\d/\d|\d:\d|^[\"'\u201c\u201e\u00ab]")
_BLANK = "holds only what nobody sees (hard spaces, marks without a width): it counts as empty"
_INSTEAD = "holds what a program shows in place of a value: a large column, bytes, an error or a mask"
_PUT_RIGHT = (
    "have the source put right; a text that is right is written under `not_damaged`, one for no value under `nulls`"
)
_QUOTED = "a cell that holds the delimiter needs quotes around it"


class Judge:
    """Judges the records of one file."""

    def __init__(self, contract: Contract, last: Accepted | None = None) -> None:
        """Take the contract and, if there is one, the file accepted last."""
        self._contract = contract
        self._last = last
        self.findings = Findings()
        self._tally = Tally()
        self._header: Header | None = None
        self._trailer = Trailer(contract.trailer) if contract.trailer else None
        self._refused = False
        self._right = frozenset((*contract.not_damaged, *(contract.nulls or ())))
        self._width, self._again, self._delimiter = 0, "", ""
        """Number of cells of the header, its first cell as written, and the delimiter."""
        self._odd: Record | None = None
        """The record before, where its shape was different: at the end of the file it may be a trailer."""
        self._last_row: tuple[int, Sequence[str], str] = (0, [""], "")

    def rows(self, records: Records) -> Iterator[SourceRow]:
        """Return the rows that count if the file does; a refusal ends them and is in the verdict."""
        return chain.from_iterable(self._judged(records))

    def verdict(self, records: Records, encoding: str = "") -> Verdict:
        """Return the verdict; only after the last row."""
        header, tally = self._header, self._tally
        if not self._refused:
            close(tally, header, self._contract, self._last, self.findings, records.delimiter, records.total)
        findings = self.findings.all
        worst = findings[0].effect if findings else "note"
        return Verdict(
            status="refused" if worst == "refused" else "held" if worst == "held" else "accepted",
            findings=findings,
            encoding=encoding,
            delimiter=records.delimiter,
            header=header.names if header else (),
            columns=header.columns if header else (),
            rows=tally.rows,
            people=len(tally.seen) - len(tally.contradictory | tally.void),
            blank=tally.blank,
            repeated=tally.repeated,
            set_aside=sum(1 + finding.more for finding in findings if finding.effect == "set_aside"),
            void=frozenset(tally.contradictory | tally.void),
            contradictory=frozenset(tally.contradictory),
            shares=tally.shares(header.columns) if header else {},
        )

    def _judged(self, records: Records) -> Iterator[Iterable[SourceRow]]:
        """Yield the rows in blocks."""
        try:
            yield from self._blocks(records)
        except FileRefusedError as exc:
            self._refuse(exc)

    def _refuse(self, exc: FileRefusedError) -> None:
        self.findings.add(exc.finding)
        self._refused = True

    def _blocks(self, records: Records) -> Iterator[Iterable[SourceRow]]:
        source = iter(records)
        first = next((record for record in source if any(map(str.strip, record[1]))), None)
        if first is None:
            return
        header = self._header = find_header(first, source, self._contract, self.findings)
        self._delimiter = records.delimiter
        self._tally.empty = [0] * len(header.positions)
        self._width, self._again = len(first[1]), first[1][0]
        dates = self._dates(header.names)
        dated = [at for at in (*header.keys, *header.positions) if header.names[at] in dates]
        at_once = AtOnce(self._contract, header, dated, self._tally, self._again, self._trailer)
        one_by_one = self._one_by_one(header, dated)
        for block in records.blocks(source, self._width):
            taken = at_once.take(block) if block.lines[0] > records.suspect_line else None
            if taken is None:
                yield self._each(map(one_by_one, block.lines, block.rows, repeat(records.suspect_line)))
                if self._refused:
                    return
                continue
            if self._odd is not None:
                self._odd_shape(*self._odd)
                self._odd = None
            self._last_row = taken.last
            yield taken.rows
        self._look_at_last()

    def _each(self, judged: Iterator[SourceRow | None]) -> Iterator[SourceRow]:
        try:
            for row in judged:
                if row is not None:
                    yield row
        except FileRefusedError as exc:
            self._refuse(exc)

    def _one_by_one(  # noqa: PLR0915 - what is asked of one record, read top to bottom
        self, header: Header, dates: Sequence[int]
    ) -> Callable[[int, list[str], int], SourceRow | None]:
        """Return the judge of one record: it returns the row, or None where the row doesn't count."""
        tally, names, width = self._tally, header.names, self._width
        key_of, values_of = compile_key(self._contract.keys, header.keys), pick(header.positions)
        nothing, shown = SPACES | {"", *(self._contract.nulls or ())}, SHOWN_INSTEAD - self._right
        is_told = (nothing | shown | (NOTHING if self._contract.nulls is None else frozenset())).__contains__
        columns, several = range(len(header.positions)), len(header.keys) > 1
        named, first, beyond = names_in_any_case(names), header.keys[0], header.beyond

        def judge(line: int, cells: list[str], suspect_line: int) -> SourceRow | None:  # noqa: PLR0912
            if self._odd is not None:
                self._odd_shape(*self._odd)
                self._odd = None
            if not any(cells):
                tally.blank += 1
                return None
            if tally.trailer is not None:
                message = "rows stand behind the trailer: files were joined"
                raise FileRefusedError("trailer_inside", message, "have one file delivered", line=line)
            if self._trailer is not None and (told := self._trailer.read(cells)) is not None:
                tally.trailer = told
                self._last_row = (line, cells, self._last_row[2])
                return None
            if len(cells) != width:
                self._odd = (line, cells)
                self._last_row = (line, cells, self._last_row[2])
                return None
            if (self._again in cells[0] or cells[first] in named) and is_header_again(cells, names):
                raise header_again(line)
            if beyond and any(cells[at].strip() for at in beyond):
                self._odd_shape(line, cells)
                return None
            key = key_of(cells)
            self._last_row = (line, cells, key)
            if not key and not any(map(str.strip, cells)):
                tally.blank += 1
                return None
            self._count_row(line)
            if several or _ODD_KEY.search(key):
                refuse_damaged_key(line, cells, header.names, header.keys)
            if line <= suspect_line and self._is_damaged(line, cells, header):
                return None
            for at in dates:
                if cells[at][4:5].isdigit() and (message := damaged_date(cells[at])):
                    raise FileRefusedError("excel_date", message, SAVED_BY_EXCEL, line=line, cell=names[at])
            if not key:
                self._set_aside_nobody(line, names[header.keys[0]])
                return None
            values = values_of(cells)
            if hits := list(compress(columns, map(is_told, values))):
                if wrong := [at for at in hits if values[at] in shown]:
                    self._set_aside_damaged(_INSTEAD, line, header.columns[wrong[0]])
                    return None
                for at in hits:
                    tally.empty[at] += 1
                if any(values[at] for at in hits):
                    values = self._without_nothing(line, values, hits, nothing)
            mark, known = hash(values), len(tally.marks)
            before = tally.seen.number(key)
            if before != known:
                self._met_again(line, key, mark == tally.marks[before], tally.lines[before], names[header.keys[0]])
                return None
            tally.marks.append(mark)
            tally.lines.append(line)
            tally.lengths[len(key)] += 1
            return line, key, values

        return judge

    def _count_row(self, line: int) -> None:
        self._tally.rows += 1
        most = self._contract.max_rows
        if self._tally.rows > most:
            message = f"the file has more than {most:,} rows"
            raise FileRefusedError("too_many_rows", message, "write a larger `max_rows`, if it is right", line=line)

    def _dates(self, names: Sequence[str]) -> set[str]:
        wanted = {name.casefold() for name in self._contract.dates}
        return {name for name in names if name.casefold() in wanted}

    def _look_at_last(self) -> None:
        """Tell a trailer that isn't declared from a person's row."""
        (line, cells, key), odd = self._last_row, self._odd
        rows = self._tally.rows - (odd is None)
        if self._trailer is None and line and looks_like_trailer(cells, rows, self._width):
            declared = declaration(cells, rows)
            message = "the last row looks like a trailer that nobody declared; it is set aside"
            remedy = f'write `trailer: "{declared[:60]}"`' if declared else "have the file exported without it"
            self._set_aside("trailer_undeclared", message, line, remedy=remedy)
            if odd is None:
                self._tally.rows -= 1
                self._tally.void.add(key)
        elif odd is not None:
            self._odd_shape(*odd)

    def _odd_shape(self, line: int, cells: Sequence[str]) -> None:
        if is_message(cells):
            message = "a line of the program that wrote the file stands here; it is set aside"
            self._set_aside("message_line", message, line, remedy="have nothing but the header and the rows exported")
            return
        if self._header is not None and is_header_again(cells, self._header.names):
            raise header_again(line)
        self._tally.rows += 1
        self._tally.odd += 1
        if len(cells) == self._width:
            message, remedy = "a value stands behind the last column that has a name: the row is shifted", _QUOTED
        else:
            message, remedy = told_of_shape(cells, self._width, self._delimiter)
        self._set_aside("odd_shape", message, line, remedy=remedy)

    def _is_damaged(self, line: int, cells: list[str], header: Header) -> bool:
        for at, cell in enumerate(cells):
            if "\0" in cell:
                message = "the cell holds a NUL character: the file was damaged on its way"
                raise FileRefusedError("nul", message, "have it delivered anew", line=line, cell=header.names[at])
        refuse_damaged_key(line, cells, header.names, header.keys)
        for at in (*header.keys, *header.positions):
            cell, name = cells[at], header.names[at]
            if is_blank(cell):
                cells[at] = ""
                if not cell.isascii() and at in header.positions:
                    self.findings.add(Finding("note", "blank_cell", f"the cell {_BLANK}", "", line, name))
            elif cell.strip() in self._right:
                continue
            elif message := damaged(cell):
                self._set_aside_damaged(message, line, name)
                return True
            elif message := doubtful(cell):
                remedy = "if it is wrong, have the source put right"
                self.findings.add(Finding("note", "doubtful_cell", f"the cell {message}", remedy, line, name))
        return False

    def _set_aside_nobody(self, line: int, cell: str) -> None:
        self._tally.keyless += 1
        message = "the row names nobody: its key is empty, or a word for no value"
        self._set_aside("empty_key", message, line, cell)

    def _set_aside_damaged(self, message: str, line: int, cell: str) -> None:
        self._tally.odd += 1
        self._set_aside("damaged_cell", f"the cell {message}", line, cell, remedy=_PUT_RIGHT)

    def _without_nothing(
        self, line: int, values: tuple[str, ...], hits: Sequence[int], nothing: frozenset[str]
    ) -> tuple[str, ...]:
        given = list(values)
        for at in hits:
            if values[at] in nothing:
                given[at] = ""
            else:
                self._tally.words.setdefault(at, Counter())[values[at]] += 1
                self._tally.first_word.setdefault((at, values[at]), line)
        return tuple(given)

    def _met_again(self, line: int, key: str, same: bool, first: int, column: str) -> None:
        if same:
            self._tally.repeated += 1
            return
        self._tally.contradictory.add(key)
        message = f"the row contradicts line {first}, which names the same person; neither counts"
        self.findings.add(Finding("note", "contradiction", message, "have one row a person exported", line, column))

    def _set_aside(self, kind: str, message: str, line: int, cell: str = "", remedy: str = "") -> None:
        self.findings.add(Finding("set_aside", kind, message, remedy, line, cell))
