"""`upa run`: pull, plan, export, and wait for the import job."""

from __future__ import annotations

from typing import Annotated

import typer

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.registry import command
from upa_cli.work.outcome import RUN_SHAPE, show_run
from upa_cli.work.runner import run_to_the_end
from upa_cli.work.users import user_ids
from upa_core.domain.people.shadow import Shard
from upa_core.services.admin import controls
from upa_core.services.admin.requests import check_on, request_people
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.document import state_of


@command(
    "run",
    examples=["upa run", "upa run --full", "upa run --users ada@contoso.com,0b9c…-guid --no-wait"],
    shape=RUN_SHAPE,
    exit_codes=(exits.OK, exits.CHANGES),
)
def run(
    cli: Cli,
    *,
    full: Annotated[bool, typer.Option("--full", help="Read everybody, not only what changed.")] = False,
    resend: Annotated[
        bool, typer.Option("--resend", help="Ignore the shadow: send values even where SharePoint confirmed them.")
    ] = False,
    users: Annotated[
        str | None, typer.Option(metavar="USER,…", help="Also plan these users now, with today's values.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for import jobs (minutes to hours).")] = True,
) -> int:
    """Pull what changed in Entra, plan it, export it, and wait for SharePoint's import job.

    The same use cases as the function app, in a plain loop; it is safe to run beside it, and to stop with Ctrl-C: the
    next run, or the timer, goes on from where it was. In staging mode, in a pause and while a plan is held, people
    are pulled and nothing is exported (exit code 2). --full plans everybody; with --resend it also sends what
    SharePoint has confirmed already (only for the users named, if --users is given). A run that reached only some of
    its people is `partly` (exit code 2), one that reached nobody `failed` (1); whom it didn't reach is in escrow.
    """
    ports, connector = cli.ports, cli.connector
    persons = user_ids(cli, [user.strip() for user in users.split(",") if user.strip()]) if users else []
    if users is not None and not persons:
        raise CommandError("--users names nobody", exits.USAGE)
    check_on(connector, state_of(ports.store, connector.name).load().value)
    if resend and persons:
        change_people_between_runs(ports, connector, persons, Shard.make_unknown)
    elif resend:
        controls.reset(ports, connector, "shadow", cli.who)
    if persons:
        request_people(ports, connector, persons)
    with cli.progress.waiting() as narrate:
        result = run_to_the_end(ports, connector, full=full or (resend and not persons), wait=wait, narrate=narrate)
    return show_run(cli, result, persons=persons)
