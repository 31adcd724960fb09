"""`upa archive`: what was sent and what SharePoint answered, kept within the retention."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.csv_file import CsvFile, offer_csv
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, table
from upa_cli.shell.registry import command, group
from upa_cli.work.reports import list_reports
from upa_core.domain.bulk.import_job import error_name, state_name
from upa_core.domain.documents.codec import to_json
from upa_core.domain.documents.ids import CANARY, is_run_id
from upa_core.domain.documents.lane import Outcome
from upa_core.domain.documents.runs import Report
from upa_core.domain.documents.storage_layout import report_key, run_folder
from upa_core.services.deliver.archive import load_outcome
from upa_core.state.document import get_document

_NAME = re.compile(r"[^A-Za-z0-9._-]+")

COLUMNS = ("run", "file", "people", "size", "ended", "jobs", "logs", "intact", "given_up")

group("archive", "What was sent and what SharePoint answered, kept within the retention.")


@command(
    "archive list",
    examples=["upa archive list", "upa archive list --last 100 --csv archive.csv"],
    shape={"connector": "its name", "files": "run, file, people, size, ended, jobs (id, state, error), logs, intact"},
)
def show(
    cli: Cli,
    *,
    last: Annotated[int, typer.Option("--last", min=1, max=1000, help="Runs.")] = 20,
    csv: CsvFile = None,
) -> int:
    """List archived import files: their run, people, the import job's end, and logs.

    Archives of runs that went well are kept 30 days, of others 90, unless the connector file says otherwise.
    """
    rows = []
    for report in list_reports(cli, last):
        for file in report.files:
            outcome = load_outcome(cli.ports, report.run, file.name)
            if outcome is not None:
                rows.append(_row(report, file.name, file.people, file.size, outcome))
    told = [
        {**row, "jobs": [f"{job['id']} {job['state']} {job['error']}".strip() for job in row["jobs"]]} for row in rows
    ]
    offer_csv(cli, csv, COLUMNS, told, "import file")

    def render(out: Console) -> None:
        if not rows:
            out.print("Nothing is archived yet.")
            return
        shown = [
            (
                row["run"],
                row["file"],
                f"{row['people']:,}",
                f"{row['size']:,}",
                ", ".join(f"{job['state']} {job['error']}".strip() for job in row["jobs"]) or row["given_up"],
                str(row["logs"]),
            )
            for row in rows
        ]
        out.print(
            table(("run", "file", "people", "bytes", "import job", "logs"), shown, right=("people", "bytes", "logs"))
        )
        out.print("Next: upa archive get RUN --out FOLDER")

    cli.show({"connector": cli.connector.name, "files": rows}, render)
    return exits.OK


def _row(report: Report, file: str, people: int, size: int, outcome: Outcome) -> dict[str, Any]:
    jobs = [
        {"id": job.id, "state": state_name(job.state), "error": error_name(job.error) if job.error else ""}
        for job in outcome.jobs
    ]
    return {
        "run": report.run,
        "file": file,
        "people": people,
        "size": size,
        "ended": to_json(outcome.ended),
        "jobs": jobs,
        "logs": len(outcome.logs),
        "intact": outcome.intact,
        "given_up": outcome.given_up,
    }


@command(
    "archive get",
    examples=["upa archive get 20261122T101500Z-7f3k --out incident"],
    shape={"connector": "its name", "run": "the run", "folder": "where the files are", "files": "their names"},
)
def get(
    cli: Cli,
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, from upa runs.")],
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder to write to; made where it isn't there.")] = Path(
        "archive"
    ),
) -> int:
    """Write a run's archive to a folder: report, plans, import files as they were sent, SharePoint's logs.

    The files hold people's values, redacted ones too: protect the folder.
    """
    if not is_run_id(run):
        raise CommandError(f"{clean(run)[:60]!r} isn't a run id; they look like 20261122T101500Z-7f3k", exits.USAGE)
    report = get_document(cli.ports.store, report_key(run), Report)
    ours = (cli.connector.name, cli.connector.name + CANARY)
    if report is None or report.value.connector not in ours:
        raise CommandError(f"{cli.connector.name} has no archive of run {run}. Next: upa archive list")
    prefix = run_folder(run)
    folder, names = out / run, []
    try:
        for info in cli.ports.store.list(prefix):
            blob = cli.ports.store.get(info.key)
            if blob is not None:
                # Keys are [A-Za-z0-9._-] segments; whatever else a store may hold stays within the folder.
                parts = [_NAME.sub("_", part) for part in info.key.removeprefix(prefix).split("/") if part.strip(".")]
                place = folder.joinpath(*parts)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(blob.data)
                names.append("/".join(parts))
    except OSError as exc:
        raise CommandError(f"{folder} can't be written ({exc.strerror}): name another --out", exits.USAGE) from exc
    document = {"connector": cli.connector.name, "run": run, "folder": str(folder), "files": names}
    cli.show(document, lambda console: console.print(clean(f"Wrote {count(len(names), 'file')} to {folder}")))
    return exits.OK
