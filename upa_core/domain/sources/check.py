"""Judge a text file in one pass, from its bytes to its verdict."""

from __future__ import annotations

from collections.abc import Iterable

from upa_core.domain.sources.contract import Accepted, Contract
from upa_core.domain.sources.csv_rows import CsvRows
from upa_core.domain.sources.encodings import Decoder
from upa_core.domain.sources.findings import Verdict
from upa_core.domain.sources.json_rows import JsonRows
from upa_core.domain.sources.judge import Judge, JudgedRecords
from upa_core.domain.sources.lines import Records
from upa_core.domain.sources.signature import checked


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
