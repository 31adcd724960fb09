"""`upa go`, `upa canary`, `upa adopt`: the way of a new connector from staging mode to live."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any

import typer
from rich.console import Console

from upa_cli.commands.run import CONTROL_SHAPE, show_control
from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, duration, table
from upa_cli.shell.registry import command
from upa_cli.work import canary as one_person
from upa_cli.work.steps import render_steps, steps_as_json, steps_of
from upa_cli.work.users import read_user, user_id
from upa_core.domain.redaction import Redactor
from upa_core.services.admin import controls
from upa_core.services.admin.adopt import PER_SECOND, Adopted, unconfirmed
from upa_core.services.admin.adopt import adopt as read_profiles
from upa_core.services.insight.preview import preview
from upa_core.services.insight.scope_view import ScopeView, WatchedSource
from upa_core.state.document import state_of


@command("go", examples=["upa go", "upa go --connector people"], shape=CONTROL_SHAPE)
def go(cli: Cli) -> int:
    """End staging mode: from now on plans are exported.

    A new connector starts in staging mode, and returns to it when its mappings, scope or source change (not with
    `staging: false` in the connector file). Look at `upa plan` first, and try one person with `upa canary USER`.
    Everything pulled meanwhile is exported at the next tick of the timer, or by `upa run`; the change threshold still
    holds plans that clear too much.
    """
    connector = cli.connector
    if not connector.staging:
        return show_control(cli, "nothing", f"{connector.name} has no staging mode (`staging: false`): it is live.")
    staged = connector.in_staging(state_of(cli.ports.store, connector.name).load().value)
    if not staged:
        return show_control(cli, "nothing", f"{connector.name} is live already. Next: upa status")
    controls.go(cli.ports, connector, cli.who)
    return show_control(cli, "go", f"{connector.name} leaves staging mode. Next: upa run, or wait for the timer")


@command(
    "canary",
    examples=["upa canary ada@contoso.com", "upa canary 7c5b…-object-id --json"],
    shape={
        "connector": "its name",
        "person": "object id",
        "delivered": "true where SharePoint holds every value that was sent",
        "run": "id of the canary's run, kept in the archive where it wasn't delivered",
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

    It works in staging mode and changes nothing of the connector: neither watermark nor shadow. Values are sent even
    where SharePoint confirmed them, but for those that an administrator rejected. The import job is a real one with
    one person in it; SharePoint takes minutes to hours. Choose somebody who doesn't mind.
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
    sent = {target: new for one in flown.told.timeline[-1:] for target, (_, new) in one.changes.items()}
    now = manager.properties(name) or {}
    confirmed = bool(sent) and not flown.result.failed and flown.told.escrow is None
    wrong = [target for target, value in sent.items() if now.get(target, "") != value and _is_text(cli, target)]
    result = flown.told.timeline[-1].result if flown.told.timeline else flown.result.last.why
    rows = {
        target: {
            "before": redactor.value(target, before.get(target)),
            "sent": redactor.value(target, value),
            "now": redactor.value(target, now.get(target)),
        }
        for target, value in sorted(sent.items())
    }
    delivered = confirmed and not wrong
    run = flown.told.timeline[-1].run if flown.told.timeline else ""
    one_person.forget(cli.ports, one_person.canary_of(cli), *((run, flown.result.pulled.round) if delivered else ()))
    took = (cli.ports.clock.now() - began).total_seconds()
    document: dict[str, Any] = {
        "connector": cli.connector.name,
        "person": person,
        "delivered": delivered,
        "run": run,
        "steps": steps_as_json(steps),
        "properties": rows,
        "result": result,
        "seconds": round(took),
    }
    cli.show(document, lambda out: _render(out, document, name))
    return exits.OK if delivered or not sent else exits.FAILED


def _is_text(cli: Cli, target: str) -> bool:
    """Tell whether a value reads back as it was written; dates come back in SharePoint's own form."""
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


@command(
    "adopt",
    examples=["upa adopt", "upa adopt --limit 500", "upa adopt --json"],
    shape={
        "connector": "its name",
        "people": "profiles read into the shadow",
        "values": "values read",
        "without_profile": "people without a profile",
        "unread": "profiles that couldn't be read",
        "left": "people still to be read (--limit)",
    },
)
def adopt(
    cli: Cli,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="Most people to read now.")] = 100_000,
    per_second: Annotated[float, typer.Option(min=0.1, max=50, help="Profiles a second.")] = PER_SECOND,
) -> int:
    """Read what profiles hold already into the shadow of a new connector, so that its first run sends only
    differences.

    For tenants whose properties were filled by another tool. Profiles are read one by one, within PeopleManager's
    limits: 8 a second, 1,000 people in two minutes. Only strings are taken; people already known are left. It can be
    stopped and started again.
    """
    view = ScopeView()
    apart = replace(cli.ports, source=WatchedSource(cli.ports.source, cli.connector, view))
    found = preview(apart, cli.connector, most=1_000_000)
    unknown = unconfirmed(found.entries)
    chosen = unknown[:limit]
    cli.note(f"reading {count(len(chosen), 'profile')}, about {duration(len(chosen) / per_second)}")
    result, profiles = Adopted(), cli.app.people_manager(cli.connector)
    for result in read_profiles(cli.ports, cli.connector, profiles, chosen, per_second=per_second):
        cli.note(f"{result.looked_at:,} of {len(chosen):,}", "dim")
    left = len(unknown) - len(chosen)
    document = {"connector": cli.connector.name, **asdict(result), "left": left}

    def render(out: Console) -> None:
        out.print(
            f"Read {count(result.values, 'value')} of {count(result.people, 'profile')} into the shadow; "
            f"{count(result.without_profile, 'person has', 'people have')} no profile, "
            f"{count(result.unread, 'profile')} couldn't be read."
        )
        out.print(f"{left:,} people are left: upa adopt again" if left else "Next: upa plan")

    cli.show(document, render)
    return exits.OK
