"""`upa why`: why a person's profile holds what it holds."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.output import clean, moment, shown, table
from upa_cli.shell.registry import command
from upa_cli.work.steps import today
from upa_cli.work.users import user_id
from upa_core.domain.documents.codec import to_json
from upa_core.domain.people.escrow_entry import WHOLE
from upa_core.domain.redaction import Redactor
from upa_core.services.insight.explain import Explanation, explain

_REASONS = {
    "profile_not_created": "SharePoint has no profile for them yet; they are retried until it appears",
    "invalid_value": "a value doesn't fit its mapping's declared type; correct it in Entra, or change the mapping",
    "refused_by_sharepoint": "the import job's log names them; see the timeline",
    "requested": "an administrator asked for them; they are planned at the next export",
    "not_readable_yet": "the directory named them before they could be read; they are read again within the hour",
    "other_person": "their account name leads to somebody else until SharePoint has caught up with their user name",
    "user_name_changed": "their user name was changed, and SharePoint hasn't seen the new one yet; they are retried",
    "other_geo": "their profile lives in another geo: a connector for that geo writes it",
    "user_edited": "their profile holds what somebody else wrote, and the mapping keeps that",
    "not_kept": "a value was accepted, and the read-back shows another or none: hidden by the user, or not kept",
    "not_written": "a single write wasn't made; see the detail",
    "over_budget": "the budget of single writes was used up",
    "import_job_abandoned": "an import job that was given up ended after all; they are sent again",
    "overridden": "an ad hoc run wrote, or may have written, another value; the connector's own is sent again",
    "overtaken": "something newer was delivered before an older batch ended; it is sent again",
}


@command(
    "why",
    examples=["upa why ada@contoso.com", "upa why 7c5b…-object-id --json"],
    shape={
        "connector": "its name",
        "person": "object id",
        "user": "user principal name, null where the directory doesn't know them",
        "scope": "today: in scope, out of scope with why, not in Entra, or empty where Entra can't be asked",
        "known": "property → value that SharePoint confirmed; null: unknown",
        "escrow": "property (*: the whole person) → reason, since, tries, due, detail; null where nothing waits",
        "declined": "property → value that an administrator rejected",
        "timeline": "oldest first: run, file, at, changes (property → {old, new}), result",
        "waiting": "what blocks a new change now, empty where nothing does",
        "missed": "the full round that first didn't name them",
    },
)
def why(
    cli: Cli,
    user: Annotated[str, typer.Argument(metavar="USER", help="Object id or user principal name.")],
    *,
    runs: Annotated[int, typer.Option(min=1, max=10_000, help="How many runs to look back.")] = 200,
) -> int:
    """Explain why a person's profile has its values: what was planned and sent, what SharePoint answered, what is due.

    From storage: the shadow, escrow, and the plans and archived logs of past runs; from Entra only whether they are
    there and in scope today. For today's values and what they would become: upa sync-user USER --dry-run.
    """
    person = user_id(cli, user)
    found = explain(cli.ports, cli.connector, person, runs=runs)
    name, scope = today(cli, person)
    redactor = Redactor(cli.connector)
    document = {
        "connector": cli.connector.name,
        "person": person,
        "user": name,
        "scope": scope,
        "known": redactor.values(found.known),
        "escrow": to_json(found.escrow) or None,
        "declined": redactor.values(dict(found.declined)),
        "timeline": [
            {
                "run": one.run,
                "file": one.file,
                "at": to_json(one.at),
                "changes": {
                    target: {"old": redactor.value(target, old), "new": redactor.value(target, new)}
                    for target, (old, new) in sorted(one.changes.items())
                },
                "result": one.result,
            }
            for one in found.timeline
        ],
        "waiting": found.waiting,
        "missed": found.missed,
    }
    cli.show(document, lambda out: _render(out, found, name or person, scope, redactor))
    return exits.OK


def _render(out: Console, found: Explanation, name: str, scope: str, redactor: Redactor) -> None:
    who = f"{name} ({found.person})" if name != found.person else name
    out.print(clean(f"{who}: {scope}" if scope else who), style="bold")
    if not found.timeline:
        out.print("No run has planned anything for this person.")
    for one in found.timeline:
        out.print(clean(f"{moment(one.at)}  run {one.run}"))
        for target, (old, new) in sorted(one.changes.items()):
            out.print(
                clean(f"    {target}: {shown(redactor.value(target, old))} → {shown(redactor.value(target, new))}")
            )
        out.print(clean(f"    {one.result}"))
    rows = [(target, shown(redactor.value(target, value))) for target, value in sorted(found.known.items())]
    if rows:
        out.print(table(("property", "SharePoint confirmed"), rows))
    for target, kept in sorted(found.escrow.items()):
        due = moment(kept.due) if kept.due is not None else "the next full round"
        detail = f" ({kept.detail})" if kept.detail else ""
        who = "In" if target == WHOLE else f"{target} is in"
        out.print(clean(f"{who} escrow since {moment(kept.since)}: {kept.reason.value}{detail}, {kept.tries} tries."))
        if kept.searching:
            out.print(clean(f"  It isn't known yet which one: {', '.join((*kept.suspected, *kept.kept_back))}"))
        out.print(clean(f"  {_REASONS.get(kept.reason.value, '')}. Next try: {due}. Now: upa sync-user {name}"))
    for target, value in sorted(found.declined.items()):
        out.print(
            clean(
                f"Rejected: {target} = {shown(redactor.value(target, value))}; not planned while Entra says the same. "
                f"Next: upa declined lift {found.person}"
            )
        )
    if found.missed:
        out.print(f"Full round {found.missed} didn't name this person; a second one ends them.")
    if found.waiting:
        out.print(clean(f"A new change waits: {found.waiting}."))
