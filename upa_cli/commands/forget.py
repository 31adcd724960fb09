"""`upa forget`: deletes what our storage holds of a person."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count
from upa_cli.shell.registry import command
from upa_cli.work.users import user_id
from upa_core.domain.documents.ids import CANARY
from upa_core.domain.errors import UpaError
from upa_core.services.admin.forget import forget as forget_person


@command(
    "forget",
    examples=["upa forget ada@contoso.com", "upa forget 7c5b…-object-id --yes --json"],
    shape={
        "connector": "its name",
        "person": "object id",
        "archived": "import files, plans and logs that were written again without them",
        "in_directory": "true where Entra still has them; null where it couldn't be asked",
    },
)
def forget(
    cli: Cli,
    user: Annotated[str, typer.Argument(metavar="USER", help="Object id or UPN.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> int:
    """Delete everything that our storage holds of a person: shadow, escrow, declined values, and what the archive
    holds of them.

    Import files, plans and logs in the archive are written again without the person. It is done for one connector, and
    refused while anything is on its way. SharePoint's profile isn't touched, and deleted versions stay for the storage
    account's soft-delete time. A person who is still in Entra and in scope comes back with the next full round: exclude
    them by scope first. Without a name in Entra, give the object id.
    """
    person = user_id(cli, user)
    here = _in_directory(cli, person)
    if not yes:
        if cli.options.json or not cli.err.is_terminal:
            raise CommandError("what is forgotten can't be brought back: confirm with --yes", exits.USAGE)
        typer.confirm(f"Forget {clean(user)} ({person}) for good?", abort=True, err=True)
    changed = forget_person(cli.ports, cli.connector, person, cli.who, also=[cli.connector.name + CANARY])

    def render(out: Console) -> None:
        text = f"{cli.connector.name} holds nothing of {person} any more"
        out.print(f"{text}; {count(changed, 'archived file')} written again without them.")
        if here:
            out.print("They are still in Entra. If they are in scope, they come back with the next full round.")

    document = {"connector": cli.connector.name, "person": person, "archived": changed, "in_directory": here}
    cli.show(document, render)
    return exits.OK


def _in_directory(cli: Cli, person: str) -> bool | None:
    try:
        found = cli.ports.source.read([person], ["id"])
    except UpaError as exc:
        cli.note(f"Entra can't be asked whether they are still there ({exc})", "yellow")
        return None
    return found.get(person) is not None
