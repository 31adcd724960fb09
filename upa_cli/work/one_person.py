"""What the pipeline would do for one person, in the five steps of Entra's provisioning on demand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from upa_cli.shell.context import Cli
from upa_cli.shell.output import Redactor, clean, count
from upa_cli.work.users import read_user
from upa_core.domain.connector import Connector
from upa_core.domain.errors import FatalError, UpaError
from upa_core.domain.people.changes import compile_projection
from upa_core.domain.people.mapping import Problem, compile_mapping
from upa_core.domain.people.scope import compile_scope_reasons
from upa_core.services.insight.one_person import plan_person

Step = dict[str, Any]


def five_steps(cli: Cli, person: str) -> list[Step]:
    """Return connect, import, scope, match and action; a step that fails is the last."""
    connector = cli.connector
    redactor = Redactor(connector)
    try:
        record = read_user(cli, person)
    except UpaError as exc:
        return [_step("connect", f"Graph can't be asked: {exc}", ok=False)]
    steps = [_step("connect", f"signed in to {connector.source.cloud.graph}")]
    if record is None:
        return [*steps, _step("import", "the directory knows no such user", ok=False)]
    row = compile_projection(connector.inputs)(record)
    values = dict(zip(connector.inputs, row[2:], strict=True))
    shown = {path: redactor.source(path, value) for path, value in values.items()}
    steps.append(_step("import", f"read {record.get('userPrincipalName')} from Entra", shown))
    outside = out_of_scope(connector, row[2:])
    steps.append(_step("scope", outside or "in scope", ok=not outside))
    if outside:
        return steps
    steps.append(_match(cli, str(record.get("userPrincipalName") or ""), person))
    if steps[-1]["ok"]:
        steps.append(_action(cli, person, record, redactor))
    return steps


def out_of_scope(connector: Connector, values: Sequence[object]) -> str:
    """Tell why a person with these values of the connector's inputs takes no part, "" where they do."""
    unmet = [str(clause) for clause in compile_scope_reasons(connector.scope, connector.inputs)(values)]
    fate = "values are cleared" if connector.scope.out_of_scope == "clear" else "values stay as they are"
    return f"out of scope: not {', and not '.join(unmet)}; {fate}" if unmet else ""


def today(cli: Cli, person: str) -> tuple[str | None, str]:
    """Return a person's name and whether they take part, as Entra has them now; None, "" where it can't be asked."""
    try:
        record = read_user(cli, person)
    except UpaError as exc:
        cli.note(f"Entra can't be asked ({exc})", "yellow")
        return None, ""
    if record is None:
        return None, "not in Entra"
    values = compile_projection(cli.connector.inputs)(record)[2:]
    return record.get("userPrincipalName"), out_of_scope(cli.connector, values) or "in scope"


def _match(cli: Cli, name: str, person: str) -> Step:
    """Look for the profile; the import job matches by CloudId, so another profile of that name tells nothing."""
    try:
        profile = cli.app.people_manager(cli.connector).properties(name)
    except UpaError as exc:
        return _step("match", f"the profile can't be read ({exc}); the import job matches by CloudId {person}")
    if profile is None:
        return _step("match", "SharePoint has no profile yet: the import job will put them into escrow, and retry")
    return _step("match", f"profile found; the import job matches it by CloudId {person}")


def _action(cli: Cli, person: str, record: dict[str, Any], redactor: Redactor) -> Step:
    connector = cli.connector
    try:
        plan = plan_person(cli.ports, connector, person, record)
    except FatalError as exc:
        return _step("action", str(exc), ok=False)
    old, new = (plan.entry.old, plan.entry.new) if plan.entry is not None else ({}, {})
    details = {
        target: {"old": redactor.value(target, old.get(target)), "new": redactor.value(target, value)}
        for target, value in sorted(new.items())
    }
    text = f"update {len(details)} of {len(connector.active)} properties" if details else "nothing differs"
    if plan.set_aside:
        text = "set aside: nothing is sent before the value is corrected"
    if plan.declined:
        text += f"; {count(plan.declined, 'value')} rejected by an administrator"
    row = compile_projection(connector.inputs)(record)[2:]
    judged = ((mapping, compile_mapping(mapping, connector.inputs)(row)) for mapping in connector.active)
    problems = [
        f"{mapping.target}: {found.reason} ({found.kind}, on_invalid: {found.policy})"
        for mapping, found in judged
        if isinstance(found, Problem)
    ]
    return _step("action", "; ".join((text, *problems)), details)


def _step(name: str, text: str, details: dict[str, Any] | None = None, *, ok: bool = True) -> Step:
    return {"step": name, "ok": ok, "text": text, "details": details or {}}


def render_steps(out: Console, steps: list[Step]) -> None:
    """Show the steps for people."""
    for number, step in enumerate(steps, 1):
        out.print(clean(f"{number}. {step['step']}: {step['text']}"), style="" if step["ok"] else "red")
        for name, value in step["details"].items():
            if isinstance(value, dict) and set(value) == {"old", "new"}:
                old = "(unknown)" if value["old"] is None else value["old"] or "(empty)"
                out.print(clean(f"     {name}: {old} → {value['new'] or '(empty)'}"))
            elif value is not None:
                out.print(clean(f"     {name} = {value}"))
