"""The output of an import before it sends: the file's verdict, the people it reaches, old → new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from rich.console import Console

from upa_cli.once.plan import OncePlan
from upa_cli.once.reading import FileRead
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, table
from upa_cli.shell.render import changes_table
from upa_cli.work.source_view import render_verdict
from upa_core.domain.bulk.batch import begin
from upa_core.domain.bulk.rewritten import may_be_rewritten
from upa_core.domain.connector import Connector, Limits
from upa_core.domain.errors import UpaError
from upa_core.domain.plan.entry import Entry
from upa_core.domain.redaction import Redactor

SHOWN = 20
LISTED = 1000
"""Most entries of each kind with --json."""


@dataclass(frozen=True, slots=True)
class Look:
    """The part of a plan that is shown."""

    sample: tuple[Entry, ...]
    """The first people, with the present values of their profiles."""
    import_files: int
    held: str
    """Why the plan exceeds the change threshold, "" where it doesn't."""
    without_profile: int
    """People in the sample without a profile."""


def with_today(cli: Cli, connector: Connector, plan: OncePlan, most: int) -> tuple[tuple[Entry, ...], int]:
    """Return the first entries with the present values of their profiles, and how many of them have no profile.

    Raises `CommandError` for a property that profiles don't have.
    """
    profiles, absent = cli.app.people_manager(connector), 0
    sample: list[Entry] = []
    for entry in plan.entries[:most]:
        try:
            profile = profiles.properties(plan.names[entry.person])
        except UpaError as exc:
            cli.note(f"profiles can't be read now, so old values aren't shown ({exc})", "yellow")
            return (*sample, *plan.entries[len(sample) : most]), absent
        if profile is None:
            absent += 1
        else:
            _check_known(connector, profile)
        held = profile or {}
        sample.append(entry._replace(old={target: held.get(target, "") for target in entry.new}))
    return tuple(sample), absent


def _check_known(connector: Connector, profile: Mapping[str, str]) -> None:
    for target in connector.targets:
        if target not in profile:
            near = get_close_matches(target, profile, 1)
            meant = f"; did you mean {near[0]}?" if near else ""
            raise CommandError(f"profiles have no property {target}{meant}. Nothing was queued")


def files_needed(entries: Sequence[Entry], limits: Limits) -> int:
    """Return how many import files the entries need."""
    file, files = begin(limits), 0
    while entries:
        entries = entries[file.add(entries) :]
        files += 1
        file = begin(limits)
    return files


def document_of(name: str, read: FileRead, plan: OncePlan, look: Look, made: Connector) -> dict[str, Any]:
    """Return the document for `--json`, with everything known before anything is sent."""
    redactor = Redactor(made)
    columns = {one.target: one.inputs[0] for one in made.mappings}
    hidden = {columns[mapping.target] for mapping in made.mappings if mapping.redact}
    return {
        "connector": made.name,
        "file": name,
        "format": read.format,
        "findings": [asdict(finding) for finding in read.verdict.findings],
        "notes": list(read.notes),
        "rows": read.verdict.rows,
        "people": len(plan.entries),
        "properties": columns,
        "reread": [
            {"path": one.path, "written": one.written, "read": one.read}
            for one in read.changed[:LISTED]
            if not any(name in one.path for name in hidden)
        ],
        "unmatched": [{"line": line, "key": key} for line, key in plan.unmatched[:LISTED]],
        "ambiguous": [{"line": line, "key": key} for line, key in plan.ambiguous[:LISTED]],
        "set_aside": [{"line": line, "property": target, "why": why} for line, target, why in plan.set_aside[:LISTED]],
        "changes": [
            {"person": one.person, "user": plan.names[one.person], "changes": redactor.changes(one.old, one.new)}
            for one in look.sample
        ],
        "import_files": look.import_files,
        "held": look.held,
    }


def render_file(out: Console, name: str, read: FileRead) -> None:
    """Print the file contract's findings, and the values that are read in another form."""
    if read.verdict.findings:
        render_verdict(out, Path(name), read.contract, read.verdict)
    for note in read.notes:
        out.print(clean(note), style="yellow")


def render_plan(out: Console, name: str, read: FileRead, plan: OncePlan, look: Look, made: Connector) -> None:
    """Print the people it reaches and the changes. Six parameters: the parts of the page."""
    redactor = Redactor(made)
    secret = {one.inputs[0] for one in made.mappings if one.redact}
    if read.changed:
        changed = count(len(read.changed), "value is", "values are")
        out.print(f"{changed} read as something else than was written; this is what is sent:", style="yellow")
        rows = [
            (one.path, *(("***", "***") if _of(one.path, secret) else (one.written, _read_as(one.read))))
            for one in read.changed[:SHOWN]
        ]
        out.print(table(("value", "written", "read as"), rows))
    _render_rows(out, plan)
    values = f"{count(plan.pairs, 'value')} in {count(look.import_files, 'import file')}"
    out.print(clean(f"{name}: {count(len(plan.entries), 'person', 'people')} of {read.verdict.rows:,} rows, {values}."))
    if look.sample:
        out.print(changes_table(look.sample, plan.names, redactor))
        if len(plan.entries) > len(look.sample):
            out.print(f"These are the first {len(look.sample)} people.")
    if look.without_profile:
        out.print(f"{count(look.without_profile, 'of them has', 'of them have')} no profile yet.", style="yellow")
    rewritable = sorted({t for one in plan.entries for t, value in one.new.items() if may_be_rewritten(value)})
    if rewritable:
        note = f"{', '.join(rewritable)}: values look like date-times, and SharePoint's reader may write them in"
        out.print(clean(f"{note} another form (06/23/2026 04:05:06)."), style="yellow")
    if look.held:
        out.print(clean(f"This is over the change threshold: {look.held}."), style="yellow")


def _render_rows(out: Console, plan: OncePlan) -> None:
    for rows, why in (
        (plan.unmatched, "nobody in the directory has this key"),
        (plan.ambiguous, "several people may be meant: nobody gets the row"),
    ):
        if rows:
            shown = [(str(line), key, why) for line, key in rows[:SHOWN]]
            out.print(table(("line", "key", f"not sent ({len(rows):,})"), shown))
    if plan.set_aside:
        shown = [(str(line), target, why) for line, target, why in plan.set_aside[:SHOWN]]
        out.print(table(("line", "property", f"value not sent ({len(plan.set_aside):,})"), shown))
    if plan.empty:
        out.print(f"{count(plan.empty, 'row says', 'rows say')} nothing of the properties.")


def _of(path: str, names: set[str]) -> bool:
    return any(path.endswith((f".{name}", f"['{name}']")) for name in names)


def _read_as(text: str | None) -> str:
    return "(replaced by a later value of the same name)" if text is None else text
