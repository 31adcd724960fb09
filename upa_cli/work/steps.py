"""The five steps of one person, for people and for `--json`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console

from upa_cli.shell.context import Cli
from upa_cli.shell.output import clean
from upa_core.domain.errors import UpaError
from upa_core.services.insight.five_steps import OnDemandStep, five_steps, scope_today


def steps_of(cli: Cli, person: str, *, resend: bool = False) -> list[OnDemandStep]:
    """Take the five steps for a person; nothing is sent."""
    return five_steps(cli.ports, cli.connector, cli.app.people_manager(cli.connector), person, resend=resend)


def steps_as_json(steps: Sequence[OnDemandStep]) -> list[dict[str, Any]]:
    """Return the steps for a JSON document."""
    return [asdict(step) for step in steps]


def today(cli: Cli, person: str) -> tuple[str | None, str]:
    """Return a person's name and whether they take part, from Entra now; None and "" where it doesn't answer."""
    try:
        return scope_today(cli.ports, cli.connector, person)
    except UpaError as exc:
        cli.note(f"Entra can't be asked ({exc})", "yellow")
        return None, ""


def render_steps(out: Console, steps: Sequence[OnDemandStep]) -> None:
    """Show the steps for people."""
    for number, step in enumerate(steps, 1):
        out.print(clean(f"{number}. {step.step}: {step.text}"), style="" if step.ok else "red")
        for name, value in step.details.items():
            if isinstance(value, dict) and set(value) == {"old", "new"}:
                old = "(unknown)" if value["old"] is None else value["old"] or "(empty)"
                out.print(clean(f"     {name}: {old} → {value['new'] or '(empty)'}"))
            elif value is not None:
                out.print(clean(f"     {name} = {value}"))
