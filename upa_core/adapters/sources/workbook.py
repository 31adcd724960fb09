"""A workbook of Excel as records: every cell becomes text; a cell that Excel may have changed is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from sys import maxsize
from typing import Any

from upa_core.adapters.sources.sheet_faults import faults_of, worst
from upa_core.adapters.sources.workbook_size import MAX_CELL, check_size, long_cell
from upa_core.domain.errors import ConfigError
from upa_core.domain.sources.check import JudgedRecords
from upa_core.domain.sources.contract import Accepted, Contract
from upa_core.domain.sources.findings import FileRefusedError
from upa_core.domain.sources.header import folded
from upa_core.domain.sources.judge import Judge
from upa_core.domain.sources.lines import Block, Record, in_blocks
from upa_core.domain.sources.signature import checked

MAX_PACKED = 50_000_000
"""Bytes of a workbook."""
MAX_COLUMNS = 200
_EXACT = 10**15
"""Excel keeps 15 digits of a number, and shows no more."""


class Workbook(JudgedRecords):
    """Implements `JudgedFile` on one sheet."""

    def __init__(self, chunks: Iterable[bytes], contract: Contract, last: Accepted | None = None) -> None:
        """Take the bytes in chunks, the contract and, if there is one, the file accepted last."""
        super().__init__(_Records(chunks, contract), Judge(contract, last), lambda: "xlsx")


class _Records:
    """Implements `Records`."""

    delimiter = ""
    suspect_line = maxsize
    total = None

    def __init__(self, chunks: Iterable[bytes], contract: Contract) -> None:
        self._chunks, self._contract = chunks, contract

    def blocks(self, records: Iterator[Record], _: int) -> Iterator[Block]:
        """Yield what is left of the records, many at a time."""
        return in_blocks(records)

    def __iter__(self) -> Iterator[Record]:
        try:
            from python_calamine import CalamineError, CalamineWorkbook
        except ModuleNotFoundError as exc:
            text = "workbooks need the extra `xlsx` (python-calamine): pip install 'upa-sync[xlsx]'"
            raise ConfigError(text) from exc
        data = _whole(checked(self._chunks, "xlsx"))
        check_size(data)
        try:
            book = CalamineWorkbook.from_filelike(BytesIO(data))
            sheet = self._sheet(book.sheet_names)
            rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
            faults = faults_of(data, sheet)
        except (CalamineError, ValueError, KeyError) as exc:
            raise _broken(type(exc).__name__) from None
        keys: set[int] = set()
        wanted = {folded(part.column) for part in self._contract.keys if not part.pad}
        names: list[str] = []
        for line, row in enumerate(rows, start=1):
            if not names:
                names = [_text(cell, line, "") for cell in row]
                if not any(map(str.strip, names)):
                    yield line, names
                    names = []
                    continue
                keys = {at for at, name in enumerate(names) if folded(name) in wanted}
                if len(names) > MAX_COLUMNS:
                    text = f"the sheet has {len(names):,} columns; {MAX_COLUMNS} are read at most"
                    raise FileRefusedError("too_many_columns", text, "have fewer columns exported", line=line)
                if fault := worst(faults, line, self._read(names), self._keys(names)):
                    remedy = "have values written as text, not formulas, each in a cell of its own"
                    raise FileRefusedError("excel_cell", fault[2], remedy, line=fault[0], cell=names[fault[1]])
                yield line, names
                continue
            for at in keys:
                if isinstance(row[at], int | float) and not isinstance(row[at], bool):
                    text = "the key is a number in the workbook: nobody can see its leading zeros"
                    remedy = "have the column written as text, or write `pad`, the length of the keys"
                    raise FileRefusedError("excel_number", text, remedy, line=line, cell=names[at])
            yield line, [_text(cell, line, names[at]) for at, cell in enumerate(row)]

    def _read(self, names: list[str]) -> list[int]:
        columns = (*(part.column for part in self._contract.keys), *self._contract.columns)
        wanted = set(map(folded, names if self._contract.every_column else columns))
        return [at for at, name in enumerate(names) if folded(name) in wanted]

    def _keys(self, names: list[str]) -> list[int]:
        wanted = {folded(part.column) for part in self._contract.keys}
        return [at for at, name in enumerate(names) if folded(name) in wanted]

    def _sheet(self, names: list[str]) -> str:
        if self._contract.sheet:
            if self._contract.sheet not in names:
                text = f"there is no sheet {self._contract.sheet}"
                raise FileRefusedError("no_sheet", text, f"there are: {', '.join(names)[:200]}")
            return self._contract.sheet
        if len(names) != 1:
            text = f"the workbook has {len(names)} sheets"
            raise FileRefusedError("no_sheet", text, "name one of them with `sheet`")
        return names[0]


def _whole(chunks: Iterator[bytes]) -> bytes:
    parts, size = [], 0
    for data in chunks:
        parts.append(data)
        size += len(data)
        if size > MAX_PACKED:
            text = f"the workbook is larger than {MAX_PACKED // 1_000_000} MB"
            raise FileRefusedError("too_large", text, "have CSV exported")
    return b"".join(parts)


def _broken(why: str) -> FileRefusedError:
    return FileRefusedError("broken_workbook", f"the workbook can't be read ({why})", "have it delivered anew")


def _text(cell: Any, line: int, column: str) -> str:
    """Return a cell as text; raises `FileRefusedError` for a number whose digits Excel doesn't keep."""
    match cell:
        case str():
            if len(cell) > MAX_CELL:
                raise long_cell()
            return cell
        case bool():
            return "true" if cell else "false"
        case int() | float():
            if abs(cell) >= _EXACT:
                text = "the number has more digits than Excel keeps"
                remedy = "have the column written as text"
                raise FileRefusedError("excel_number", text, remedy, line=line, cell=column)
            return str(int(cell)) if cell == int(cell) else f"{Decimal(f'{cell:.15g}'):f}"
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
        case date() | time():
            return cell.isoformat()
        case None:
            return ""
        case _:
            text = f"the cell holds what is no value ({type(cell).__name__})"
            raise FileRefusedError("excel_cell", text, "have the column written as text", line=line, cell=column)
