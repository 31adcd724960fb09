"""`upa source`: files of a line-of-business system, before anything is done with them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.output import clean, count, table
from upa_cli.shell.registry import command, group
from upa_cli.work.source_file import contract_of, rows_of, verdict_of
from upa_core.domain.sources.compare import Difference, compare
from upa_core.domain.sources.contract import Contract
from upa_core.domain.sources.findings import Finding
from upa_core.domain.sources.keys import SEPARATOR
from upa_core.domain.sources.verdict import Verdict

group("source", "Files of a line-of-business system: what a file would be accepted for, and what changed in it.")

_STYLES = {"refused": "red", "held": "yellow", "set_aside": "yellow", "note": ""}
_WORDS = {"refused": "REFUSED", "held": "HELD", "set_aside": "set aside", "note": "note"}
_CODES = {"accepted": exits.OK, "held": exits.CHANGES, "refused": exits.REFUSED}

Keys = Annotated[
    list[str],
    typer.Option(
        "--key",
        metavar="COLUMN[=ATTRIBUTE]",
        help="The column that names the person; several make one key. Default: found by its name.",
    ),
]
Columns = Annotated[list[str], typer.Option("--column", help="A column that is read; default: every column.")]
Dates = Annotated[list[str], typer.Option("--date", metavar="COLUMN", help="A column that holds dates.")]
Format = Annotated[str | None, typer.Option("--format", help="csv, json or jsonl; default: by the file's name.")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="utf-8 (default), cp1252, … A byte order mark wins.")]
Delimiter = Annotated[str | None, typer.Option("--delimiter", help="Default: found in the header. `tab` for a tab.")]
Nulls = Annotated[list[str], typer.Option("--null", metavar="WORD", help="A word that means no value.")]
Pad = Annotated[int, typer.Option("--pad", min=0, max=50, help="Fill keys of digits up with zeros to this length.")]
Trailer = Annotated[str | None, typer.Option("--trailer", help="The last row, e.g. `TRAILER;{rows}`.")]
NoNewline = Annotated[bool, typer.Option("--no-last-newline", help="The writer never ends the last line.")]


@command(
    "source check",
    examples=[
        "upa source check people.csv",
        "upa source check people.csv --key EmployeeID --date HireDate --last yesterday.csv",
        "upa source check people.csv --encoding cp1252 --null NULL --trailer 'TRAILER;{rows}' --json",
    ],
    shape={
        "file": "its path",
        "status": "accepted, held or refused",
        "holds": "why it would be held: incomplete_file, column_collapsed, contradictory_keys, key_share_unmatched",
        "findings": "effect (refused, held, set_aside, note), kind, message, remedy, line, cell, hold, more",
        "format": "csv, json or jsonl",
        "encoding": "as it was read",
        "delimiter": "as it was read",
        "key": "the columns that name the person",
        "rows": "rows delivered; people, blank, repeated, set_aside beside it",
        "columns": "name, filled: percent of the rows with a value",
    },
    exit_codes=(exits.OK, exits.CHANGES, exits.REFUSED),
)
def check(
    cli: Cli,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of CSV, JSON or JSON lines.")],
    *,
    key: Keys = [],  # noqa: B006 - Typer reads the default and makes a list of its own
    column: Columns = [],  # noqa: B006
    date: Dates = [],  # noqa: B006
    file_format: Format = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    null: Nulls = [],  # noqa: B006
    pad: Pad = 0,
    min_rows: Annotated[int, typer.Option("--min-rows", min=1, help="Fewer rows are incomplete.")] = 1,
    trailer: Trailer = None,
    no_last_newline: NoNewline = False,
    last: Annotated[Path | None, typer.Option("--last", help="The file accepted last, to compare with.")] = None,
) -> int:
    """Check a file against the file contract, without a tenant and without a connector file.

    Each finding says line and column and what to write; none shows a person's value. Nothing is changed. The exit code
    is 0 for a file that would be accepted, 2 for one that would be held, 6 for one that would be refused.
    """
    contract = contract_of(
        file,
        keys=key,
        columns=column,
        dates=date,
        file_format=file_format,
        encoding=encoding,
        delimiter=delimiter,
        nulls=null,
        pad=pad,
        min_rows=min_rows,
        trailer=trailer,
        no_last_newline=no_last_newline,
    )
    before = verdict_of(last, contract).accepted() if last is not None else None
    verdict = verdict_of(file, contract, before)
    return _show(cli, file, contract, verdict)


def _show(cli: Cli, file: Path, contract: Contract, verdict: Verdict) -> int:
    cli.show(_document(file, contract, verdict), lambda out: _render(out, file, contract, verdict))
    return _CODES[verdict.status]


def _document(file: Path, contract: Contract, verdict: Verdict) -> dict[str, Any]:
    return {
        "file": str(file),
        "status": verdict.status,
        "holds": list(verdict.holds),
        "findings": [asdict(finding) for finding in verdict.findings],
        "format": contract.format,
        "encoding": verdict.encoding,
        "delimiter": verdict.delimiter,
        "key": [part.column for part in contract.keys],
        "rows": verdict.rows,
        "people": verdict.people,
        "blank": verdict.blank,
        "repeated": verdict.repeated,
        "set_aside": verdict.set_aside,
        "columns": [{"name": name, "filled": share} for name, share in verdict.shares.items()],
    }


def _render(out: Console, file: Path, contract: Contract, verdict: Verdict) -> None:
    for finding in verdict.findings:
        out.print(clean(_line(file, finding)), style=_STYLES[finding.effect])
        if finding.remedy:
            out.print(clean(f"    {finding.remedy}"))
        if finding.more:
            out.print(f"    and {finding.more:,} more of this kind")
    if verdict.status != "refused" and verdict.shares:
        rows = [(name, f"{share:.0f} %") for name, share in verdict.shares.items()]
        out.print(table(("column", "filled"), rows, right=("filled",)))
    key = " and ".join(part.column for part in contract.keys)
    delimiter = {"": "", "\t": ", divided by tabs"}.get(verdict.delimiter, f", divided by {verdict.delimiter}")
    people = count(verdict.people, "person", "people")
    told = f"{count(verdict.rows, 'row')}, {people} by {key}; {verdict.encoding}{delimiter}"
    end = {
        "accepted": f"{file} would be accepted: {told}",
        "held": f"{file} would be held ({', '.join(verdict.holds)}): {told}",
        "refused": f"{file} would be refused; the rows accepted last would stay",
    }
    out.print(clean(end[verdict.status]))


def _line(file: Path, finding: Finding) -> str:
    where = f"{file}:{finding.line}" if finding.line else str(file)
    cell = f"{finding.cell}: " if finding.cell else ""
    return f"{where}: {_WORDS[finding.effect]}: {cell}{finding.message}"


@command(
    "source diff",
    examples=["upa source diff yesterday.csv today.csv", "upa source diff old.csv new.csv --key EmployeeID --json"],
    shape={
        "old": "its path",
        "new": "its path",
        "came": "keys that only the new file has",
        "missing": "keys that only the old file has",
        "changed": "number of people with another value",
        "columns": "name, changed, emptied",
        "samples": "key, column, old, new",
    },
    exit_codes=(exits.OK, exits.CHANGES, exits.REFUSED),
)
def diff(
    cli: Cli,
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The earlier file.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The later file.")],
    *,
    key: Keys = [],  # noqa: B006
    column: Columns = [],  # noqa: B006
    file_format: Format = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    null: Nulls = [],  # noqa: B006
    pad: Pad = 0,
    trailer: Trailer = None,
    no_last_newline: NoNewline = False,
    samples: Annotated[int, typer.Option("--samples", min=0, max=1000, help="Values to show.")] = 20,
) -> int:
    """Compare two files of one source by key: who came, who isn't named any more, which values changed.

    Values are shown: that is what is asked for. The exit code is 0 where the files say the same, 2 where they don't.
    """
    contract = contract_of(
        new,
        keys=key,
        columns=column,
        dates=(),
        file_format=file_format,
        encoding=encoding,
        delimiter=delimiter,
        nulls=null,
        pad=pad,
        min_rows=1,
        trailer=trailer,
        no_last_newline=no_last_newline,
    )
    read = []
    for path in (old, new):
        rows, verdict = rows_of(path, contract, keep=True)
        if verdict.status == "refused":
            return _show(cli, path, contract, verdict)
        read.append((rows, verdict.columns))
    found = compare(*read[0], *read[1], samples)
    document = {
        "old": str(old),
        "new": str(new),
        "came": [_shown(each) for each in found.came],
        "missing": [_shown(each) for each in found.missing],
        "changed": found.changed,
        "columns": [
            {"name": name, "changed": times, "emptied": found.emptied[name]}
            for name, times in found.by_column.most_common()
        ],
        "samples": [asdict(change) | {"key": _shown(change.key)} for change in found.samples],
    }
    cli.show(document, lambda out: _render_difference(out, found))
    return exits.OK if found.none else exits.CHANGES


def _shown(key: str) -> str:
    return key.replace(SEPARATOR, " + ")


def _render_difference(out: Console, found: Difference) -> None:
    if found.none:
        out.print("The files say the same of everybody.")
        return
    for many, told in ((found.came, "new"), (found.missing, "no longer named")):
        if many:
            shown = ", ".join(map(_shown, many[:10])) + (", …" if len(many) > 10 else "")
            out.print(clean(f"{count(len(many), 'person', 'people')} {told}: {shown}"))
    if found.changed:
        rows = [(name, f"{times:,}", f"{found.emptied[name]:,}") for name, times in found.by_column.most_common()]
        out.print(f"{count(found.changed, 'person', 'people')} with another value")
        out.print(table(("column", "changed", "emptied"), rows, right=("changed", "emptied")))
    if found.samples:
        values = [(_shown(one.key), one.column, one.old or "(empty)", one.new or "(empty)") for one in found.samples]
        out.print(table(("key", "column", "old", "new"), values))
