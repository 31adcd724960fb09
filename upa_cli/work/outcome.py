"""A run's result, and the state after a control: several commands print them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.render import RUN_STYLES, report_line, step_line
from upa_cli.work.runner import RunResult
from upa_core.domain.documents.codec import to_json
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.gates import closed_gate
from upa_core.services.admin.declined import declined_of
from upa_core.state.document import state_of
from upa_core.state.reports import report_json

PLAN_SHAPE = {
    "connector": "its name",
    "changes": "true where an export made now would send something",
    "mode": "staging, held, paused, off or live: whether an export would go out",
    "counts": "people seen, unchanged, updated, cleared, out_of_scope, invalid, clear_unsupported, …",
    "plan": "its hash: the same for the same changes of the same people",
    "properties": "property → people by kind: cleared, changed, set, escrowed, declined; clears first",
    "hold": "the plan that is held meanwhile: run, plan, same, differ (object ids), complete; null where none is",
    "held": "why the plan would be held by the change threshold, empty where it wouldn't",
    "rewritable": "properties with a value that SharePoint's reader may take for a date and write in another form",
    "import_jobs": "import files, and so import jobs, that it would take",
    "hours": "how long SharePoint usually takes for them: least and most",
    "scope": "nobody: true where no person read is in scope; out: people by unmet condition; "
    "people: who is out and why; enter, leave: object ids (1,000 each)",
    "people": "person, user, and changes: property → {old, new}; old null is unknown",
    "complete": "false where --limit cut the list of people",
    "load": "what single writes cost: people, calls, per_window (5 minutes), ends; null where there are none",
    "unproven": "property with route: individual that isn't planned → why, and what to run",
    "sources": "what each joined source costs: name, rows (read where anything changed), calls_a_day (at Graph where "
    "nothing changes), cost (in words), storage_calls (at most, for a delivery in which few rows changed)",
    "proposed": "what proposed mappings would change: properties, counts, people, problem; never sent",
}
RUN_SHAPE = {
    "connector": "its name",
    "outcome": "complete, partly, failed, no_change, held, staging, paused or waiting",
    "pull": "how the source was read: status, round, kind, pages, rows, why",
    "runs": "reports of the export runs that ended: counts, files, status, why",
    "step": "where it stopped: kind, why, at",
    "declined": "person asked for → properties that an administrator rejected, which aren't sent",
}


def show_run(
    cli: Cli, result: RunResult, extra: Mapping[str, Any] | None = None, *, persons: Sequence[str] = ()
) -> int:
    """Print a run's result, with further keys for the JSON document; return the exit code.

    Of `persons`, who were asked for, it names those whose declined values weren't sent.
    """
    declined = declined_of(cli.ports, cli.connector, persons)
    state = state_of(cli.ports.store, cli.connector.name).load().value
    outcome, code = _outcome(cli, result, state)
    document: dict[str, Any] = {
        "connector": cli.connector.name,
        "outcome": outcome,
        "pull": asdict(result.pulled) | {"resume": to_json(result.pulled.resume)},
        "runs": [report_json(report) for report in result.reports],
        "step": {"kind": result.last.kind, "why": result.last.why, "at": to_json(result.last.at)},
        "declined": {person: sorted(values) for person, values in declined.items()},
        **(extra or {}),
    }

    def render(out: Console) -> None:
        for report in result.reports:
            out.print(report_line(report), style=RUN_STYLES.get(report.outcome, ""))
        if outcome == "no_change" and not result.reports:
            out.print("Nothing changed: no file, no import job.")
        for person, values in declined.items():
            text = f"Not sent: {', '.join(sorted(values))} of {person}, rejected by an administrator."
            out.print(f"{text} Next: upa declined lift {person}", style="yellow")
        if outcome not in ("complete", "partly", "no_change") and not (outcome == "failed" and result.reports):
            out.print(step_line(outcome, result.last, state))

    cli.show(document, render)
    return code


def _outcome(cli: Cli, result: RunResult, state: ConnectorState) -> tuple[str, int]:
    if result.failed:
        return "failed", exits.FAILED
    gate = closed_gate(cli.connector, state, cli.ports.clock.now())
    if gate is not None and gate.name in ("paused", "held", "staging"):
        return gate.name, exits.CHANGES
    if result.pulled.status in ("paused", "superseded") and not result.reports:
        return "waiting", exits.LATER
    if result.last.kind == "poll":
        return "waiting", exits.OK if result.last.file else exits.LATER
    if any(report.outcome == "partly" for report in result.reports):
        return "partly", exits.CHANGES
    sent = any(report.outcome == "complete" and report.files for report in result.reports)
    return ("complete" if sent else "no_change"), exits.OK


CONTROL_SHAPE = {"connector": "its name", "done": "what was done", "state": "the status that follows"}


def show_control(cli: Cli, done: str, text: str) -> int:
    """Print that a control took effect."""
    from upa_core.services.health.status import status  # only controls show the status

    document = {
        "connector": cli.connector.name,
        "done": done,
        "state": status(cli.ports, cli.connector)["state"],
    }
    cli.show(document, lambda out: out.print(text))
    return exits.OK
