"""Judge a file in one pass: its records, and a text file from its bytes to its verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from upa_core.domain.sources.contract import Accepted, Contract
from upa_core.domain.sources.csv_rows import CsvRows
from upa_core.domain.sources.encodings import Decoder
from upa_core.domain.sources.findings import FileRefusedError, SourceRow, Verdict
from upa_core.domain.sources.json_rows import JsonRows
from upa_core.domain.sources.judge import Judge
from upa_core.domain.sources.keys import trimmed
from upa_core.domain.sources.lines import Records
from upa_core.domain.sources.signature import checked


class JudgedRecords:
    """Implements `JudgedFile` on the records of one file."""

    def __init__(self, records: Records, judge: Judge, encoding: Callable[[], str]) -> None:
        """Take the records, their judge, and the source of the encoding, known after they were read."""
        self._records, self._judge, self._encoding = records, judge, encoding

    def __iter__(self) -> Iterator[SourceRow]:
        """Return the rows that count if the verdict, known only behind the last of them, says so of the file."""
        return self._judge.rows(self._records)

    @property
    def names(self) -> tuple[str, ...]:
        """The first record, trimmed: the header, if it is one; () where nothing can be read."""
        try:
            return tuple(map(trimmed, next(iter(self._records), (0, []))[1]))
        except FileRefusedError:
            return ()

    @property
    def verdict(self) -> Verdict:
        """The verdict, after the rows were read."""
        return self._judge.verdict(self._records, self._encoding())


class TextFile(JudgedRecords):
    """A file of CSV, JSON or JSON lines."""

    def __init__(self, chunks: Iterable[bytes], contract: Contract, last: Accepted | None = None) -> None:
        """Take the bytes in chunks, the contract and, if there is one, the file accepted last."""
        decoder, judge = Decoder(contract.encoding), Judge(contract, last)
        text = decoder.text(checked(chunks, contract.format))
        records: Records = (
            CsvRows(text, contract, judge.findings) if contract.format == "csv" else JsonRows(text, contract)
        )
        super().__init__(records, judge, lambda: decoder.encoding)


def check(chunks: Iterable[bytes], contract: Contract, last: Accepted | None = None) -> Verdict:
    """Return the verdict over a file, without its rows."""
    file = TextFile(chunks, contract, last)
    for _ in file:
        pass
    return file.verdict
