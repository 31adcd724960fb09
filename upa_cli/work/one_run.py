"""One run: its timeline, its counts, and its people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, duration, shown, table
from upa_cli.work.users import names_of
from upa_core.domain.documents.ids import is_run_id
from upa_core.services.insight.people_rows import people_json, write_csv
from upa_core.services.insight.run_people import Page, RunPeopleView, RunPerson, Wanted
from upa_core.services.insight.run_view import run_json, view_run
from upa_core.state.run_people.reader import open_run

KIND_WORDS = ("cleared", "changed", "set", "escrowed", "declined")


def show_one_run(cli: Cli, run: str, wanted: Wanted, *, csv: Path | None, after: str, limit: int) -> int:
    """Print a run and a page of its people, or write all of them as CSV.

    Six parameters: what is asked for, and how much of it.
    """
    if not is_run_id(run):
        raise CommandError(f"{clean(run)[:60]!r} isn't a run id; they look like 20261122T101500Z-7f3k", exits.USAGE)
    found = view_run(cli.ports, cli.connector, run)
    if found is None:
        raise CommandError(f"{cli.connector.name} knows no run {run}: it never existed, or its retention has passed")
    reader = open_run(cli.ports.store, found.run) if found.people is not None else None
    view = RunPeopleView(reader, cli.connector) if reader is not None else None
    page = view.page(wanted, after=after, limit=limit) if view is not None else Page([], "")
    names = names_of(cli, [one.person for one in page.people])
    document_of_run = run_json(found, cli.ports.clock.now())
    document = {
        "connector": cli.connector.name,
        "run": document_of_run,
        "people": people_json(page.people, names),
        "after": page.after,
    }
    cli.show(document, lambda out: _render(out, document_of_run, page, names))
    if csv is not None:
        people = write_people(cli, view, wanted, csv) if view is not None else 0
        cli.note(f"{count(people, 'person', 'people')} in {csv}")
    return exits.OK


def write_people(cli: Cli, view: RunPeopleView, wanted: Wanted, place: Path) -> int:
    """Write everybody asked for as CSV; return how many. Raises `CommandError` where it can't be written."""
    try:
        with place.open("w", encoding="utf-8-sig", newline="") as stream:
            return write_csv(view.everybody(wanted), lambda ids: names_of(cli, ids), stream)
    except OSError as exc:
        raise CommandError(f"{place} can't be written ({exc.strerror}): name another file", exits.USAGE) from exc


def _render(out: Console, run: dict[str, Any], page: Page, names: dict[str, str]) -> None:
    why = f": {run['why']}" if run["why"] else ""
    out.print(clean(f"Run {run['run']}: {run['status']}{why}"), style="bold")
    for one in run["timeline"]:
        at = f"{one['at'][:16].replace('T', ' ')} UTC" if one["at"] else "not yet"
        age = f"  ({duration(one['age_h'] * 3600)} ago)" if one["age_h"] is not None else ""
        detail = f"  {one['detail']}" if one["detail"] else ""
        out.print(clean(f"  {at:<20} {one['what']}{detail}{age}"))
    if run["plan"]:
        out.print(f"Plan {run['plan']}: {run['people']:,} people; {run['unchanged']:,} are unchanged.")
    render_properties(out, run["properties"])
    for cause in run["causes"]:
        detail = f" ({cause['detail']})" if cause["detail"] else ""
        who = count(cause["people"], "person", "people")
        out.print(clean(f"{cause['result']}: {cause['property']}: {cause['reason']}{detail}, {who}"))
    if run["people"] is None:
        out.print("No people of this run are kept: nothing was planned, or an earlier release planned it.")
    else:
        render_people(out, page.people, names)
        if page.after:
            out.print(f"There are more: --after {page.after}; all of them: --csv run.csv")


def render_properties(out: Console, properties: dict[str, dict[str, int]]) -> None:
    """Print counts by property and kind, clears first."""
    used = [word for word in KIND_WORDS if any(of.get(word) for of in properties.values())]
    rows = [(name, *(f"{of.get(word, 0):,}" for word in used)) for name, of in properties.items()]
    if rows:
        out.print(table(("property", *used), rows, right=used))


def render_people(out: Console, people: Sequence[RunPerson], names: dict[str, str]) -> None:
    """Print old → new and the result, a line for each person and property."""
    rows = []
    for one in people:
        for at, value in enumerate(one.values):
            why = value.result.why + (f" ({value.result.detail})" if value.result.detail else "")
            who = names.get(one.person, one.person) if at == 0 else ""
            new = "(not a value)" if value.new is None else shown(value.new)
            rows.append((who, value.property, shown(value.old), new, value.result.word, why))
    if rows:
        out.print(table(("person", "property", "old", "new", "result", "why"), rows))
