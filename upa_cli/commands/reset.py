"""`upa reset`: start one part over."""

from __future__ import annotations

from typing import Annotated, get_args

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.registry import command
from upa_core.services.admin import controls

_DONE = {
    "token": "the watermark is dropped: the next round reads everybody",
    "shadow": "what SharePoint confirmed is forgotten: everything is sent again by a full round",
    "escrow": "everybody in escrow is due now",
    "quarantine": "the quarantine is over: the next run is tried at once",
}


@command(
    "reset",
    examples=["upa reset --quarantine", "upa reset --token && upa run", "upa reset --shadow --yes"],
    shape={"connector": "its name", "reset": "what was reset"},
)
def reset(
    cli: Cli,
    *,
    token: Annotated[bool, typer.Option("--token", help=_DONE["token"])] = False,
    shadow: Annotated[bool, typer.Option("--shadow", help=_DONE["shadow"])] = False,
    escrow: Annotated[bool, typer.Option("--escrow", help=_DONE["escrow"])] = False,
    quarantine: Annotated[bool, typer.Option("--quarantine", help=_DONE["quarantine"])] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before the shadow is forgotten.")] = False,
) -> int:
    """Start one part over, and only that part.

    A reset itself changes nothing in SharePoint; the plan after it may be large, and `upa plan` shows it.
    """
    given = {"token": token, "shadow": shadow, "escrow": escrow, "quarantine": quarantine}
    chosen = [what for what in get_args(controls.Reset) if given[what]]
    if not chosen:
        raise CommandError("name what to reset: --token, --shadow, --escrow or --quarantine", exits.USAGE)
    if shadow and not yes:
        if cli.options.json or not cli.err.is_terminal:
            raise CommandError("forgetting the shadow sends every value again: confirm with --yes", exits.USAGE)
        typer.confirm("Forget what SharePoint confirmed and send every value again?", abort=True, err=True)
    for what in chosen:
        controls.reset(cli.ports, cli.connector, what, cli.who)

    def render(out: Console) -> None:
        for what in chosen:
            out.print(f"{cli.connector.name}: {_DONE[what]}.")
        out.print("Next: upa plan, or upa run")

    cli.show({"connector": cli.connector.name, "reset": chosen}, render)
    return exits.OK
