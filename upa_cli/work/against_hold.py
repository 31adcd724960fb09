"""Compare the present plan with the held plan."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from upa_cli.shell.output import clean, count
from upa_core.services.insight.plan_view import compare
from upa_core.services.insight.preview import Preview

SHOWN = 10


def against_hold(found: Preview) -> dict[str, Any] | None:
    """Return whether the plan is the held one, or in whom they differ; None where none is held."""
    if found.held_plan is None:
        return None
    differ = compare(found.held_plan, found.people)
    table = found.held_plan.table
    return {
        "run": table.run,
        "plan": table.hash,
        "same": differ.complete and not differ.people,
        "differ": list(differ.people),
        "complete": differ.complete,
    }


def render_hold(out: Console, hold: dict[str, Any] | None, plan: str) -> None:
    """Print the comparison."""
    if hold is None:
        if plan:
            out.print(f"Plan {plan}.")
    elif hold["same"]:
        out.print(f"Plan {plan}: exactly the one that is held as run {hold['run']}.")
    else:
        people = hold["differ"]
        who = ", ".join(people[:SHOWN]) + (", …" if len(people) > SHOWN or not hold["complete"] else "")
        more = "" if hold["complete"] else "more than "
        sentence = f"Plan {plan or '(nothing)'} isn't the one that is held as run {hold['run']} ({hold['plan']})"
        out.print(clean(f"{sentence}; they differ in {more}{count(len(people), 'person', 'people')}: {who}"))
