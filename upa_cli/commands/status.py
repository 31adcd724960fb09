"""`upa status`: shows the state of each connector."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.output import clean, moment
from upa_cli.shell.registry import command
from upa_core.http_api.status import statuses

_EXIT = {"held": exits.CHANGES, "stalled": exits.FAILED, "degraded": exits.FAILED, "quarantined": exits.FAILED}


@command(
    "status",
    examples=["upa status", "upa status --connector people --json"],
    shape={"connectors": "the status document of each connector, as GET /api/status answers it"},
    exit_codes=(exits.OK, exits.CHANGES, exits.FAILED),
)
def status(cli: Cli) -> int:
    """Show the state of each connector, since when, why, and what to do.

    Healthy, starting, staging, paused: 0. Held: 2. Degraded, stalled, quarantined: 1. Only storage is asked, so it
    works while Graph or SharePoint don't.
    """
    documents = statuses({connector.name: (connector, cli.app.ports(connector)) for connector in cli.connectors})

    def render(out: Console) -> None:
        for at, one in enumerate(documents):
            if at:
                out.print()
            _render_status(out, one)

    cli.show({"connectors": documents}, render)
    codes = [_EXIT.get(one["state"], exits.OK) for one in documents]
    return exits.FAILED if exits.FAILED in codes else max(codes, default=exits.OK)


def _render_status(out: Console, one: dict[str, Any]) -> None:
    since = f" since {_at(one['since'])}" if one["since"] else ""
    why = f": {one['reason']}" if one["reason"] else ""
    out.print(clean(f"{one['connector']} is {one['state']}{since}{why}"), style="bold")
    if one["what_to_do"]:
        out.print(clean(f"  what to do    {one['what_to_do']}"))
    out.print(f"  last pull     {_at(one['last_pull'])}")
    out.print(f"  last success  {_at(one['last_success'])}")
    last = one["last_run"]
    if last is not None:
        counts = last["counts"]
        out.print(
            f"  last run      {last['run']}: {last['status']}, {counts['exported']:,} exported, "
            f"{counts['escrowed']:,} escrowed, {counts['unchanged']:,} unchanged"
        )
    out.print(f"  people        {one['people']['known']:,} known; {one['waiting_rounds']} round(s) waiting")
    for each in one["sources"]:
        sentence = (
            f"waits ({', '.join(each['held'])})" if each["held"] else "late" if each["late"] else each["why"] or "fine"
        )
        last_file = f"{each['file'] or 'nothing'} of {each['rows']:,} rows"
        out.print(clean(f"  source {each['name']:<7}{last_file}, {each['unmatched']:,} unmatched; {sentence}"))
    job = one["current_job"]
    if job is not None:
        ids = ", ".join(job["ids"]) or "not named yet"
        out.print(clean(f"  import job    {ids} of {job['connector']}, {job['phase']}, {job['age_h']} h"))
    quarantine = one["quarantine"]
    if quarantine is not None:
        off = (
            f"since {_at(quarantine['off_since'])}"
            if quarantine["off_since"]
            else f"after {_at(quarantine['off_after'])}"
        )
        out.print(f"  quarantine    since {_at(quarantine['since'])}; {_probe(quarantine)}; switched off {off}")
    escrow = one["escrow"]
    if escrow["total"]:
        reasons = ", ".join(f"{n} {reason}" for reason, n in escrow["by_reason"].items())
        out.print(clean(f"  escrow        {reasons}; next try {_at(escrow['next_due'])}. See upa escrow list"))
    for refused in one["refused_properties"]:
        why = f"refused for everybody since {_at(refused['since'])}: it isn't sent, and nobody waits for it"
        out.print(clean(f"  property      {refused['property']}: {why}"))
    drift = one["drift"]
    if drift["background"] or drift["campaign"]:
        found = f"; {drift['different']:,} differ: see upa drift" if drift["different"] else ""
        out.print(clean(f"  profiles      {drift['says']}{found}"))
    fresh = one["freshness"]
    if fresh["accepted"]["waiting"] or fresh["objective"]:
        out.print(clean(f"  freshness     {fresh['accepted']['says']}"))
    if (objective := fresh["objective"]) and objective["missed"]:
        out.print(clean(f"  objective     missed: {objective['why']}. See upa freshness"))
    out.print(f"  import jobs   {one['jobs_today']} of {one['jobs_per_day']} today, {one['jobs_total']} ever")
    if not one["config_applied"] and one["last_pull"]:
        out.print("  configuration changed since the last full round: the next round reads everybody")


def _probe(quarantine: dict[str, Any]) -> str:
    if quarantine["next_probe"]:
        return f"next try {_at(quarantine['next_probe'])}"
    return "waits for a decision about the hold" if quarantine["probe"] == "decision" else "no try by itself"


def _at(text: str | None) -> str:
    return moment(datetime.fromisoformat(text)) if text else "-"
