"""The file of an import as rows of texts; the file contract judges it before the first row counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from upa_cli.once.mapped import Mapped, key_of
from upa_core.adapters.sources.reading import judged
from upa_core.domain.sources.contract import Contract
from upa_core.domain.sources.findings import FileRefusedError, Verdict
from upa_core.domain.sources.judge import Judge

if TYPE_CHECKING:
    from tenant_sim.upa.newtonsoft import Change
    from upa_cli.once.ready_file import ReadyFile

Row = tuple[int, str, tuple[str | None, ...]]
"""Line (of a ready file: position in its list), key in comparable form, and a value for each column; None: no value."""
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class FileRead:
    """The result of reading the file."""

    contract: Contract
    verdict: Verdict
    rows: tuple[Row, ...] = ()
    """The rows that count."""
    columns: tuple[str, ...] = ()
    """The columns of the rows' values."""
    ready: bool = False
    changed: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def format(self) -> str:
        """Return the kind of the file."""
        return "bulk" if self.ready else self.contract.format


def read_file(
    data: bytes,
    contract: Contract,
    mapped: Sequence[Mapped],
    match: Sequence[str],
    *,
    pad: int = 0,
    left_out: Sequence[str] = (),
    ready: bool | None = None,
) -> FileRead:
    """Read a file and judge it.

    Seven parameters: the file, and what the options say of it.

    Args:
        data: the whole file.
        contract: what it promises, without key and columns.
        mapped: which columns are read.
        match: which column names the person, as `key_of` takes it.
        pad: digits of the key are filled up with zeros to this length.
        left_out: names of a ready file that aren't sent.
        ready: whether it is a ready bulk file; None: its first character decides.

    Raises:
        CommandError: the key is unclear.
        ConfigError: its format needs an extra that isn't installed.

    """
    columns = tuple(dict.fromkeys(one.column for one in mapped))
    dates = contract.dates | {one.column for one in mapped if one.type in ("date", "datetime")}
    contract = replace(contract, columns=columns, dates=dates, every_column=False)
    if ready is None:
        ready = contract.format == "json" and looks_ready(data)
    if ready:
        return _read_ready(data, contract, match, pad, left_out)
    names = judged(_pieces(data), replace(contract, keys=())).names
    contract = replace(contract, keys=key_of(names, match, pad))
    file = judged(_pieces(data), contract)
    rows = [(line, key, tuple(value or None for value in values)) for line, key, values in file]
    return _made(contract, file.verdict, rows, columns)


def looks_ready(data: bytes) -> bool:
    """Return whether a file begins like a ready bulk file: with one object, or a comment; not with a list of people."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"/")


def _read_ready(data: bytes, contract: Contract, match: Sequence[str], pad: int, left_out: Sequence[str]) -> FileRead:
    from upa_cli.once.ready_file import ReadyRecords, check_names, read_ready  # this imports the whole simulator

    try:
        file = read_ready(data)
        contract = replace(contract, keys=key_of(file.names, match, pad))
        key = contract.keys[0]
        check_names(file, key.column, contract.columns, left_out)
    except FileRefusedError as exc:
        return FileRead(contract, Verdict("refused", (exc.finding,)), ready=True)
    judge = Judge(contract)
    records = ReadyRecords(file, (key.column, *contract.columns), is_cloud_id=key.to == "id")
    rows = [(line, key, tuple(value or None for value in values)) for line, key, values in judge.rows(records)]
    made = _made(contract, judge.verdict(records, "utf-8"), rows, contract.columns)
    return replace(made, ready=True, changed=_of_interest(file, (key.column, *contract.columns)), notes=file.notes)


def _of_interest(file: ReadyFile, names: Sequence[str]) -> tuple[Change, ...]:
    """Return the changes of values that the import reads."""
    ends = tuple(f".{name}" for name in names) + tuple(f"['{name}']" for name in names)
    return tuple(change for change in file.changed if change.path.endswith(ends))


def _made(contract: Contract, verdict: Verdict, rows: Iterable[Row], columns: tuple[str, ...]) -> FileRead:
    counting = () if verdict.status == "refused" else tuple(row for row in rows if row[1] not in verdict.void)
    return FileRead(contract, verdict, counting, columns)


def _pieces(data: bytes) -> Iterator[bytes]:
    for at in range(0, len(data), _PIECE):
        yield data[at : at + _PIECE]
