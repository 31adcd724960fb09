"""`upa runs`: the runs that ended."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.csv_file import save_csv
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, moment, short_duration, table
from upa_cli.shell.registry import command
from upa_cli.work.reports import list_reports
from upa_core.domain.documents.codec import to_json
from upa_core.domain.documents.ids import is_run_id
from upa_core.services.admin.requests import run_status
from upa_core.state.reports import RUN_COLUMNS, report_json, run_cells


@command(
    "runs",
    examples=["upa runs", "upa runs --last 200 --csv runs.csv", "upa runs 20261122T101500Z-7f3k"],
    shape={"connector": "its name", "runs": "reports, newest first: run, started, ended, status, why, counts, files"},
)
def runs(
    cli: Cli,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="Only this run, with its files.")] = None,
    *,
    last: Annotated[int, typer.Option("--last", min=1, max=1000, help="How many.")] = 10,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write them to this CSV file.")] = None,
) -> int:
    """List what the last runs did, the newest first.

    With a run's id: what this one did, or its present step.
    """
    if run is not None:
        if csv is not None:
            raise CommandError("--csv lists runs; the people of one: upa run show RUN --csv run.csv", exits.USAGE)
        return _one_run(cli, run)
    reports = list_reports(cli, last)
    if csv is not None:
        save_csv(csv, RUN_COLUMNS, map(run_cells, reports))
        cli.note(f"{count(len(reports), 'run')} in {csv}")

    def render(out: Console) -> None:
        if not reports:
            out.print("No run has ended yet. Next: upa status says what to do")
            return
        names = {"people": "seen", "updated": "set", "cleared": "clear", "exported": "accepted", "escrowed": "escrow"}
        rows = [
            (
                report.run,
                report.outcome,
                short_duration((report.ended - report.started).total_seconds()),
                *(f"{getattr(report.counts, name):,}" for name in names),
            )
            for report in reports
        ]
        headings = ("took", *names.values())
        out.print(table(("run", "status", *headings), rows, right=headings))
        for report in reports:
            if report.why:
                out.print(clean(f"{report.run}: {report.why}"))

    cli.show({"connector": cli.connector.name, "runs": [report_json(report) for report in reports]}, render)
    return exits.OK


def _one_run(cli: Cli, run: str) -> int:
    if not is_run_id(run):
        raise CommandError(f"{clean(run)[:60]!r} isn't a run id; they look like 20261122T101500Z-7f3k", exits.USAGE)
    found = run_status(cli.ports, cli.connector, run)
    if found is None:
        raise CommandError(f"{cli.connector.name} knows no run {run}: it never existed, or its retention has passed")
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
