"""A CSV file that somebody asked for by its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import count
from upa_core.domain.spreadsheet import SafeCsv

CsvFile = Annotated[Path | None, typer.Option("--csv", help="Write the list to this CSV file.")]


def offer_csv(
    cli: Cli, place: Path | None, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], what: str
) -> None:
    """Write a list where a file is named, and say how many of `what` are in it; several values of a cell: `a; b`."""
    if place is not None:
        flat = ({name: _cell(row[name]) for name in columns} for row in rows)
        save_csv(place, columns, flat)
        cli.note(f"{count(len(rows), what)} in {place}")


def _cell(value: Any) -> Any:
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else value


def save_csv(place: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows to a file that a spreadsheet shows and doesn't execute; raises `CommandError` where it can't be."""
    try:
        with place.open("w", encoding="utf-8-sig", newline="") as stream:
            csv = SafeCsv(stream, columns)
            for row in rows:
                csv.row(row[name] for name in columns)
    except OSError as exc:
        raise CommandError(f"{place} can't be written ({exc.strerror}): name another file", exits.USAGE) from exc
