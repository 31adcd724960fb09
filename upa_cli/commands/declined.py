"""`upa declined`: lists values that an administrator rejected, and takes a rejection back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.csv_file import save_csv
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import count, table
from upa_cli.shell.registry import command, group
from upa_cli.work.users import names_of, user_ids
from upa_core.domain.redaction import Redactor
from upa_core.services.admin import declined

SHOWN = 50

group("declined", "Values that were rejected with a held plan: list them, send them after all.")


@command(
    "declined list",
    examples=["upa declined list", "upa declined list --csv declined.csv"],
    shape={
        "connector": "its name",
        "total": "people with declined values",
        "people": "person, user, values by property",
    },
)
def show(
    cli: Cli,
    *,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write everybody to this CSV file.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="People listed.")] = SHOWN,
) -> int:
    """List the values that aren't sent because an administrator rejected them.

    A value stays declined until its source says another value, or none, or until `upa declined lift`. Nothing else
    sends it: neither `upa sync-user` nor `upa run --resend`; nor that it comes back after a spell in which no row
    named the person, or they were out of scope.
    """
    found = list(declined.all_declined(cli.ports, cli.connector))
    redactor = Redactor(cli.connector)
    names = names_of(cli, [person for person, _ in (found if csv is not None else found[:limit])])
    if csv is not None:
        save_csv(csv, declined.COLUMNS, declined.csv_rows(cli.connector, found, names))
        cli.note(f"everybody is in {csv}")
    people = [
        {"person": person, "user": names.get(person), "values": redactor.values(dict(values))}
        for person, values in found[:limit]
    ]

    def render(out: Console) -> None:
        if not found:
            out.print("No value is declined.")
            return
        rows = [
            (names.get(person, person), target, redactor.value(target, value) or "(empty)")
            for person, values in found[:limit]
            for target, value in sorted(values.items())
        ]
        out.print(table(("person", "property", "not sent"), rows))
        if len(found) > limit:
            out.print(f"and {len(found) - limit:,} more people: --limit {len(found)}")
        out.print("Next: upa declined lift USER…, or --all")

    cli.show({"connector": cli.connector.name, "total": len(found), "people": people}, render)
    return exits.OK


@command(
    "declined lift",
    examples=["upa declined lift ada@contoso.com", "upa declined lift --all --json"],
    shape={"connector": "its name", "lifted": "people whose values are planned again"},
)
def lift(
    cli: Cli,
    users: Annotated[list[str] | None, typer.Argument(metavar="[USER]…", help="Object ids or UPNs.")] = None,
    *,
    everyone: Annotated[bool, typer.Option("--all", help="Everybody's.")] = False,
) -> int:
    """Take a rejection back: the people are read again, and what differs then is planned with the next export.

    The change threshold may hold that plan again. Who lifted it is recorded.
    """
    if bool(users) == everyone:
        raise CommandError("name users, or give --all", exits.USAGE)
    persons = user_ids(cli, users) if users else [one for one, _ in declined.all_declined(cli.ports, cli.connector)]
    lifted = declined.lift(cli.ports, cli.connector, persons, cli.who)
    document = {"connector": cli.connector.name, "lifted": lifted}
    people = count(lifted, "person", "people")
    text = f"The values of {people} are planned again. Next: upa run, or wait for the timer"
    cli.show(document, lambda out: out.print(text if lifted else "None of them has a declined value."))
    return exits.OK
