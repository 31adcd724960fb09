"""Sentences and tables that several commands share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from upa_cli.shell.output import clean, count, duration, moment, shown, table
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.runs import Report
from upa_core.domain.next_step import Step
from upa_core.domain.plan.entry import Entry
from upa_core.domain.redaction import Redactor

RUN_WORDS = {
    "complete": "Run {run}: {exported} exported, {escrowed} in escrow, {files}, {took}.",
    "partly": "Run {run} reached only some: {exported} exported, {escrowed} in escrow, {files}, {took}. {escrow}",
    "reached nobody": "Run {run} reached nobody: {escrowed} in escrow, {files}, {took}. {escrow}",
    "no_change": "Run {run}: nothing differs for {people}; no file, no import job.",
    "rejected": "Run {run}: rejected. {why}",
    "failed": "Run {run} failed after {took}: {why}. Nothing is lost; it is tried again. Next: upa status",
}


RUN_STYLES = {"failed": "red", "partly": "yellow"}
"""Colours of a run's result."""


def report_line(report: Report) -> str:
    """Return the line about a run's result."""
    counts = report.counts
    nobody = report.outcome == "failed" and report.status == "success"
    return clean(
        RUN_WORDS["reached nobody" if nobody else report.outcome].format(
            run=report.run,
            exported=count(counts.exported, "person", "people"),
            escrowed=f"{counts.escrowed:,}",
            people=count(counts.people, "person", "people"),
            files=count(len(report.files), "import file"),
            took=duration((report.ended - report.started).total_seconds()),
            why=report.why or "-",
            escrow="Next: upa escrow list",
        )
    )


def step_line(outcome: str, step: Step, state: ConnectorState) -> str:
    """Return the line that says where a run stopped and what comes next."""
    match outcome:
        case "held" if state.hold is not None:
            run = state.hold.run.id
            return clean(
                f"Held: {state.hold.why}. Nothing was sent. "
                f"Next: upa hold show, then upa hold approve {run} or upa hold reject {run}"
            )
        case "staging":
            return "Staging mode: people were pulled, nothing was sent. Next: upa plan, then upa go"
        case "paused":
            return "Paused: people were pulled, nothing was sent. Next: upa resume"
        case "waiting" if step.file:
            return clean(f"The import job is at SharePoint ({step.why}). Next: upa status, or upa run to wait for it")
        case "waiting":
            at = f" Next try: {moment(step.at)}" if step.at is not None else ""
            return clean(f"Waiting: {step.why}.{at}")
        case _:
            return clean(f"Stopped: {step.why}")


def changes_table(entries: Sequence[Entry], names: dict[str, str], redactor: Redactor, title: str = "") -> Table:
    """Return a table of old → new, a line for each person and property."""
    rows = []
    for entry in entries:
        for at, (target, new) in enumerate(sorted(entry.new.items())):
            who = names.get(entry.person, entry.person) if at == 0 else ""
            old = redactor.value(target, entry.old.get(target))
            rows.append((who, target, shown(old), shown(redactor.value(target, new))))
    return table(("person", "property", "old", "new"), rows, title=title)


def entry_document(entry: Entry, names: Mapping[str, str], redactor: Redactor) -> dict[str, Any]:
    """Return a person's changes for `--json`; an old value of None is unknown."""
    return {
        "person": entry.person,
        "user": names.get(entry.person),
        "changes": {
            target: {"old": redactor.value(target, entry.old.get(target)), "new": redactor.value(target, new)}
            for target, new in sorted(entry.new.items())
        },
    }
