"""A text file from its bytes to its verdict, in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from upa_core.domain.sources.contract import Accepted, Contract
from upa_core.domain.sources.csv_rows import CsvRows
from upa_core.domain.sources.encodings import Decoder
from upa_core.domain.sources.findings import FileRefusedError, SourceRow, Verdict
from upa_core.domain.sources.json_rows import JsonRows
from upa_core.domain.sources.judge import Judge
from upa_core.domain.sources.keys import trimmed
from upa_core.domain.sources.lines import Records
from upa_core.domain.sources.signature import checked


class TextFile:
    """A file of CSV, JSON or JSON lines."""

    def __init__(self, chunks: Iterable[bytes], contract: Contract, last: Accepted | None = None) -> None:
        """Take the bytes in chunks, the contract and, if there is one, the file accepted last."""
        self._decoder = Decoder(contract.encoding)
        self._judge = Judge(contract, last)
        text = self._decoder.text(checked(chunks, contract.format))
        self._records: Records = (
            CsvRows(text, contract, self._judge.findings) if contract.format == "csv" else JsonRows(text, contract)
        )

    def __iter__(self) -> Iterator[SourceRow]:
        """Yield the rows that count if the verdict, known only behind the last of them, says so of the file."""
        yield from self._judge.rows(self._records)

    @property
    def names(self) -> tuple[str, ...]:
        """The first record alone, trimmed: the header, if it is one; () where nothing can be read."""
        try:
            return tuple(map(trimmed, next(iter(self._records), (0, []))[1]))
        except FileRefusedError:
            return ()

    @property
    def verdict(self) -> Verdict:
        """The verdict, once the rows were read."""
        return self._judge.verdict(self._records, self._decoder.encoding)


def check(chunks: Iterable[bytes], contract: Contract, last: Accepted | None = None) -> Verdict:
    """Return the verdict over a file whose rows aren't needed."""
    file = TextFile(chunks, contract, last)
    for _ in file:
        pass
    return file.verdict
