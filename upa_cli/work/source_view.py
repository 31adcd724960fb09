"""The output of `upa source`: a file's verdict, and the difference of two files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, moment, table
from upa_core.domain.documents.codec import to_json
from upa_core.domain.documents.sources import SourceState
from upa_core.domain.health.source_standing import standing_of
from upa_core.domain.sources.contract import Contract
from upa_core.domain.sources.file_difference import Difference
from upa_core.domain.sources.findings import Finding, Verdict
from upa_core.domain.sources.joined.secondary import MEMBER, Secondary
from upa_core.domain.sources.keys import SEPARATOR
from upa_core.services.health.notify import notification_log_of
from upa_core.services.insight.source_costs import SourceCost, in_words, source_costs
from upa_core.state.document import state_of

_STYLES = {"refused": "red", "held": "yellow", "set_aside": "yellow", "note": ""}
_WORDS = {"refused": "REFUSED", "held": "HELD", "set_aside": "set aside", "note": "note"}


def verdict_document(file: Path, contract: Contract, verdict: Verdict) -> dict[str, Any]:
    """Return the verdict for `--json`."""
    return {
        "file": str(file),
        "status": verdict.status,
        "holds": list(verdict.holds),
        "findings": [asdict(finding) for finding in verdict.findings],
        "format": contract.format,
        "encoding": verdict.encoding,
        "delimiter": verdict.delimiter,
        "key": [part.column for part in contract.keys],
        "rows": verdict.rows,
        "people": verdict.people,
        "blank": verdict.blank,
        "repeated": verdict.repeated,
        "set_aside": verdict.set_aside,
        "columns": [{"name": name, "filled": share} for name, share in verdict.shares.items()],
    }


def render_verdict(out: Console, file: Path, contract: Contract, verdict: Verdict) -> None:
    """Print the verdict for people."""
    for finding in verdict.findings:
        out.print(clean(_line(file, finding)), style=_STYLES[finding.effect])
        if finding.remedy:
            out.print(clean(f"    {finding.remedy}"))
        if finding.more:
            out.print(f"    and {finding.more:,} more of this kind")
    if verdict.status != "refused" and verdict.shares:
        rows = [(name, f"{share:.0f} %") for name, share in verdict.shares.items()]
        out.print(table(("column", "filled"), rows, right=("filled",)))
    named = contract.header == MEMBER
    key = " and ".join(part.to if named else part.column for part in contract.keys)
    divided = {"": "", "\t": ", divided by tabs"}.get(verdict.delimiter, f", divided by {verdict.delimiter}")
    delimiter = "" if named else divided
    people = count(verdict.people, "person", "people")
    summary = f"{count(verdict.rows, 'row')}, {people} by {key}; {verdict.encoding}{delimiter}"
    end = {
        "accepted": f"{file} would be accepted: {summary}",
        "held": f"{file} would be held ({', '.join(verdict.holds)}): {summary}",
        "refused": f"{file} would be refused; the rows accepted last would stay",
    }
    out.print(clean(end[verdict.status]))


def _line(file: Path, finding: Finding) -> str:
    where = f"{file}:{finding.line}" if finding.line else str(file)
    cell = f"{finding.cell}: " if finding.cell else ""
    return f"{where}: {_WORDS[finding.effect]}: {cell}{finding.message}"


def shown_key(key: str) -> str:
    """Return a key of several columns for people."""
    return key.replace(SEPARATOR, " + ")


def render_difference(out: Console, found: Difference) -> None:
    """Print what differs for people."""
    if found.none:
        out.print("The files say the same of everybody.")
        return
    for many, word in ((found.came, "new"), (found.missing, "no longer named")):
        if many:
            shown = ", ".join(map(shown_key, many[:10])) + (", …" if len(many) > 10 else "")
            out.print(clean(f"{count(len(many), 'person', 'people')} {word}: {shown}"))
    if found.changed:
        rows = [(name, f"{times:,}", f"{found.emptied[name]:,}") for name, times in found.by_column.most_common()]
        out.print(f"{count(found.changed, 'person', 'people')} with another value")
        out.print(table(("column", "changed", "emptied"), rows, right=("changed", "emptied")))
    if found.samples:
        values = [(shown_key(one.key), one.column, one.old or "(empty)", one.new or "(empty)") for one in found.samples]
        out.print(table(("key", "column", "old", "new"), values))


SOURCE_COLUMNS = (
    *("name", "file", "rows", "snapshots", "delivered", "accepted", "asked", "next_expected", "late"),
    *("missed", "people", "waiting", "missing", "held", "why", "calls_a_day", "cost", "storage_calls"),
)
"""The keys of a source's document."""


