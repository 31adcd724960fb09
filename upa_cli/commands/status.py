"""`upa status`, `upa runs`: how it stands, and what was done."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Annotated, Any

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, duration, moment, table
from upa_cli.shell.registry import command
from upa_core.domain.documents.codec import to_json
from upa_core.domain.documents.ids import is_run_id
from upa_core.domain.documents.runs import Report
from upa_core.http_api.status import statuses
from upa_core.services.admin.requests import run_status
from upa_core.state.reports import report_json, reports_of

_EXIT = {"held": exits.CHANGES, "stalled": exits.FAILED, "degraded": exits.FAILED, "quarantined": exits.FAILED}


@command(
    "status",
    examples=["upa status", "upa status --connector people --json"],
    shape={"connectors": "the status document of each connector, as GET /api/status answers it"},
    exit_codes=(exits.OK, exits.CHANGES, exits.FAILED),
)
def status(cli: Cli) -> int:
    """Tell how each connector is, since when, why, and what to do.

    Healthy, starting, staging, paused: 0. Held: 2. Degraded, stalled, quarantined: 1. Only storage is asked, so it
    works while Graph or SharePoint don't.
    """
    documents = statuses({connector.name: (connector, cli.app.ports(connector)) for connector in cli.connectors})

    def render(out: Console) -> None:
        for at, one in enumerate(documents):
            if at:
                out.print()
            _render_status(out, one)

    cli.show({"connectors": documents}, render)
    codes = [_EXIT.get(one["state"], exits.OK) for one in documents]
    return exits.FAILED if exits.FAILED in codes else max(codes, default=exits.OK)


def _render_status(out: Console, one: dict[str, Any]) -> None:
    since = f" since {_at(one['since'])}" if one["since"] else ""
    why = f": {one['reason']}" if one["reason"] else ""
    out.print(clean(f"{one['connector']} is {one['state']}{since}{why}"), style="bold")
    if one["what_to_do"]:
        out.print(clean(f"  what to do    {one['what_to_do']}"))
    out.print(f"  last pull     {_at(one['last_pull'])}")
    out.print(f"  last success  {_at(one['last_success'])}")
    last = one["last_run"]
    if last is not None:
        counts = last["counts"]
        out.print(
            f"  last run      {last['run']}: {last['status']}, {counts['exported']:,} exported, "
            f"{counts['escrowed']:,} escrowed, {counts['unchanged']:,} unchanged"
        )
    out.print(f"  people        {one['people']['known']:,} known; {one['waiting_rounds']} round(s) waiting")
    job = one["current_job"]
    if job is not None:
        ids = ", ".join(job["ids"]) or "not named yet"
        out.print(clean(f"  import job    {ids} of {job['connector']}, {job['phase']}, {job['age_h']} h"))
    quarantine = one["quarantine"]
    if quarantine is not None:
        off = (
            f"since {_at(quarantine['off_since'])}"
            if quarantine["off_since"]
            else f"after {_at(quarantine['off_after'])}"
        )
        out.print(f"  quarantine    since {_at(quarantine['since'])}; {_probe(quarantine)}; switched off {off}")
    escrow = one["escrow"]
    if escrow["total"]:
        reasons = ", ".join(f"{n} {reason}" for reason, n in escrow["by_reason"].items())
        out.print(clean(f"  escrow        {reasons}; next try {_at(escrow['next_due'])}. See upa escrow list"))
    out.print(f"  import jobs   {one['jobs_today']} of {one['jobs_per_day']} today, {one['jobs_total']} ever")
    if not one["config_applied"] and one["last_pull"]:
        out.print("  configuration changed since the last full round: the next round reads everybody")


def _probe(quarantine: dict[str, Any]) -> str:
    if quarantine["next_probe"]:
        return f"next try {_at(quarantine['next_probe'])}"
    return "waits for a decision about the hold" if quarantine["probe"] == "decision" else "no try by itself"


def _at(text: str | None) -> str:
    return moment(datetime.fromisoformat(text)) if text else "-"


@command(
    "runs",
    examples=["upa runs", "upa runs --last 50 --json", "upa runs 20261122T101500Z-7f3k"],
    shape={"connector": "its name", "runs": "reports, newest first: run, started, ended, status, why, counts, files"},
)
def runs(
    cli: Cli,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="Only this run, with its files.")] = None,
    *,
    last: Annotated[int, typer.Option("--last", min=1, max=1000, help="How many.")] = 10,
) -> int:
    """List what the last runs did, the newest first.

    With a run's id: what this one did, or where it stands.
    """
    if run is not None:
        return _one_run(cli, run)
    reports = list_reports(cli, last)

    def render(out: Console) -> None:
        if not reports:
            out.print("No run has ended yet. Next: upa run")
            return
        rows = [
            (
                report.run,
                report.outcome,
                duration((report.ended - report.started).total_seconds()),
                *(
                    f"{getattr(report.counts, name):,}"
                    for name in ("people", "updated", "cleared", "unchanged", "exported", "escrowed")
                ),
                str(len(report.files)),
                report.why,
            )
            for report in reports
        ]
        names = ("people", "to set", "to clear", "unchanged", "exported", "escrowed", "files")
        out.print(table(("run", "status", "took", *names, "why"), rows, right=("took", *names)))

    cli.show({"connector": cli.connector.name, "runs": [report_json(report) for report in reports]}, render)
    return exits.OK


def list_reports(cli: Cli, most: int) -> list[Report]:
    """Return the newest reports of the connector."""
    return list(islice(reports_of(cli.ports.store, cli.connector.name), most))


def _one_run(cli: Cli, run: str) -> int:
    if not is_run_id(run):
        raise CommandError(f"{clean(run)[:60]!r} isn't a run id; they look like 20261122T101500Z-7f3k", exits.USAGE)
    found = run_status(cli.ports, cli.connector, run)
    if found is None:
        raise CommandError(f"{cli.connector.name} knows no run {run}: it was never asked for, or its retention passed")
    report = found.report

    def render(out: Console) -> None:
        out.print(f"Run {found.id}: {found.status}")
        if report is None:
            return
        out.print(f"  {moment(report.started)} to {moment(report.ended)}" + (f": {report.why}" if report.why else ""))
        counts = [(name, f"{value:,}") for name, value in to_json(report.counts).items() if value]
        out.print(table(("count", "people or values"), counts, right=("people or values",)))
        rows = [
            (file.name, f"{file.people:,}", f"{file.size:,}", "confirmed" if file.confirmed else "not confirmed")
            for file in report.files
        ]
        if rows:
            out.print(table(("import file", "people", "bytes", "result"), rows, right=("people", "bytes")))

    row = report_json(report) if report is not None else {"run": found.id, "status": found.status}
    cli.show({"connector": cli.connector.name, "runs": [row]}, render)
    return exits.OK
