"""The options of `upa import` that say who and what, and how careful it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="CSV, JSON, JSON lines, a workbook, or a ready bulk file.")
]
Url = Annotated[str | None, typer.Option("--url", help="Instead of FILE: the address of a file in the tenant.")]
Mappings = Annotated[
    list[str],
    typer.Option(
        "--map", metavar="COLUMN=PROPERTY[:TYPE]", help="A column and its property; repeat it for more. TYPE: date…"
    ),
]
Match = Annotated[
    list[str],
    typer.Option(
        "--match",
        metavar="COLUMN[=ATTRIBUTE]",
        help="The column that names the person, and the attribute it equals: mail, employeeId, "
        "userPrincipalName, id, …; several make one key. Default: found by its name.",
    ),
]
IdProperty = Annotated[str | None, typer.Option(help="The cmdlet's name for the column of --match.")]
IdType = Annotated[str | None, typer.Option(help="The cmdlet's kinds: Email, CloudId or PrincipalName.")]
LeaveOut = Annotated[
    list[str], typer.Option("--leave-out", metavar="NAME", help="Leave out this name of a ready file.")
]
ClearEmpty = Annotated[
    bool, typer.Option("--clear-empty", help="An empty cell empties the property; otherwise it says nothing.")
]
Override = Annotated[
    bool, typer.Option("--override", help="Also write what a connector owns; it sends its own value afterwards.")
]
AcceptHeld = Annotated[bool, typer.Option("--accept-held", help="Take a file that the file contract holds, as it is.")]
OverThreshold = Annotated[bool, typer.Option("--over-threshold", help="Send even if it is over the change threshold.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show everything, send nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the import job (minutes to hours).")]
Watch = Annotated[str | None, typer.Option("--watch", metavar="RUN", help="Continue an import, and show its result.")]