def source_documents(cli: Cli) -> list[dict[str, Any]]:
    """Return the state of each source and its cost: moments for people, or for `--json`."""
    state = state_of(cli.ports.store, cli.connector.name).load().value
    costs = zip(cli.connector.secondaries, source_costs(cli.connector, state), strict=True)
    return [_document(cli, one, state.source(one.name), cost) for one, cost in costs]


def _document(cli: Cli, one: Secondary, state: SourceState, cost: SourceCost) -> dict[str, Any]:
    since = notification_log_of(cli.ports, cli.connector).load().value.first_seen
    standing = standing_of(one, state, cli.ports.clock.now(), since=since)
    return {
        "name": one.name,
        "file": standing.file,
        "rows": standing.rows,
        "snapshots": state.snapshots,
        "delivered": _when(cli, standing.delivered),
        "accepted": _when(cli, standing.accepted),
        "asked": _when(cli, standing.asked),
        "next_expected": _when(cli, standing.next_expected),
        "late": standing.late,
        "missed": standing.missed,
        "people": standing.people,
        "waiting": standing.unmatched,
        "missing": standing.missing,
        "held": list(standing.held),
        "why": standing.why,
        "calls_a_day": cost.calls_a_day,
        "cost": cost.cost,
        "storage_calls": cost.storage_calls,
    }


def named(cli: Cli, name: str) -> str:
    """Return a source's name; raises `CommandError` where the connector has none of that name."""
    known = [one.name for one in cli.connector.secondaries]
    if name not in known:
        there = f"there are: {', '.join(known)}" if known else "there is none"
        raise CommandError(f"no source named {clean(name)[:60]!r}; {there}", exits.USAGE)
    return name


def noun_of(cli: Cli, one: Secondary) -> str:
    """Return a source's name with its kind, for a sentence about what it offers."""
    if one.kind != "rows":
        return f"the change of {'the group' if one.kind == 'group' else 'the managers'} {one.name}"
    declared = cli.app.config.rows.get(cli.connector.name, {}).get(one.name)
    if declared is not None and declared.query is not None:
        return f"the answer to the query of {one.name}"
    names = declared is not None and declared.contract.header == MEMBER
    return f"the file of {'names ' if names else ''}{one.name}"


def condition(row: Mapping[str, Any]) -> str:
    """Return the state of a source in a word or two."""
    if row["held"]:
        return f"held: {', '.join(row['held'])}"
    if row["missed"] > 1:
        return f"late, {row['missed']} times in a row"
    return "late" if row["late"] else "in trouble" if row["why"] else "fine"


def render_sources(out: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the state of each source for people."""
    if not rows:
        out.print("No other source is joined to the directory.")
        return
    headings = ("source", "last file", "accepted", "rows", "people", "waiting", "missing", "next expected", "state")
    shown = [
        (
            row["name"],
            row["file"] or "-",
            row["accepted"] or "-",
            f"{row['rows']:,}",
            f"{row['people']:,}",
            f"{row['waiting']:,}",
            f"{row['missing']:,}",
            row["next_expected"] or "-",
            condition(row),
        )
        for row in rows
    ]
    out.print(table(headings, shown, right=("rows", "people", "waiting", "missing")))
    for row in rows:
        out.print(clean(in_words(SourceCost(**{key: row[key] for key in SourceCost.__slots__}))))
        if row["why"]:
            out.print(clean(f"{row['name']}: {row['why']}"), style="yellow")
        if row["held"]:
            out.print(clean(f"Next: upa source approve {row['name']}"))


def _when(cli: Cli, when: datetime | None) -> Any:
    return to_json(when) if cli.options.json else moment(when)
