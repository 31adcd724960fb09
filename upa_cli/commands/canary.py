"""`upa canary`: one real person, end to end."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, duration, table
from upa_cli.shell.registry import command
from upa_cli.work import canary as one_person
from upa_cli.work.steps import render_steps, steps_as_json, steps_of
from upa_cli.work.users import read_user, user_id
from upa_core.domain.redaction import Redactor


@command(
    "canary",
    examples=["upa canary ada@contoso.com", "upa canary 7c5b…-object-id --json"],
    shape={
        "connector": "its name",
        "person": "object id",
        "delivered": "true where SharePoint holds every value that was sent",
        "run": 'id of the canary\'s run, as upa runs and upa archive know it; "" where there was nothing to send',
        "steps": "Entra's five: connect, import, scope, match, action",
        "properties": "property → before, sent, now",
        "result": "what the import job said of the person",
        "seconds": "how long it took",
    },
    exit_codes=(exits.OK, exits.FAILED),
)
def canary(cli: Cli, user: Annotated[str, typer.Argument(metavar="USER", help="Object id or UPN.")]) -> int:
    """Send one real person end to end, and read the profile back: rights, mapping and SharePoint are proven before
    `go`.

    It works in staging mode, and not in a pause or while a plan is held. Values are sent even where SharePoint
    confirmed them, but for those that an administrator rejected. It is a run of the connector, with one person in it:
    upa runs, why and archive know it, what SharePoint confirms isn't sent again, and if this is stopped the function
    app, or the next canary, goes on. SharePoint takes minutes to hours. Choose somebody who agrees.
    """
    person = user_id(cli, user)
    redactor, began = Redactor(cli.connector), cli.ports.clock.now()
    steps = steps_of(cli, person, resend=True)
    if not cli.options.json:
        render_steps(cli.out, steps)
    if any(not step.ok for step in steps):
        raise CommandError(f"{clean(user)} can't be the canary: {steps[-1].text}")
    name = str((read_user(cli, person) or {}).get("userPrincipalName") or "")
    manager = cli.app.people_manager(cli.connector)
    before = manager.properties(name) or {}
    flown = one_person.fly(cli, person)
    sent = flown.sent
    now = manager.properties(name) or {}
    wrong = [target for target, value in sent.items() if now.get(target, "") != value and _is_text(cli, target)]
    result = flown.why or (flown.planned.result if flown.planned is not None else "")
    rows = {
        target: {
            "before": redactor.value(target, before.get(target)),
            "sent": redactor.value(target, value),
            "now": redactor.value(target, now.get(target)),
        }
        for target, value in sorted(sent.items())
    }
    delivered = flown.confirmed and not wrong
    took = (cli.ports.clock.now() - began).total_seconds()
    document: dict[str, Any] = {
        "connector": cli.connector.name,
        "person": person,
        "delivered": delivered,
        "run": flown.planned.run if flown.planned is not None else "",
        "steps": steps_as_json(steps),
        "properties": rows,
        "result": result,
        "seconds": round(took),
    }
    cli.show(document, lambda out: _render(out, document, name))
    return exits.OK if delivered or not sent else exits.FAILED


def _is_text(cli: Cli, target: str) -> bool:
    """Return whether a value reads back as it was written; dates come back in SharePoint's own form."""
    return any(mapping.target == target and mapping.type == "string" for mapping in cli.connector.active)


def _render(out: Console, document: dict[str, Any], name: str) -> None:
    if not document["properties"]:
        out.print("There is nothing to send for this person: choose another canary.")
        return
    rows = [
        (target, *("(none)" if one[key] is None else one[key] or "(empty)" for key in ("before", "sent", "now")))
        for target, one in document["properties"].items()
    ]
    out.print(table(("property", "before", "sent", "SharePoint says now"), rows))
    if document["delivered"]:
        out.print(
            clean(f"Delivered: the profile of {name} holds what was sent, after {duration(document['seconds'])}.")
        )
        out.print("Next: upa plan, then upa go")
    else:
        out.print(clean(f"Not delivered: {document['result']}"))
        out.print(clean(f"The archive of run {document['run']} has the log. Next: upa doctor --probe"))
