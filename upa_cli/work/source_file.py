"""A file of a line-of-business system on this machine, and its contract by the options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast, get_args

from upa_cli.shell import exits
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean
from upa_core.adapters.sources.reading import judged
from upa_core.domain.sources.contract import Accepted, Contract, FileFormat, KeyPart
from upa_core.domain.sources.encodings import encoding_named
from upa_core.domain.sources.findings import SourceRow, Verdict
from upa_core.domain.sources.header import likely_key
from upa_core.domain.sources.joined.secondary import MEMBER

NAMES = "names"
"""The format of a file that names people, a line each."""
_CHUNK = 256 * 1024
_OTHER_SIGNS = re.compile(r"[^\w .-]+", re.ASCII)
_SUFFIXES: dict[str, FileFormat] = {".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".xlsx": "xlsx"}


def chunks_of(path: Path) -> Iterator[bytes]:
    """Yield the file's bytes; raises `CommandError` where it can't be read."""
    try:
        with path.open("rb") as stream:
            while data := stream.read(_CHUNK):
                yield data
    except OSError as exc:
        raise CommandError(clean(f"{path} can't be read: {exc.strerror}"), exits.USAGE) from exc


def contract_of(
    path: Path,
    *,
    keys: Sequence[str],
    columns: Sequence[str],
    dates: Sequence[str],
    file_format: str | None,
    encoding: str | None,
    delimiter: str | None,
    nulls: Sequence[str],
    not_damaged: Sequence[str] = (),
    pad: int,
    min_rows: int,
    trailer: str | None,
    no_last_newline: bool,
) -> Contract:
    """Return the contract by the options; without a key, the column that usually names a person is the key.

    Thirteen parameters: the file and one for each option of the command line.
    Raises `CommandError` where an option has no meaning, or no column usually names a person.
    """
    if file_format == NAMES:
        return _names_of(keys, encoding, pad, min_rows, no_last_newline=no_last_newline)
    kind = file_format or _SUFFIXES.get(path.suffix.lower(), "csv")
    if kind not in get_args(FileFormat):
        raise CommandError(f"no format {clean(kind)[:40]!r}; there are csv, json, jsonl, xlsx, names", exits.USAGE)
    contract = Contract(
        keys=tuple(_key(key, pad) for key in keys),
        columns=tuple(columns),
        every_column=not columns,
        dates=frozenset(dates),
        format=cast(FileFormat, kind),
        encoding=_encoding(encoding),
        delimiter={"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter or ""),
        nulls=tuple(nulls) or None,
        not_damaged=tuple(not_damaged),
        min_rows=min_rows,
        trailer=trailer or "",
        ends_with_newline=not no_last_newline,
    )
    return contract if contract.keys else _with_likely_key(path, contract, pad)


def _encoding(given: str | None) -> str:
    named = encoding_named(given or "utf-8")
    if not named:
        text = f"no encoding {clean(given or '')[:40]!r}; usual ones are utf-8, cp1252, cp1250, utf-16-le"
        raise CommandError(text, exits.USAGE)
    return named


def _names_of(keys: Sequence[str], encoding: str | None, pad: int, min_rows: int, *, no_last_newline: bool) -> Contract:
    """Return the contract of a file of names, as `kind: names` of a connector file; `keys`: what the lines hold."""
    from upa_core.config.sources.graph import MAX_LEFT  # pydantic is slow

    if len(keys) > 1:
        raise CommandError("a file of names has one column: give one --key, e.g. --key mail", exits.USAGE)
    return Contract(
        keys=(KeyPart(MEMBER, keys[0] if keys else "userPrincipalName", pad),),
        encoding=_encoding(encoding),
        delimiter="\t",
        header=MEMBER,
        min_rows=min_rows,
        max_drop=MAX_LEFT,
        ends_with_newline=not no_last_newline,
    )


def _key(text: str, pad: int) -> KeyPart:
    column, _, attribute = text.partition("=")
    return KeyPart(column, attribute or likely_key([column])[1] or "employeeId", pad)


def _with_likely_key(path: Path, contract: Contract, pad: int) -> Contract:
    """Return the contract with the column that usually names a person as its key."""
    names = judged(chunks_of(path), contract).names
    column, attribute = likely_key(names)
    if not column:  # the verdict says how a header was cut or quoted in another way
        column, attribute = likely_key(_OTHER_SIGNS.split(",".join(names)))
    if not column:
        if names:
            raise CommandError("no column is usually a person's key: name it with --key COLUMN", exits.USAGE)
        column, attribute = "EmployeeID", "employeeId"  # the verdict names the delivered columns
    return replace(contract, keys=(KeyPart(column, attribute, pad),))


def verdict_of(path: Path, contract: Contract, last: Accepted | None = None) -> Verdict:
    """Return the verdict over a file."""
    return rows_of(path, contract, last)[1]


def rows_of(
    path: Path, contract: Contract, last: Accepted | None = None, *, keep: bool = False
) -> tuple[list[SourceRow], Verdict]:
    """Return the rows that count (none unless `keep`) and the verdict."""
    file = judged(chunks_of(path), contract, last)
    rows = []
    for row in file:
        if keep:
            rows.append(row)
    verdict = file.verdict
    return [row for row in rows if row[1] not in verdict.void], verdict
