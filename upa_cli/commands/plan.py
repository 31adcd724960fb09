"""`upa plan`: what an export made now would do, old → new, without doing it."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.table import Table

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, table
from upa_cli.shell.registry import command
from upa_cli.shell.render import changes_table, entry_document
from upa_cli.work.against_hold import against_hold, render_hold
from upa_cli.work.one_run import render_properties
from upa_cli.work.outcome import PLAN_SHAPE
from upa_cli.work.plan_csv import PlanCsv
from upa_cli.work.plan_files import PlanFiles
from upa_cli.work.users import names_of
from upa_core.domain.documents.codec import to_json
from upa_core.domain.gates import closed_gate
from upa_core.domain.plan.entry import Entry
from upa_core.domain.redaction import Redactor
from upa_core.services.insight.preview import Preview, preview
from upa_core.services.insight.proposed import Proposal, look_at_proposed
from upa_core.services.insight.run_view import by_property
from upa_core.services.insight.scope_view import ScopeView, WatchedSource
from upa_core.services.insight.source_costs import SourceCost, in_words, source_costs
from upa_core.state.document import state_of

SHOWN = 20
MAX_NAMES = 1000
"""Names that Graph is asked for; later people have an object id alone."""


@command(
    "plan",
    examples=[
        "upa plan",
        "upa plan --full",
        "upa plan --csv changes.csv",
        "upa plan --files would-send",
        "upa plan --json | jq .counts",
    ],
    shape=PLAN_SHAPE,
    exit_codes=(exits.OK, exits.CHANGES),
)
def plan(
    cli: Cli,
    *,
    full: Annotated[bool, typer.Option("--full", help="Read everybody, not only what changed.")] = False,
    source: Annotated[
        bool, typer.Option("--pull/--no-pull", help="Read Entra first; otherwise plan what was pulled already.")
    ] = True,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", help="Write every change, and who is out of scope, to a CSV file (-: output)."),
    ] = None,
    files: Annotated[
        Path | None, typer.Option("--files", help="Write the import files that would be sent into this folder.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, max=1_000_000, help="People listed with --json.")] = 1000,
) -> int:
    """Show what an export made now would change, old → new, and write nothing.

    Nothing is written to SharePoint or to storage, and the watermark doesn't move. It counts people in and out of
    scope and says why, predicts import files and their time, and tells whether the change threshold would hold the
    plan. "(unknown)" as the old value means that SharePoint never confirmed one: it is sent to make sure. Values of
    mappings marked `redact` show as ***.

    --files writes the import files byte for byte as a run would send them, with all values in clear text.

    Mappings with `state: proposed` are planned apart, for everybody; they neither count nor decide the exit code.

    A new connector, and one whose mappings or scope changed, does everything but export until `upa go`: look at the
    plan, try one person with `upa canary`, then go.
    """
    cli.store_nothing()
    ports, connector = cli.ports, cli.connector
    if csv is not None and cli.options.json and str(csv) == "-":
        raise CommandError("--csv - and --json both want standard output: name a file", exits.USAGE)
    view, redactor = ScopeView(), Redactor(connector)
    names_read: dict[str, str] = {}
    watched = WatchedSource(ports.source, names_read) if csv is not None else ports.source
    with (
        _csv(csv) as stream,
        TemporaryFile("w+", encoding="utf-8", errors="surrogatepass", newline="") as later,
        _working(cli),
    ):
        sink = PlanCsv(cli, stream, redactor, names_read, later) if stream is not None else None
        apart = replace(ports, source=watched)
        planned = PlanFiles(ports, connector, sink) if files is not None else sink
        watch = view if connector.scope.groups or connector.primary is not None else None
        found = preview(apart, connector, source=source, full=full, most=max(limit, SHOWN), sink=planned, view=watch)
        if sink is not None:
            sink.proposed()
        proposal = look_at_proposed(ports, connector, source=source, most=max(limit, SHOWN), sink=sink)
        if sink is not None:
            sink.close(view)
    written = planned.write(files) if files is not None and isinstance(planned, PlanFiles) else []
    if found.pulled in ("paused", "superseded"):
        raise CommandError(f"Entra couldn't be read to the end (the pull was {found.pulled}); try again", exits.LATER)
    most = limit if cli.options.json else SHOWN
    entries = sorted(found.entries, key=lambda entry: not entry.clears)
    sample, proposed = tuple(entries[:most]), proposal.entries[:most] if proposal is not None else ()
    names = names_of(cli, [entry.person for entry in (*sample, *proposed)][:MAX_NAMES])
    costs = source_costs(connector, state_of(ports.store, connector.name).load().value)
    document = {
        **_counted(cli, found),
        "scope": _scope(cli, found, view, limit),
        "people": [entry_document(entry, names, redactor) for entry in sample],
        "complete": found.complete and len(sample) == len(found.entries),
        "load": to_json(found.load) if found.load is not None else None,
        "unproven": ports.unproven(connector),
        "sources": [to_json(one) for one in costs],
        "proposed": _proposed(proposal, [entry_document(entry, names, redactor) for entry in proposed]),
    }
    if csv is None or str(csv) != "-":
        proposals = changes_table(proposed, names, redactor)
        cli.show(document, lambda out: _render(cli, out, found, document, sample, names, redactor, proposals))
    if written:
        cli.note(f"{count(len(written), 'import file')} with everybody's values in {files}: {', '.join(written)}")
    if csv is not None and str(csv) != "-":
        cli.note(f"every change, and everybody out of scope, is in {csv}")
    return exits.CHANGES if document["changes"] else exits.OK


def _counted(cli: Cli, found: Preview) -> dict[str, Any]:
    return {
        "connector": cli.connector.name,
        "changes": found.import_jobs > 0 or found.load is not None,
        "mode": _mode(cli),
        "counts": to_json(found.counts),
        "plan": found.people.table.hash,
        "properties": by_property(found.people.table),
        "hold": against_hold(found),
        "held": found.held,
        "rewritable": list(found.rewritable),
        "import_jobs": found.import_jobs,
        "hours": _hours(found.import_jobs),
    }


def _scope(cli: Cli, found: Preview, view: ScopeView, limit: int) -> dict[str, Any]:
    entering, leaving = view.moved(cli.ports, cli.connector)
    return {
        "nobody": 0 < found.counts.people == found.counts.out_of_scope,
        "out": dict(view.reasons()),
        "enter": entering[:1000],
        "leave": leaving[:1000],
        "people": dict(islice(view.outside.items(), limit)),
    }


def _csv(place: Path | None) -> Any:
    if place is None:
        return nullcontext(None)
    if str(place) == "-":
        return nullcontext[TextIO](sys.stdout)
    try:
        return place.open("w", encoding="utf-8-sig", newline="")
    except OSError as exc:
        raise CommandError(f"{place} can't be written ({exc.strerror}): name another file", exits.USAGE) from exc


def _working(cli: Cli) -> Any:
    if cli.options.json or not cli.err.is_terminal:
        return nullcontext()
    return cli.err.status("planning…", spinner="dots")


def _mode(cli: Cli) -> str:
    state = state_of(cli.ports.store, cli.connector.name).load().value
    gate = closed_gate(cli.connector, state, cli.ports.clock.now())
    return "live" if gate is None or gate.name == "retry" else gate.name


def _hours(jobs: int) -> list[float]:
    """Return how long import jobs take, one after another: reports name minutes to 2.5 hours for each."""
    return [round(jobs * 0.25, 2), round(jobs * timedelta(hours=2.5).total_seconds() / 3600, 1)]


def _render(
    cli: Cli,
    out: Console,
    found: Preview,
    document: dict[str, Any],
    sample: tuple[Entry, ...],
    names: dict[str, str],
    redactor: Redactor,
    proposals: Table,
) -> None:
    """Show the plan. Eight parameters: everything that the screen shows."""
    counts, name = found.counts, cli.connector.name
    if not document["changes"]:
        out.print(f"Plan of {name}: nothing would change for {count(counts.people, 'person', 'people')}.")
    else:
        out.print(
            f"Plan of {name}: {counts.updated:,} people with values to set, {counts.cleared:,} with values to clear, "
            f"{count(counts.pairs, 'value')} in {count(found.import_jobs, 'import file')}."
        )
        render_properties(out, document["properties"])
        out.print(changes_table(sample, names, redactor))
        more = counts.updated + counts.cleared > len(sample) and len(found.entries) > len(sample)
        if more or not found.complete:
            out.print(f"These are the first {len(sample)} people; all of them: upa plan --csv changes.csv")
    if found.rewritable:
        note = f"{', '.join(found.rewritable)}: values look like date-times, and SharePoint's reader may write them in"
        out.print(clean(f"{note} another form (06/23/2026 04:05:06). See upa config check."), style="yellow")
    rows = [
        (label, f"{getattr(counts, field):,}")
        for label, field in (
            ("people read", "people"),
            ("unchanged", "unchanged"),
            ("out of scope", "out_of_scope"),
            ("set aside: a value doesn't fit its mapping", "invalid"),
            ("values that bulk import can't clear", "clear_unsupported"),
            ("values rejected earlier", "declined"),
            ("people who left the directory", "ended"),
        )
        if getattr(counts, field) or field in ("people", "unchanged")
    ]
    out.print(table(("", "people"), rows, right=("people",)))
    _render_scope(cli, out, document["scope"])
    if found.import_jobs:
        least, most = document["hours"]
        jobs = count(found.import_jobs, "import job")
        out.print(f"SharePoint will take about {least:g} to {most:g} hours for {jobs}.")
    if found.load is not None:
        waits = "What takes more than two hours waits for the budget and is planned anew."
        out.print(f"Single writes: {found.load}. {waits}")
    for cost in document["sources"]:
        out.print(clean(f"{in_words(SourceCost(**cost))}."))
    for target, why in document["unproven"].items():
        out.print(clean(f"{target} isn't planned: {why}."), style="yellow")
    if found.held:
        out.print(f"The change threshold would hold it: {found.held}. It then waits for upa hold approve.")
    _render_proposed(out, document["proposed"], proposals)
    render_hold(out, document["hold"], document["plan"])
    out.print(_next(document["mode"], changes=document["changes"]))


def _proposed(proposal: Proposal | None, people: list[dict[str, Any]]) -> dict[str, Any]:
    if proposal is None:
        return {"properties": [], "counts": {}, "people": [], "problem": ""}
    counts = to_json(proposal.counts)
    return {"properties": list(proposal.properties), "counts": counts, "people": people, "problem": proposal.problem}


def _render_proposed(out: Console, proposed: dict[str, Any], proposals: Table) -> None:
    if not proposed["properties"]:
        return
    names, counts = ", ".join(proposed["properties"]), proposed["counts"]
    if proposed["problem"]:
        out.print(clean(f"Proposed ({names}): {proposed['problem']}"), style="yellow")
        return
    note = f"{counts['updated']:,} people with values to set, {counts['cleared']:,} with values to clear"
    bad = f", {counts['invalid']:,} with a value that doesn't fit" if counts["invalid"] else ""
    out.print(f"Proposed ({names}): {note}{bad}. Not sent until you remove `state: proposed`.")
    if proposed["people"]:
        out.print(proposals)


def _render_scope(cli: Cli, out: Console, scope: dict[str, Any]) -> None:
    if scope["nobody"]:
        out.print("Nobody is in scope: none of the people read meets it. Letter case counts in EQUALS.", style="yellow")
    if scope["out"]:
        rows = [(why, f"{people:,}") for why, people in list(scope["out"].items())[:SHOWN]]
        out.print(table(("out of scope because", "people"), rows, right=("people",)))
    if scope["enter"] and scope["out"]:
        out.print(
            f"{count(len(scope['enter']), 'person enters', 'people enter')} the scope (nothing sent for them yet)."
        )
    if scope["leave"]:
        fate = "their values are cleared" if cli.connector.scope.out_of_scope == "clear" else "they keep their values"
        out.print(f"{count(len(scope['leave']), 'person leaves', 'people leave')} the scope: {fate}.")


def _next(mode: str, *, changes: bool) -> str:
    match mode:
        case "staging":
            return "Staging mode: nothing is sent until you say so. Next: upa canary USER, then upa go"
        case "off":
            return "Switched off by quarantine: nothing is pulled or sent. Next: upa doctor, then upa resume"
        case "held":
            return "An earlier plan is held and comes first. Next: upa hold show"
        case "paused":
            return "Paused: nothing is sent. Next: upa resume"
        case _:
            return "Nothing was written. Next: upa run" if changes else "Nothing was written."
