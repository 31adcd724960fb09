"""`upa sync-user`: one person on demand."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.output import count, table
from upa_cli.shell.registry import command
from upa_cli.work.outcome import RUN_SHAPE, show_run
from upa_cli.work.runner import RunResult, drive
from upa_cli.work.steps import render_steps, steps_as_json, steps_of
from upa_cli.work.users import user_id
from upa_core.domain.documents.codec import to_json
from upa_core.services.admin.declined import declined_of
from upa_core.services.admin.requests import request_people
from upa_core.services.drive.sync_now import Now, sync_now
from upa_core.services.pull import PullResult


@command(
    "sync-user",
    examples=[
        "upa sync-user ada@contoso.com --dry-run",
        "upa sync-user ada@contoso.com",
        "upa sync-user ada@contoso.com --now",
    ],
    shape=RUN_SHAPE
    | {
        "person": "object id",
        "steps": "Entra's five: connect, import, scope, match, action, each with ok, text and details",
        "now": "with --now: run, results and refused by property, calls, requests, waited, seconds",
    },
    exit_codes=(exits.OK, exits.CHANGES),
)
def sync_user(
    cli: Cli,
    user: Annotated[str, typer.Argument(metavar="USER", help="Object id or user principal name.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the five steps and send nothing.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the import job.")] = True,
    now: Annotated[
        bool, typer.Option("--now", help="Write the profile itself at once, without an import job.")
    ] = False,
) -> int:
    """Provision one person on demand, step by step: connect, import, scope, match, action.

    The person is read from Entra now and planned at once. SharePoint applies import files with a timer job: expect
    minutes to hours, not seconds. People who wait in the outbox are sent in the same file.

    --now writes what differs to the profile itself, property by property, and reads it back: seconds, beside an import
    job that is in flight. It needs `upa doctor --probe-individual USER --with-bulk`. A property that an open run, a
    held plan or an import job may still write is left alone, and rejected values stay rejected; the change threshold,
    pause and staging mode apply.
    """
    person = user_id(cli, user)
    steps = steps_of(cli, person)
    shown: dict[str, Any] = {"person": person, "steps": steps_as_json(steps), "now": None}
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
    if now:
        return _write_now(cli, person, shown)
    request_people(cli.ports, cli.connector, [person])
    with cli.progress.waiting() as narrate:
        reports, last = drive(cli.ports, cli.connector, wait=wait, narrate=narrate)
    pulled = PullResult("sealed", "", "delta", 0, 0)
    return show_run(cli, RunResult(pulled, reports, last), shown, persons=[person])


def _write_now(cli: Cli, person: str, shown: dict[str, Any]) -> int:
    result = sync_now(cli.ports, cli.connector, person, cli.who)
    wrong = {target: why for target, why in result.results.items() if why != "confirmed"}
    outcome = "partly" if wrong or result.refused else "complete" if result.run else "no_change"
    document = {
        "connector": cli.connector.name,
        "outcome": outcome,
        "pull": None,
        "runs": [],
        "step": {"kind": "idle", "why": "written at once" if result.run else "nothing was sent", "at": None},
        "declined": {},
        **shown,
        "now": to_json(result),
    }
    cli.show(document, lambda out: _render(out, result))
    return exits.REFUSED if result.refused and not result.run else exits.CHANGES if outcome == "partly" else exits.OK


def _render(out: Console, result: Now) -> None:
    if not (result.run or result.refused):
        out.print("Nothing differs: nothing was sent.")
        return
    rows = [(target, what.replace("_", " ")) for target, what in result.results.items()]
    rows += [(target, f"not written: {why}") for target, why in result.refused.items()]
    out.print(table(("property", "result"), rows))
    if result.run:
        made = f"{count(result.calls, 'call')} of PeopleManager in {count(result.requests, 'request')}"
        out.print(f"{made}, {result.waited:g} s waited for the budget, {result.seconds:g} s in all. Run {result.run}.")
