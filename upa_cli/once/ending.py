"""Watch an import to its end, here or after an interruption, and report its result."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from upa_cli.once.result import failed_people
from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, duration, table
from upa_cli.work.runner import drive_run
from upa_cli.work.users import names_of
from upa_core.domain.connector import Connector
from upa_core.domain.documents.ids import is_run_id
from upa_core.domain.documents.runs import Report, Run
from upa_core.ports.bundle import Ports
from upa_core.state.document import state_of
from upa_core.state.reports import read_report

SHOWN = 20
NAMED = 1000
"""People whose names are looked up."""
NOTHING_SENT: dict[str, Any] = {"run": "", "exported": 0, "failed": []}


def see_through(
    cli: Cli,
    ports: Ports,
    connector: Connector,
    run: str,
    document: dict[str, Any],
    names: dict[str, str],
    *,
    wait: bool,
) -> int:
    """Watch a run to its end, report its result, and return the exit code.

    Seven parameters: the run, and what is printed beside its result.

    Args:
        cli: the command line.
        ports: those of the connector.
        connector: as the connector file says it; never with the import's own mappings, for its people are settled.
        run: id of the run.
        document: what is known of the import already.
        names: user principal names by object id; empty: they are asked for.
        wait: wait for import jobs.
    """
    try:
        with cli.progress.waiting() as narrate:
            stopped = drive_run(ports, connector, run, wait=wait, narrate=narrate)
    except KeyboardInterrupt:
        cli.note(f"the function app goes on with it. Its result: upa import --watch {run}", "yellow")
        raise
    report = read_report(ports.store, run)
    if report is None:
        why = stopped.why if stopped is not None else "another instance has it"
        text = f"Run {run} is on its way ({why}). Next: upa import --watch {run}"
        cli.show({**document, "run": run, "outcome": "waiting"}, lambda out: out.print(clean(text)))
        return exits.OK
    failed = failed_people(ports, report)
    names = names or names_of(cli, [one.person for one in failed if one.person][:NAMED], ports)
    not_reached = [
        {"person": one.person, "user": names.get(one.person), "property": one.property, "why": one.why}
        for one in failed
    ]
    counts = {"run": run, "exported": report.counts.exported, "failed": not_reached, "outcome": report.outcome}
    cli.show({**document, **counts}, lambda out: _render_result(out, report, not_reached))
    return {"complete": exits.OK, "partly": exits.CHANGES}.get(report.outcome, exits.FAILED)


def _render_result(out: Console, report: Report, failed: list[dict[str, Any]]) -> None:
    took = duration((report.ended - report.started).total_seconds())
    people = count(report.counts.exported, "person has", "people have")
    out.print(f"Run {report.run} {report.outcome}: {people} what was sent, after {took}.")
    if failed:
        rows = [
            (one["user"] or one["person"] or "(the whole file)", one["property"] or "-", one["why"])
            for one in failed[:SHOWN]
        ]
        out.print(table(("person", "property", f"not reached ({len(failed):,})"), rows), style="yellow")
    out.print(f"Next: upa archive get {report.run}" if failed else "The library is clean.")


def see_again(cli: Cli, run: str, *, wait: bool) -> int:
    """Continue an import by its run, report its result, and return the exit code.

    Raises `CommandError` where no connector knows such an import.
    """
    if not is_run_id(run):
        raise CommandError(f"{clean(run)[:60]!r} isn't a run id; they look like 20261122T101500Z-7f3k", exits.USAGE)
    for connector in cli.connectors:
        ports = cli.app.ports(connector)
        known = _known(ports, connector, run)
        if known is not None and known.ad_hoc is not None and known.ad_hoc.kind == "import":
            people = sum(file.people for file in known.files)
            document = _bare(connector, known.ad_hoc.about, len(known.files), people)
            return see_through(cli, ports, connector, run, document, {}, wait=wait)
    raise CommandError(f"there is no import {run}: it never existed, or its retention has passed. Next: upa runs")


def _known(ports: Ports, connector: Connector, run: str) -> Run | Report | None:
    current = state_of(ports.store, connector.name).load().value.run
    if current is not None and current.id == run:
        return current
    report = read_report(ports.store, run)
    return report if report is not None and report.connector == connector.name else None


def _bare(connector: Connector, name: str, files: int, people: int) -> dict[str, Any]:
    """Return a document about a run without its file."""
    nothing = ("findings", "notes", "reread", "unmatched", "ambiguous", "set_aside", "changes")
    return {
        "connector": connector.name,
        "file": name,
        "format": "",
        **{key: [] for key in nothing},
        "rows": 0,
        "people": people,
        "properties": {},
        "import_files": files,
        "held": "",
        **NOTHING_SENT,
    }
