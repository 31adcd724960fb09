"""`upa jobs`: lists and cancels SharePoint's import jobs."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.csv_file import CsvFile, offer_csv
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, duration
from upa_cli.shell.registry import command, group
from upa_core.domain.bulk.import_job import ImportJob, error_name, state_name
from upa_core.domain.documents.codec import instant
from upa_core.domain.documents.ids import is_guid, moment_of
from upa_core.domain.errors import RefusedError
from upa_core.services.deliver.bulk.archive import archive_given_up
from upa_core.state.document import lane_of

COLUMNS = ("id", "state", "error", "message", "file", "log", "made", "age_h", "ours")

group("jobs", "SharePoint's import jobs: list them, and cancel those that haven't started.")


@command(
    "jobs list",
    examples=["upa jobs list", "upa jobs list 5f05e38c-bd0e-49ec-8c9c-c4cfe370248c", "upa jobs list --csv jobs.csv"],
    shape={
        "connector": "its name",
        "complete": "false: SharePoint wouldn't list, so only the import jobs we know of are shown",
        "jobs": "newest first: id, state, error, message, file, log (address of its log folder), made, age_h, ours",
    },
)
def jobs_list(
    cli: Cli,
    job: Annotated[str | None, typer.Argument(metavar="[ID]", help="Only this import job.")] = None,
    *,
    csv: CsvFile = None,
) -> int:
    """List the import jobs that SharePoint still knows, ours and others', the newest first.

    States are SharePoint's own words, in their order: Submitted, Processing, Queued (validated, late), Succeeded or
    Error. An age counts from the moment in the file's name. Where SharePoint refuses to list (after thousands of import
    jobs it does), the ones on our books are asked one by one.
    """
    complete, found = (True, [_one(cli, job)]) if job is not None else _all(cli)
    now = cli.ports.clock.now()
    rows = sorted(
        (_job(one, cli.connector.name, now) for one in found), key=lambda row: row["made"] or "", reverse=True
    )

    offer_csv(cli, csv, COLUMNS, rows, "import job")

    def render(out: Console) -> None:
        if not rows:
            out.print("SharePoint has no import jobs.")
            return
        for row in rows:
            _render_job(out, row)
        if job is None:
            out.print(count(len(rows), "import job") + ".")

    cli.show({"connector": cli.connector.name, "complete": complete, "jobs": rows}, render)
    return exits.OK


def _one(cli: Cli, job: str) -> ImportJob:
    if not is_guid(job):
        raise CommandError(f"{clean(job)[:60]!r} isn't the id of an import job. Next: upa jobs list", exits.USAGE)
    found = cli.ports.import_jobs.get(job)
    if found is None:
        raise CommandError(f"SharePoint knows no import job {clean(job)[:60]}. Next: upa jobs list")
    return found


def _all(cli: Cli) -> tuple[bool, list[ImportJob]]:
    ports, lane = cli.ports, lane_of(cli.ports.store, cli.connector).load().value
    known = [*(lane.in_flight.jobs if lane.in_flight else ()), *(job for one in lane.abandoned for job in one.jobs)]
    try:
        return True, list(ports.import_jobs.list())
    except RefusedError as exc:
        cli.note(f"SharePoint won't list its import jobs ({exc}); these are on our books:", "yellow")
        return False, [job for job in map(ports.import_jobs.get, known) if job is not None]


def _render_job(out: Console, row: dict[str, Any]) -> None:
    age = f"{duration(row['age_h'] * 3600)} ago" if row["age_h"] is not None else "age unknown"
    state = row["state"] + (f" {row['error']}" if row["error"] else "")
    out.print(clean(f"{row['id']}  {state}, {age}"), style="bold")
    for name in ("file", "message", "log"):
        if row[name]:
            out.print(clean(f"  {name:<8}{row[name]}"))


def _job(job: ImportJob, connector: str, now: datetime) -> dict[str, Any]:
    name = job.source_uri.rpartition("/")[2]
    made = _made(name)
    return {
        "id": job.id,
        "state": state_name(job.state),
        "error": error_name(job.error) if job.error else "",
        "message": job.message,
        "file": name,
        "log": job.log_folder_uri,
        "made": instant(made) if made is not None else None,
        "age_h": round((now - made).total_seconds() / 3600, 2) if made is not None else None,
        "ours": name.startswith(f"upa-{connector}-"),
    }


def _made(name: str) -> datetime | None:
    """Return the moment in a file's name. In our names it is UTC; in the cmdlet's it is local time, so None."""
    found = re.search(r"-([0-9]{8}T[0-9]{6}Z-[a-z0-9]{4})-", name)
    return moment_of(found[1]) if found else None


@command(
    "jobs cancel",
    examples=["upa jobs cancel 5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"],
    shape={"connector": "its name", "id": "the import job", "cancelled": "true where SharePoint cancelled it"},
)
def jobs_cancel(cli: Cli, job: Annotated[str, typer.Argument(metavar="ID", help="The import job's id.")]) -> int:
    """Cancel an import job that hasn't started.

    SharePoint cancels only what is still Submitted. The people of a cancelled file aren't lost: its run ends as failed
    and they are planned again after a pause (upa status shows when).
    """
    found = _one(cli, job)
    if found.started or not cli.ports.import_jobs.cancel(found.id):
        text = f"import job {found.id} is {state_name(found.state)}: SharePoint cancels only what is still Submitted"
        raise CommandError(text)
    _end_flight(cli, found)
    document = {"connector": cli.connector.name, "id": found.id, "cancelled": True}
    cli.show(document, lambda out: out.print(f"Cancelled import job {found.id}."))
    return exits.OK


def _end_flight(cli: Cli, job: ImportJob) -> None:
    """Note that our own file in flight was given up, so that nobody waits for a cancelled import job."""
    flight = lane_of(cli.ports.store, cli.connector).load().value.in_flight
    if flight is not None and flight.connector == cli.connector.name and flight.jobs == (job.id,):
        archive_given_up(cli.ports, cli.connector, flight, f"cancelled by {cli.who}", abandoned=False, jobs=[job])
