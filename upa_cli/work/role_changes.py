"""Shared by `upa grant` and `upa revoke`: whose roles change, and the output."""

from __future__ import annotations

from typing import Annotated, Any, cast, get_args

import typer

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean
from upa_core.adapters.graph.admin_graph import SignIn as Way
from upa_core.domain.app_roles import RESOURCE_APPS, AppRole, ServiceName, needed_roles
from upa_core.domain.errors import UpaError
from upa_core.domain.people.attributes import is_app_id

SHAPE = {
    "connector": "its name",
    "dry_run": "true where nothing was changed",
    "principals": "app_id, object_id, name, and changes: service, role, action (granted, revoked, kept, absent), why",
}


Roles = Annotated[
    list[str] | None, typer.Argument(metavar="[SERVICE:ROLE]…", help="As graph:User.Read.All; default: what is needed.")
]


To = Annotated[
    str | None,
    typer.Option("--to", metavar="ID", help="Application or object id; default: the connector's identities."),
]


DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


SignIn = Annotated[
    str, typer.Option("--sign-in", metavar="WAY", help="Who signs in: cli (az login), browser, device, connector.")
]


def sign_in_way(given: str) -> Way:
    """Return the way to sign in; raises `CommandError` for another word."""
    if given not in get_args(Way):
        raise CommandError(f"--sign-in is cli, browser, device or connector, not {clean(given)[:40]!r}", exits.USAGE)
    return cast("Way", given)


def change_roles(cli: Cli, roles: list[str] | None, to: str | None, way: str, *, dry_run: bool, revoke: bool) -> int:
    """Grant or revoke roles, and print the result. Six parameters: the options of `upa grant` and `upa revoke`."""
    wanted = _roles(cli, roles)
    grants = cli.app.role_grants(cli.connector, sign_in_way(way), cli.err.print)
    shown: list[dict[str, Any]] = []
    for app, services in _principals(cli, to).items():
        principal = grants.principal(app)
        changes = []
        for role in (role for role in wanted if role.service in services):
            has = (role.service, role.value) in principal.roles
            action = ("revoked" if has else "absent") if revoke else ("kept" if has else "granted")
            if not dry_run and action == "granted":
                grants.grant(principal, role.service, role.value)
            if not dry_run and action == "revoked":
                grants.revoke(principal, role.service, role.value)
            changes.append({"service": role.service, "role": role.value, "action": action, "why": role.why})
        shown.append(
            {"app_id": principal.app_id, "object_id": principal.object_id, "name": principal.name, "changes": changes}
        )

    def render(out: Any) -> None:
        for one in shown:
            out.print(clean(f"{one['name']} ({one['app_id']})"), style="bold")
            for change in one["changes"]:
                verb = (
                    f"would be {change['action']}" if dry_run and change["action"].endswith("ed") else change["action"]
                )
                verb = {"would be kept": "has it already", "kept": "has it already"}.get(verb, verb)
                out.print(f"  {change['service']}:{change['role']}: {verb} ({change['why']})")
        out.print("Nothing was changed (--dry-run)." if dry_run else "Next: upa doctor")

    cli.show({"connector": cli.connector.name, "dry_run": dry_run, "principals": shown}, render)
    return exits.OK


def _roles(cli: Cli, given: list[str] | None) -> list[AppRole]:
    mail = bool(cli.app.config.notifications.email)
    needed = list(needed_roles(cli.connector.read_of_graph, mail=mail, groups=cli.connector.reads_groups))
    if not given:
        return needed
    chosen = []
    for text in given:
        named, _, value = text.partition(":")
        service = next((one for one in get_args(ServiceName) if one == named), None)
        if service is None or not value.replace(".", "").replace("-", "").isalnum():
            raise CommandError(f"{clean(text)[:80]!r} isn't a role; write graph:User.Read.All", exits.USAGE)
        known = next((role for role in needed if (role.service, role.value) == (service, value)), None)
        chosen.append(known or AppRole(service, value, "asked for by name"))
    return chosen


def _principals(cli: Cli, to: str | None) -> dict[str, set[str]]:
    """Return the service principals, each with the services whose roles it needs."""
    if to is not None:
        if not is_app_id(to):
            raise CommandError(f"{clean(to)[:60]!r} is neither an application id nor an object id", exits.USAGE)
        return {to: set(RESOURCE_APPS)}
    credentials = cli.app.config.credentials[cli.connector.name]
    found: dict[str, set[str]] = {}
    for service, one in (("graph", credentials.graph), ("sharepoint", credentials.sharepoint)):
        app = one.client_id or cli.app.settings.identity_client_id or _identity(cli)
        if not app:
            text = (
                f"the managed identity for {service} has no client id here: name it with --to (its object id will do)"
            )
            raise CommandError(text, exits.USAGE)
        found.setdefault(app, set()).add(service)
    return found


def _identity(cli: Cli) -> str:
    """Read the id of a system-assigned identity from its own token, which exists only where the identity is used."""
    try:
        token = cli.app.inspection(cli.connector).token("graph")
    except UpaError:
        return ""
    return token.app_id if token is not None else ""
