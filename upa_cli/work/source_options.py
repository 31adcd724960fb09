"""The options for a file's contract."""

from __future__ import annotations

from typing import Annotated

import typer

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
Format = Annotated[str | None, typer.Option("--format", help="csv, json, jsonl or xlsx; default: by the file's name.")]
SourceFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="csv, json, jsonl, xlsx, or names: one user name a line, without a header. Default: by the file's name.",
    ),
]
Encoding = Annotated[str | None, typer.Option("--encoding", help="utf-8 (default), cp1252, … A byte order mark wins.")]
Delimiter = Annotated[str | None, typer.Option("--delimiter", help="Default: found in the header. `tab` for a tab.")]
Nulls = Annotated[list[str], typer.Option("--null", metavar="WORD", help="A word that means no value.")]
NotDamaged = Annotated[
    list[str], typer.Option("--not-damaged", metavar="TEXT", help="A text that looks damaged and is right: `(BLOB)`.")
]
Pad = Annotated[int, typer.Option("--pad", min=0, max=50, help="Fill keys of digits up with zeros to this length.")]
Trailer = Annotated[str | None, typer.Option("--trailer", help="The last row, e.g. `TRAILER;{rows}`.")]
NoNewline = Annotated[bool, typer.Option("--no-last-newline", help="The writer never ends the last line.")]
