"""`upa jobs`: what SharePoint has in hand."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, table
from upa_cli.shell.registry import command, group
from upa_core.domain.bulk.import_job import ImportJob, error_name, state_name
from upa_core.domain.documents.ids import is_guid
from upa_core.domain.errors import RefusedError
from upa_core.services.deliver.bulk.archive import archive_given_up
from upa_core.state.document import lane_of

group("jobs", "SharePoint's import jobs: see what is in hand, cancel what hasn't started.")


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
    and they are planned again after a pause (upa status tells when).
    """
    if not is_guid(job):
        raise CommandError(f"{clean(job)[:60]!r} isn't the id of an import job. Next: upa jobs list", exits.USAGE)
    found = cli.ports.import_jobs.get(job)
    if found is None:
        raise CommandError(f"SharePoint knows no import job {clean(job)[:60]}. Next: upa jobs list")
    if found.started or not cli.ports.import_jobs.cancel(found.id):
        text = f"import job {found.id} is {state_name(found.state)}: SharePoint cancels only what is still Submitted"
        raise CommandError(text)
    _end_flight(cli, found)
    document = {"connector": cli.connector.name, "id": found.id, "cancelled": True}
    cli.show(document, lambda out: out.print(f"Cancelled import job {found.id}."))
    return exits.OK


def _end_flight(cli: Cli, job: ImportJob) -> None:
    """Write that our own file in flight was given up, so that nobody waits for an import job that is gone."""
    flight = lane_of(cli.ports.store, cli.connector).load().value.in_flight
    if flight is not None and flight.connector == cli.connector.name and flight.jobs == (job.id,):
        archive_given_up(cli.ports, cli.connector, flight, f"cancelled by {cli.who}", abandoned=False, jobs=[job])
