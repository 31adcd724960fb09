"""A file of any format, from its bytes to its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from upa_core.domain.sources.check import TextFile
from upa_core.domain.sources.contract import Accepted, Contract
from upa_core.domain.sources.findings import SourceRow, Verdict


class JudgedFile(Protocol):
    """Rows, and the verdict after the last of them: the rows count only if it says so."""

    def __iter__(self) -> Iterator[SourceRow]:
        """Yield the rows."""

    @property
    def names(self) -> tuple[str, ...]:
        """The first record alone, trimmed: the header, if it is one; () where nothing can be read."""

    @property
    def verdict(self) -> Verdict:
        """The verdict, after the rows were read."""


def judged(chunks: Iterable[bytes], contract: Contract, last: Accepted | None = None) -> JudgedFile:
    """Return the file of these chunks, to be judged by the contract.

    Raises `ConfigError` where its format needs an extra that isn't installed.
    """
    if contract.format != "xlsx":
        return TextFile(chunks, contract, last)
    from upa_core.adapters.sources.workbook import Workbook  # the extra `xlsx`

    return Workbook(chunks, contract, last)
