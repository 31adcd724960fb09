"""`upa jobs`: lists and cancels SharePoint's import jobs."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.csv_file import CsvFile, offer_csv
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, duration
from upa_cli.shell.registry import command, group
from upa_core.domain.bulk.import_job import ImportJob, state_name
from upa_core.domain.documents.ids import is_guid
from upa_core.services.deliver.bulk.archive import archive_given_up
from upa_core.services.insight.import_jobs import COLUMNS, ListedJobs, list_import_jobs, one_import_job
from upa_core.state.document import lane_of

group("jobs", "SharePoint's import jobs: list them, and cancel those that haven't started.")


@command(
    "jobs list",
    examples=["upa jobs list", "upa jobs list 5f05e38c-bd0e-49ec-8c9c-c4cfe370248c", "upa jobs list --csv jobs.csv"],
    shape={
        "connector": "its name",
        "complete": "false: SharePoint wouldn't list, so only the import jobs we know of are shown",
        "why": "SharePoint's reason, where it wouldn't list",
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
    found = _all(cli) if job is None else _only(cli, job)
    rows = found.jobs

    offer_csv(cli, csv, COLUMNS, rows, "import job")

    def render(out: Console) -> None:
        if not rows:
            out.print("SharePoint has no import jobs.")
            return
        for row in rows:
            _render_job(out, row)
        if job is None:
            out.print(count(len(rows), "import job") + ".")

    document = {"connector": cli.connector.name, "complete": found.complete, "why": found.why, "jobs": rows}
    cli.show(document, render)
    return exits.OK


def _all(cli: Cli) -> ListedJobs:
    found = list_import_jobs(cli.ports, cli.connector)
    if not found.complete:
        cli.note(f"SharePoint won't list its import jobs ({found.why}); these are on our books:", "yellow")
    return found


def _only(cli: Cli, job: str) -> ListedJobs:
    row = one_import_job(cli.ports, cli.connector, _checked(job))
    if row is None:
        raise _unknown(job)
    return ListedJobs([row])


def _checked(job: str) -> str:
    if not is_guid(job):
        raise CommandError(f"{clean(job)[:60]!r} isn't the id of an import job. Next: upa jobs list", exits.USAGE)
    return job


def _unknown(job: str) -> CommandError:
    return CommandError(f"SharePoint knows no import job {clean(job)[:60]}. Next: upa jobs list")


def _render_job(out: Console, row: dict[str, Any]) -> None:
    age = f"{duration(row['age_h'] * 3600)} ago" if row["age_h"] is not None else "age unknown"
    state = row["state"] + (f" {row['error']}" if row["error"] else "")
    out.print(clean(f"{row['id']}  {state}, {age}"), style="bold")
    for name in ("file", "message", "log"):
        if row[name]:
            out.print(clean(f"  {name:<8}{row[name]}"))


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
    found = cli.ports.import_jobs.get(_checked(job))
    if found is None:
        raise _unknown(job)
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
