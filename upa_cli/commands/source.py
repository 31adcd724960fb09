"""`upa source`: files of a line-of-business system, and the sources that are joined to the directory."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.csv_file import CsvFile, offer_csv
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, table
from upa_cli.shell.registry import command, group
from upa_cli.work.source_file import contract_of, rows_of, verdict_of
from upa_cli.work.source_options import (
    Columns,
    Dates,
    Delimiter,
    Encoding,
    Keys,
    NoNewline,
    NotDamaged,
    Nulls,
    Pad,
    SourceFormat,
    Trailer,
)
from upa_cli.work.source_view import (
    SOURCE_COLUMNS,
    named,
    noun_of,
    render_difference,
    render_sources,
    render_verdict,
    shown_key,
    source_documents,
    verdict_document,
)
from upa_core.domain.documents.sources import SourceState
from upa_core.domain.sources.contract import Contract
from upa_core.domain.sources.file_difference import compare
from upa_core.domain.sources.findings import Verdict
from upa_core.services.admin.controls import approve_offers
from upa_core.state.document import state_of
from upa_core.state.rows.current_rows import RowSet

group("source", "Files of a line-of-business system: what a file would be accepted for, and what changed in it.")

_CODES = {"accepted": exits.OK, "held": exits.CHANGES, "refused": exits.REFUSED}


@command(
    "source check",
    examples=[
        "upa source check people.csv",
        "upa source check people.csv --key EmployeeID --date HireDate --last yesterday.csv",
        "upa source check pilot.txt --format names",
        "upa source check people.csv --encoding cp1252 --null NULL --trailer 'TRAILER;{rows}' --json",
    ],
    shape={
        "file": "its path",
        "status": "accepted, held or refused",
        "holds": "why it would be held: incomplete_file, column_collapsed, contradictory_keys, key_share_unmatched",
        "findings": "effect (refused, held, set_aside, note), kind, message, remedy, line, cell, hold, more",
        "format": "csv (of names, too), json, jsonl or xlsx",
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
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, JSON, JSON lines, or a workbook.")],
    *,
    key: Keys = [],  # noqa: B006 - Typer reads the default and makes a list of its own
    column: Columns = [],  # noqa: B006
    date: Dates = [],  # noqa: B006
    file_format: SourceFormat = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    null: Nulls = [],  # noqa: B006
    not_damaged: NotDamaged = [],  # noqa: B006
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
        not_damaged=not_damaged,
        pad=pad,
        min_rows=min_rows,
        trailer=trailer,
        no_last_newline=no_last_newline,
    )
    before = verdict_of(last, contract).accepted() if last is not None else None
    return _show(cli, file, contract, verdict_of(file, contract, before))


def _show(cli: Cli, file: Path, contract: Contract, verdict: Verdict) -> int:
    cli.show(verdict_document(file, contract, verdict), lambda out: render_verdict(out, file, contract, verdict))
    return _CODES[verdict.status]


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
    file_format: SourceFormat = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    null: Nulls = [],  # noqa: B006
    not_damaged: NotDamaged = [],  # noqa: B006
    pad: Pad = 0,
    trailer: Trailer = None,
    no_last_newline: NoNewline = False,
    samples: Annotated[int, typer.Option("--samples", min=0, max=1000, help="Values to show.")] = 20,
) -> int:
    """Compare two files of one source by key: who is new, who is missing, which values changed.

    Values are shown, because you asked for them. Exit code 0: the files say the same; 2: they don't.
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
        not_damaged=not_damaged,
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
        "came": [shown_key(each) for each in found.came],
        "missing": [shown_key(each) for each in found.missing],
        "changed": found.changed,
        "columns": [
            {"name": name, "changed": times, "emptied": found.emptied[name]}
            for name, times in found.by_column.most_common()
        ],
        "samples": [asdict(change) | {"key": shown_key(change.key)} for change in found.samples],
    }
    cli.show(document, lambda out: render_difference(out, found))
    return exits.OK if found.none else exits.CHANGES


