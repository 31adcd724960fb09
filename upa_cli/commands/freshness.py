"""`upa freshness`: how far profiles are behind the directory."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.output import clean, count, moment, table
from upa_cli.shell.registry import command
from upa_core.services.health.freshness import freshness as measure
from upa_core.services.health.freshness import freshness_json

WHERE = {
    "escrow": "in escrow",
    "run": "on its way",
    "held": "held",
    "failed_run": "run failed",
    "round": "not planned",
    "pull": "being read",
}


@command(
    "freshness",
    examples=["upa freshness", "upa freshness --json"],
    shape={
        "connector": "its name",
        "accepted": "share_percent of people, changes_7_days, p95_hours, oldest, waiting (where, since, why, people)",
        "read_back": "share_percent of people, equal, different, unreadable, oldest_read, newest_read",
        "objective": "share_percent, within_hours, kept_percent, late, missed, why; null where there is none",
    },
    exit_codes=(exits.OK, exits.CHANGES),
)
def freshness(cli: Cli) -> int:
    """Show how fresh profiles are: what SharePoint accepted, within how long, what waits, and what was read back.

    A change is one value of one person; its age counts from the round that first showed it. Only storage is asked.
    Exit code 2: the objective (`freshness:` in the connector file) is missed.
    """
    figures = measure(cli.ports, cli.connector)
    document = {"connector": cli.connector.name, **freshness_json(figures)}
    cli.show(document, lambda out: _render(out, document))
    return exits.CHANGES if figures.kept is not None and figures.kept.why else exits.OK


def _render(out: Console, one: dict[str, Any]) -> None:
    accepted, back, objective = one["accepted"], one["read_back"], one["objective"]
    out.print(clean(f"accepted      {accepted['says']}"))
    if accepted["counted_since"]:
        sentence = f"{count(accepted['changes_7_days'], 'change', 'changes')} accepted in 7 days"
        out.print(f"              {sentence}, counted since {_at(accepted['counted_since'])}")
    out.print(clean(f"read back     {back['says']}"))
    if objective is None:
        out.print("objective     none: `freshness: {share: 95%, within: 24h}` at the connector sets one")
    else:
        kept = f"{objective['kept_percent']:g} %" if objective["kept_percent"] is not None else "nothing to count yet"
        wanted = f"{objective['share_percent']:g} % within {objective['within_hours']:g} h"
        out.print(clean(f"objective     {wanted}: {objective['why'] or f'kept ({kept})'}"))
    if accepted["waiting"]:
        rows = [
            (_at(each["since"]), f"{each['age_hours']:g} h", WHERE[each["where"]], _whom(each), each["why"])
            for each in accepted["waiting"]
        ]
        out.print(table(("waits since", "age", "where", "who", "why"), rows))


def _whom(each: dict[str, Any]) -> str:
    if each["people"] is not None:
        return count(each["people"], "person", "people")
    return count(each["records"], "record", "records")


def _at(text: str) -> str:
    return moment(datetime.fromisoformat(text))
