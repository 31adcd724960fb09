"""`upa run`, `upa pause`, `upa resume`, `upa housekeeping`: make the pipeline work, here and now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import count
from upa_cli.shell.registry import command
from upa_cli.shell.render import RUN_STYLES, report_line, step_line
from upa_cli.work.runner import RunResult, run_to_the_end
from upa_cli.work.users import user_ids
from upa_core.domain.documents.codec import to_json
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.gates import closed_gate
from upa_core.domain.people.shadow import Shard
from upa_core.services.admin import controls
from upa_core.services.admin.declined import declined_of
from upa_core.services.admin.requests import check_on, request_people
from upa_core.services.upkeep.housekeeping import housekeeping as put_in_order
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.document import state_of
from upa_core.state.reports import report_json

RUN_SHAPE = {
    "connector": "its name",
    "outcome": "succeeded, partly, failed, no_change, held, staging, paused or waiting",
    "pull": "how the source was read: status, round, kind, pages, rows, why",
    "runs": "reports of the export runs that ended: counts, files, status, why",
    "step": "where it stopped: kind, why, at",
    "declined": "person asked for → properties that an administrator rejected, which aren't sent",
}


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


def show_run(
    cli: Cli, result: RunResult, extra: Mapping[str, Any] | None = None, *, persons: Sequence[str] = ()
) -> int:
    """Show what a run came to, with further keys for the JSON document; returns the exit code.

    Of `persons`, who were asked for, it tells whose values are declined and weren't sent.
    """
    declined = declined_of(cli.ports, cli.connector, persons)
    state = state_of(cli.ports.store, cli.connector.name).load().value
    outcome, code = _outcome(cli, result, state)
    document: dict[str, Any] = {
        "connector": cli.connector.name,
        "outcome": outcome,
        "pull": asdict(result.pulled) | {"resume": to_json(result.pulled.resume)},
        "runs": [report_json(report) for report in result.reports],
        "step": {"kind": result.last.kind, "why": result.last.why, "at": to_json(result.last.at)},
        "declined": {person: sorted(values) for person, values in declined.items()},
        **(extra or {}),
    }

    def render(out: Console) -> None:
        for report in result.reports:
            out.print(report_line(report), style=RUN_STYLES.get(report.outcome, ""))
        if outcome == "no_change" and not result.reports:
            out.print("Nothing changed: no file, no import job.")
        for person, values in declined.items():
            text = f"Not sent: {', '.join(sorted(values))} of {person}, rejected by an administrator."
            out.print(f"{text} Next: upa declined lift {person}", style="yellow")
        if outcome not in ("succeeded", "partly", "no_change") and not (outcome == "failed" and result.reports):
            out.print(step_line(outcome, result.last, state))

    cli.show(document, render)
    return code


def _outcome(cli: Cli, result: RunResult, state: ConnectorState) -> tuple[str, int]:
    if result.failed:
        return "failed", exits.FAILED
    gate = closed_gate(cli.connector, state, cli.ports.clock.now())
    if gate is not None and gate.name in ("paused", "held", "staging"):
        return gate.name, exits.CHANGES
    if result.pulled.status in ("paused", "superseded") and not result.reports:
        return "waiting", exits.LATER
    if result.last.kind == "poll":
        return "waiting", exits.OK if result.last.file else exits.LATER
    if any(report.outcome == "partly" for report in result.reports):
        return "partly", exits.CHANGES
    sent = any(report.outcome == "succeeded" and report.files for report in result.reports)
    return ("succeeded" if sent else "no_change"), exits.OK


CONTROL_SHAPE = {"connector": "its name", "done": "what was done", "state": "the status that follows"}


def show_control(cli: Cli, done: str, text: str) -> int:
    """Show that a control took effect."""
    from upa_core.services.health.status import status  # only controls tell the status

    document = {
        "connector": cli.connector.name,
        "done": done,
        "state": status(cli.ports, cli.connector)["state"],
    }
    cli.show(document, lambda out: out.print(text))
    return exits.OK


@command("pause", examples=["upa pause --connector people"], shape=CONTROL_SHAPE)
def pause(cli: Cli) -> int:
    """Stop exporting until `upa resume`; nothing is lost meanwhile.

    An import job in flight is seen through, people go on being pulled; nothing new is planned or sent.
    """
    controls.pause(cli.ports, cli.connector, cli.who)
    return show_control(cli, "pause", f"{cli.connector.name} is paused. Next: upa resume")


@command("resume", examples=["upa resume --connector people"], shape=CONTROL_SHAPE)
def resume(cli: Cli) -> int:
    """Export again after `upa pause`, or after quarantine switched the connector off; what failed is tried at once.

    What was pulled during the pause is merged into one plan at the next tick of the timer, or by `upa run`. A
    connector in quarantine stays there until a try succeeds; one that was switched off has another 28 days for that.
    """
    controls.resume(cli.ports, cli.connector, cli.who)
    return show_control(cli, "resume", f"{cli.connector.name} exports again at the next tick. Or now: upa run")


@command(
    "housekeeping",
    examples=["upa housekeeping"],
    shape={
        "connector": "its name",
        "debts_left": "files and folders in the library still to be deleted",
        "doubted": "people whose values became unknown: an import job that was given up has ended after all",
        "orphans": "leftovers deleted from the library",
        "blobs": "old blobs deleted from storage",
        "failures": "parts that couldn't be done now",
    },
)
def housekeeping(cli: Cli) -> int:
    """Delete what is no longer needed, in the library and in storage.

    The function app does this every day by itself; run it by hand after an outage. Archives within their retention are
    kept.
    """
    result = put_in_order(cli.ports, cli.connector)
    document = {"connector": cli.connector.name, **asdict(result)}

    def render(out: Console) -> None:
        out.print(
            f"Deleted {count(result.orphans, 'leftover')} in the library and {count(result.blobs, 'blob')} in storage; "
            f"{count(result.debts_left, 'deletion')} still owed."
        )
        for part in result.failures:
            out.print(f"Not done now, tried again next time: {part}")

    cli.show(document, render)
    return exits.LATER if result.failures else exits.OK
