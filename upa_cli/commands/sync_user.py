"""`upa sync-user`: one person on demand."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.registry import command
from upa_cli.work.outcome import RUN_SHAPE, show_run
from upa_cli.work.runner import RunResult, drive
from upa_cli.work.steps import render_steps, steps_as_json, steps_of
from upa_cli.work.users import user_id
from upa_core.services.admin.declined import declined_of
from upa_core.services.admin.requests import request_people
from upa_core.services.pull import PullResult


@command(
    "sync-user",
    examples=["upa sync-user ada@contoso.com --dry-run", "upa sync-user ada@contoso.com"],
    shape=RUN_SHAPE
    | {
        "person": "object id",
        "steps": "Entra's five: connect, import, scope, match, action, each with ok, text and details",
    },
    exit_codes=(exits.OK, exits.CHANGES),
)
def sync_user(
    cli: Cli,
    user: Annotated[str, typer.Argument(metavar="USER", help="Object id or user principal name.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the five steps and send nothing.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the import job.")] = True,
) -> int:
    """Provision one person on demand, step by step: connect, import, scope, match, action.

    The person is read from Entra now and planned at once. SharePoint applies import files with a timer job: expect
    minutes to hours, not seconds. Whoever waits in the outbox goes along in the same file.
    """
    person = user_id(cli, user)
    steps = steps_of(cli, person)
    shown: dict[str, Any] = {"person": person, "steps": steps_as_json(steps)}
    if not cli.options.json:
        render_steps(cli.out, steps)
    blocked = any(not step.ok for step in steps)
    if dry_run or blocked:
        step = {"kind": "idle", "why": "dry run" if dry_run else "not sent", "at": None}
        outcome = "failed" if blocked else "no_change"
        document = {
            "connector": cli.connector.name,
            "outcome": outcome,
            "pull": None,
            "runs": [],
            "step": step,
            "declined": {
                one: sorted(values) for one, values in declined_of(cli.ports, cli.connector, [person]).items()
            },
            **shown,
        }
        cli.show(document, lambda out: out.print("Nothing was sent."))
        return exits.REFUSED if blocked else exits.CHANGES if steps[-1].details else exits.OK
    request_people(cli.ports, cli.connector, [person])
    with cli.progress.waiting() as narrate:
        reports, last = drive(cli.ports, cli.connector, wait=wait, narrate=narrate)
    pulled = PullResult("sealed", "", "delta", 0, 0)
    return show_run(cli, RunResult(pulled, reports, last), shown, persons=[person])
