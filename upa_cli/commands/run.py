"""`upa run`: pull, plan, export, and wait for the import job; `upa run show`: open one."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.registry import command, group
from upa_cli.work.one_run import show_one_run
from upa_cli.work.outcome import RUN_SHAPE, show_run
from upa_cli.work.runner import run_to_the_end
from upa_cli.work.users import user_id, user_ids
from upa_core.domain.people.shadow import Shard
from upa_core.domain.plan.run_rows import KINDS, RESULTS
from upa_core.services.admin import controls
from upa_core.services.admin.requests import check_on, request_people
from upa_core.services.insight.run_people import Wanted
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.document import state_of

Results = StrEnum("Results", {name: name for name in RESULTS})  # type: ignore[misc]
Kinds = StrEnum("Kinds", {name: name for name in KINDS})  # type: ignore[misc]

group("run", "Pull, plan and export now; or open a run.", alone=True)


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
    its people is `partly` (exit code 2), one that reached nobody `failed` (1); people it didn't reach are in escrow.
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


@command(
    "run show",
    examples=[
        "upa run show 20261122T101500Z-7f3k",
        "upa run show 20261122T101500Z-7f3k --result refused --property UpaTitle",
        "upa run show 20261122T101500Z-7f3k --user ada@contoso.com",
        "upa run show 20261122T101500Z-7f3k --csv run.csv",
    ],
    shape={
        "connector": "its name",
        "run": "status, why, plan (its hash), counts, properties, causes, files, timeline, config (a hash), report",
        "people": "person, user, values: property, kind, old, new, result, why, detail; clears first",
        "after": "where the next page begins; empty where this is the last",
    },
)
def show(
    cli: Cli,
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id; see upa runs.")],
    *,
    result: Annotated[Results | None, typer.Option(help="Only values with this result.")] = None,
    name: Annotated[str, typer.Option("--property", metavar="NAME", help="Only this property.")] = "",
    kind: Annotated[Kinds | None, typer.Option(help="Only values of this kind.")] = None,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Only this person: object id or UPN.")] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write everybody who was asked for to this CSV file.")
    ] = None,
    after: Annotated[str, typer.Option(help="Continue where the page before ended.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="People listed.")] = 20,
) -> int:
    """Show a run: its steps with their times, its plan by person, old → new, and the result of each value.

    Results: planned, accepted (SharePoint named nobody), refused, escrowed (waits to be retried), declined (an
    administrator rejected it), unknown (the import job confirmed nobody; it is sent again), not_sent. Unchanged people
    are counted. Values of redacted properties show as ***.
    """
    wanted = Wanted(
        result=result.value if result else "",
        property=name,
        kind=kind.value if kind else "",
        person=user_id(cli, user) if user else "",
    )
    return show_one_run(cli, run, wanted, csv=csv, after=after, limit=limit)