@command(
    "source list",
    examples=["upa source list", "upa source list --csv sources.csv"],
    shape={
        "connector": "its name",
        "sources": "name, file, rows, snapshots, delivered, accepted, asked, next_expected, late, missed (deadlines "
        "passed), people (with a row), waiting (rows of nobody), missing (people no longer named), held, why, "
        "calls_a_day (at Graph where nothing changes, with a pull every 15 minutes or at the connector's rhythm), "
        "cost (in words), storage_calls (at most, for a delivery in which few rows changed)",
    },
)
def show_sources(cli: Cli, *, csv: CsvFile = None) -> int:
    """List the sources that are joined to the directory: when each was last accepted, and what is wrong.

    A source that is held, late or refused keeps the rows that were accepted last.
    """
    rows = source_documents(cli)
    offer_csv(cli, csv, SOURCE_COLUMNS, rows, "source")

    cli.show({"connector": cli.connector.name, "sources": rows}, lambda out: render_sources(out, rows))
    return exits.OK


def _state(cli: Cli, name: str) -> SourceState:
    return state_of(cli.ports.store, cli.connector.name).load().value.source(name)


Source = Annotated[str, typer.Argument(metavar="SOURCE", help="The source's name, from upa source list.")]


@command(
    "source approve",
    examples=["upa source approve hr && upa run", "upa source approve hr payroll"],
    shape={"connector": "its name", "sources": "name → why it was held"},
)
def approve(
    cli: Cli, sources: Annotated[list[str], typer.Argument(metavar="SOURCE…", help="Names, from upa source list.")]
) -> int:
    """Let the held offers of sources count: those files, answers or changes, and no later ones.

    Their changes count for the threshold. Sources approved together are planned together. Who approved is recorded.
    """
    holds = approve_offers(cli.ports, cli.connector, list(dict.fromkeys(named(cli, one) for one in sources)), cli.who)
    nouns = {one.name: noun_of(cli, one) for one in cli.connector.secondaries}
    lines = [
        f"{nouns[name][0].upper()}{nouns[name][1:]} is approved ({', '.join(why)})." for name, why in holds.items()
    ]
    lines.append("Next: upa run, or wait for the timer")
    document = {"connector": cli.connector.name, "sources": {name: list(why) for name, why in holds.items()}}
    cli.show(document, lambda out: out.print(*map(clean, lines), sep="\n"))
    return exits.OK


@command(
    "source match",
    examples=["upa source match hr", "upa source match hr --samples 50", "upa source match hr --csv nobody.csv"],
    shape={
        "connector": "its name",
        "source": "its name",
        "matched": "people with a row",
        "waiting": "rows of nobody by reason: unmatched, ambiguous, contradictory",
        "samples": "key, why",
    },
    exit_codes=(exits.OK, exits.CHANGES),
)
def match(
    cli: Cli,
    source: Source,
    *,
    samples: Annotated[int, typer.Option("--samples", min=0, max=1000, help="Keys to show.")] = 10,
    csv: CsvFile = None,
) -> int:
    """Show which rows of the last accepted file match a person, and the keys of those that match nobody.

    Unmatched: nobody in the directory has the key. Ambiguous: several have it. Contradictory: two rows differ.
    The exit code is 2 where a row waits.
    """
    current = _state(cli, named(cli, source)).current
    if current is None:
        raise CommandError(f"nothing of {source} was accepted yet. See upa source list")
    waiting = [(shown_key(row[0]), row[2]) for row in RowSet(cli.ports.store, current.waiting).rows()]
    reasons = Counter(why for _, why in waiting)
    shown = [{"key": key, "why": why} for key, why in waiting[:samples]]
    offer_csv(cli, csv, ("key", "why"), [{"key": key, "why": why} for key, why in waiting], "row")
    document = {
        "connector": cli.connector.name,
        "source": source,
        "matched": current.rows,
        "waiting": reasons,
        "samples": shown,
    }

    def render(out: Console) -> None:
        by_reason = ", ".join(f"{times:,} {why}" for why, times in reasons.items()) or "none"
        out.print(clean(f"{count(current.rows, 'person', 'people')} with a row; rows of nobody: {by_reason}"))
        if shown:
            out.print(table(("key", "why"), [(one["key"], one["why"]) for one in shown]))

    cli.show(document, render)
    return exits.CHANGES if reasons else exits.OK
