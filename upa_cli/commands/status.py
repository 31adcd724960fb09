"""`upa status`, `upa runs`, `upa jobs`: how it stands, what was done, what SharePoint has in hand."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from upa_cli import exits
from upa_cli.context import Cli
from upa_cli.exits import CommandError
from upa_cli.output import clean, count, duration, moment, table
from upa_cli.registry import command, group
from upa_core.domain.documents import to_json
from upa_core.domain.errors import RefusedError
from upa_core.domain.import_job import ImportJob, error_name, state_name
from upa_core.domain.names import is_run_id, moment_of
from upa_core.domain.state import Report
from upa_core.services.documents import get_document, lane_of
from upa_core.services.requests import run_status
from upa_core.services.run_end import report_key
from upa_core.services.status import status as status_of

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EXIT = {"held": exits.CHANGES, "stalled": exits.FAILED, "degraded": exits.FAILED, "quarantined": exits.FAILED}

group("jobs", "SharePoint's import jobs: see what is in hand, cancel what hasn't started.")


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
    documents = [status_of(cli.app.ports(connector), connector) for connector in cli.connectors]

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
    escrow = one["escrow"]
    if escrow["total"]:
        reasons = ", ".join(f"{n} {reason}" for reason, n in escrow["by_reason"].items())
        out.print(clean(f"  escrow        {reasons}; next try {_at(escrow['next_due'])}. See upa escrow list"))
    out.print(f"  import jobs   {one['jobs_today']} of {one['jobs_per_day']} today, {one['jobs_total']} ever")
    if not one["config_applied"] and one["last_pull"]:
        out.print("  configuration changed since the last full round: the next round reads everybody")


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
                report.status,
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

    cli.show({"connector": cli.connector.name, "runs": [to_json(report) for report in reports]}, render)
    return exits.OK


def list_reports(cli: Cli, most: int) -> list[Report]:
    """Return the newest reports of the connector."""
    store, found = cli.ports.store, []
    keys = [info.key for info in store.list("runs/") if info.key.endswith("/report.json")]
    for key in sorted(keys, key=lambda key: moment_of(key) or datetime.min.replace(tzinfo=UTC), reverse=True):
        stored = get_document(store, report_key(key.split("/")[3]), Report)
        if stored is not None and stored.value.connector == cli.connector.name:
            found.append(stored.value)
            if len(found) == most:
                break
    return found


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

    shown = to_json(report) if report is not None else {"run": found.id, "status": found.status}
    cli.show({"connector": cli.connector.name, "runs": [shown]}, render)
    return exits.OK


@command(
    "jobs list",
    examples=["upa jobs list", "upa jobs list --json"],
    shape={
        "connector": "its name",
        "complete": "false: SharePoint wouldn't list, so only the import jobs we know of are shown",
        "jobs": "id, state, error, message, file, ours",
    },
)
def jobs_list(cli: Cli) -> int:
    """List the import jobs that SharePoint still knows, ours and others'.

    Where SharePoint refuses to list (after thousands of import jobs it does), the ones on our books are asked one by
    one.
    """
    ports, lane = cli.ports, lane_of(cli.ports.store, cli.connector).load().value
    known = [*(lane.in_flight.jobs if lane.in_flight else ()), *(job for one in lane.abandoned for job in one.jobs)]
    complete = True
    try:
        found = list(ports.import_jobs.list())
    except RefusedError as exc:
        complete = False
        cli.note(f"SharePoint won't list its import jobs ({exc}); these are on our books:", "yellow")
        found = [job for job in map(ports.import_jobs.get, known) if job is not None]
    rows = [_job(job, cli.connector.name) for job in found]

    def render(out: Console) -> None:
        if not rows:
            out.print("SharePoint has no import jobs.")
            return
        keys = ("id", "state", "error", "file", "message")
        out.print(table(keys, [[row[key] for key in keys] for row in rows]))
        out.print(count(len(rows), "import job") + ".")

    cli.show({"connector": cli.connector.name, "complete": complete, "jobs": rows}, render)
    return exits.OK


def _job(job: ImportJob, connector: str) -> dict[str, Any]:
    name = job.source_uri.rpartition("/")[2]
    return {
        "id": job.id,
        "state": state_name(job.state),
        "error": error_name(job.error) if job.error else "",
        "message": job.message,
        "file": name,
        "ours": name.startswith(f"upa-{connector}-"),
    }


@command(
    "jobs cancel",
    examples=["upa jobs cancel 5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"],
    shape={"connector": "its name", "id": "the import job", "cancelled": "true where SharePoint cancelled it"},
)
def jobs_cancel(cli: Cli, job: Annotated[str, typer.Argument(metavar="ID", help="The import job's id.")]) -> int:
    """Cancel an import job that hasn't started.

    SharePoint cancels only what is still Submitted. The people of a cancelled file aren't lost: its run ends as failed
    and they are planned again.
    """
    if not _GUID.fullmatch(job):
        raise CommandError(f"{clean(job)[:60]!r} isn't the id of an import job. Next: upa jobs list", exits.USAGE)
    found = cli.ports.import_jobs.get(job)
    if found is None:
        raise CommandError(f"SharePoint knows no import job {clean(job)[:60]}. Next: upa jobs list")
    if found.started or not cli.ports.import_jobs.cancel(found.id):
        text = f"import job {found.id} is {state_name(found.state)}: SharePoint cancels only what is still Submitted"
        raise CommandError(text)
    document = {"connector": cli.connector.name, "id": found.id, "cancelled": True}
    cli.show(document, lambda out: out.print(f"Cancelled import job {found.id}."))
    return exits.OK
