"""`upa extensions`: the directory extensions that a mapping can read."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.csv_file import CsvFile, offer_csv
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, table
from upa_cli.shell.registry import command
from upa_cli.work.role_changes import SignIn, sign_in_way
from upa_core.domain.people.attributes import is_app_id


@command(
    "extensions",
    examples=["upa extensions", "upa extensions --app 00001111-aaaa-… --json"],
    shape={
        "connector": "its name",
        "extensions": "source (as a mapping names it), type, several, owner, mapped",
    },
)
def extensions(
    cli: Cli,
    *,
    app: Annotated[str | None, typer.Option(metavar="ID", help="Only what this application owns.")] = None,
    sign_in: SignIn = "cli",
    csv: CsvFile = None,
) -> int:
    """List the directory extensions of the tenant's users: names that a mapping can have as its source.

    Names are case-sensitive. Write them in full, or as `ext:CostCenter` with the owner's application id as
    source.extension_app. A tenant of more than 1,000 service principals doesn't list them: name the owner with --app.
    Sign in as somebody who may read applications (az login). Needs the extra `admin` (msgraph-sdk).
    """
    way = sign_in_way(sign_in)
    if app is not None and not is_app_id(app):
        raise CommandError(f"{clean(app)[:60]!r} isn't an application id", exits.USAGE)
    listed = cli.app.directory_extensions(cli.connector, way, cli.err.print)
    found = listed.of(app) if app is not None else listed.available()
    mapped = set(cli.connector.inputs)
    rows: list[dict[str, Any]] = [
        {
            "source": one.name,
            "type": one.data_type,
            "several": one.multi_valued,
            "owner": one.owner,
            "mapped": one.name in mapped,
        }
        for one in found
    ]

    offer_csv(cli, csv, ("source", "type", "several", "owner", "mapped"), rows, "directory extension")

    def render(out: Console) -> None:
        if not rows:
            more = "" if app else "; a large tenant doesn't list them: name the owner with --app ID"
            out.print(f"There are no directory extensions of users here{more}.")
            return
        shown = [
            (row["source"], row["type"] + (", several" if row["several"] else ""), row["owner"], _yes(row["mapped"]))
            for row in rows
        ]
        out.print(table(("source", "type", "owner", "mapped"), shown))

    cli.show({"connector": cli.connector.name, "extensions": rows}, render)
    return exits.OK


def _yes(mapped: bool) -> str:
    return "yes" if mapped else ""
