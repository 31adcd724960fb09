"""`upa doctor`: finds problems before a run meets them."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count
from upa_cli.shell.registry import command
from upa_cli.work.app_health import ask_health, is_address
from upa_core.domain.connector import Connector
from upa_core.domain.errors import UpaError
from upa_core.ports.bundle import Ports
from upa_core.services.admin.requests import request_run
from upa_core.services.doctor.examine import examine
from upa_core.services.doctor.finding import Finding
from upa_core.services.doctor.probe import probe as ask_sharepoint
from upa_core.services.doctor.probe_individual import probe_individual as try_individual

_MARKS = {"ok": ("ok", "green"), "info": ("info", ""), "warning": ("WARN", "yellow"), "error": ("ERROR", "red")}


@command(
    "doctor",
    examples=[
        "upa doctor",
        "upa doctor --probe",
        "upa doctor --probe-individual canary@contoso.com",
        "upa doctor --app https://func-upa.azurewebsites.net",
        "upa doctor --json | jq '.connectors[].findings[].fix'",
    ],
    shape={
        "connectors": "connector, findings: check, severity (ok, info, warning, error), evidence, fix",
        "app": "with --app: findings about the function app, of the same form",
    },
    exit_codes=(exits.OK, exits.CHANGES),
)
def doctor(
    cli: Cli,
    *,
    probe: Annotated[
        bool,
        typer.Option(
            "--probe", help="Let SharePoint check the property map: an import job for nobody, cancelled at once."
        ),
    ] = False,
    probe_individual: Annotated[
        str | None,
        typer.Option(
            "--probe-individual",
            metavar="USER",
            help="Try single writes on this user's profile: each property with route: individual, put back afterwards.",
        ),
    ] = None,
    new_term: Annotated[
        str,
        typer.Option(
            "--new-term",
            metavar="LABEL",
            help="With --probe-individual: a term to create; it isn't deleted afterwards.",
        ),
    ] = "",
    with_bulk: Annotated[
        bool,
        typer.Option("--with-bulk", help="With --probe-individual: route: bulk too, for sync-user --now."),
    ] = False,
    app: Annotated[
        str | None, typer.Option("--app", metavar="URL", help="Also ask the function app at this address.")
    ] = None,
) -> int:
    """Check everything a connector needs, and say how to fix what is missing.

    Tokens for every host and the roles in them, the certificate's end, the source attributes (Graph must track
    their changes), the library (written to and cleaned, without settings that hide or keep files), the target
    properties (in the profile of a user), each file and query that is a source (place, driver, statement, columns),
    storage, the clock. Changes nothing but a small file that is deleted
    again. --probe also asks SharePoint's bulk import service, which alone knows which properties users may edit.
    --probe-individual writes to one user's profile and puts it back: nothing is written individually before it has
    passed, and it counts for 30 days. --app asks the function app too. On another Python than its package was built
    for, the app reports that and does nothing else.

    Exit codes: 0 all is well, 2 warnings, 1 errors.
    """
    if app is not None and not is_address(app):
        raise CommandError(f"{clean(app)[:60]!r} isn't the address of a function app: https://NAME…", exits.USAGE)
    found: list[tuple[str, list[Finding]]] = []
    for connector in cli.connectors:
        tried = []
        if probe_individual is not None:
            tried = _try_individual(cli, connector, probe_individual, new_term, bulk=with_bulk)
        findings = _examine(cli, connector, probe=probe) + tried
        found.append((connector.name, findings))
    health: list[Finding] = []
    if app is not None:
        cli.note("asking the function app…", "dim")
        health = [ask_health(app)]
    document = {
        "connectors": [{"connector": name, "findings": [asdict(one) for one in all_]} for name, all_ in found],
        "app": [asdict(one) for one in health],
    }
    if health:
        found.append(("the function app", health))
    cli.show(document, lambda out: _render(out, found))
    severities = {one.severity for _, findings in found for one in findings}
    return exits.FAILED if "error" in severities else exits.CHANGES if "warning" in severities else exits.OK


def _examine(cli: Cli, connector: Any, *, probe: bool) -> list[Finding]:
    try:
        ports, inspection = cli.app.ports(connector), cli.app.inspection(connector)
    except UpaError as exc:
        return [
            Finding("sign-in", "error", str(exc), "correct the credentials of this connector in the connector file")
        ]
    wall = cli.app.settings.clock in ("", "wall")
    mail = bool(cli.app.config.notifications.email)
    findings = examine(
        ports, connector, inspection, wall_clock=wall, mail=mail, done=lambda name: cli.note(f"checking {name}…", "dim")
    )
    findings += _unproven(ports, connector)
    if probe:
        cli.note("asking SharePoint's bulk import service…", "dim")
        try:
            findings += ask_sharepoint(ports, connector)
        except UpaError as exc:
            findings.append(Finding("probe", "error", str(exc), "see the message; then run upa doctor --probe again"))
    return findings


def _unproven(ports: Ports, connector: Connector) -> list[Finding]:
    try:
        found = ports.unproven(connector)
        return [Finding("individual", "warning", f"{name} isn't written: {why}") for name, why in found.items()]
    except UpaError:
        return []  # sign-in and storage have findings of their own


def _try_individual(cli: Cli, connector: Any, user: str, new_term: str, *, bulk: bool) -> list[Finding]:
    cli.note("trying single writes on one profile…", "dim")
    try:
        token = cli.app.inspection(connector).token("admin")
        profiles = cli.app.single_profiles(connector)
        app_id = token.app_id if token is not None else ""
        ports = cli.app.ports(connector)
        again = partial(request_run, ports, connector, full=True)
        options: dict[str, Any] = {"new_term": new_term, "plan_anew": again, "with_bulk": bulk}
        return try_individual(ports, connector, profiles, app_id, user, **options)
    except UpaError as exc:
        return [Finding("individual", "error", str(exc), "see the message; then run it again")]


def _render(out: Console, found: list[tuple[str, list[Finding]]]) -> None:
    for name, findings in found:
        out.print(f"Doctor of {name}", style="bold")
        for one in findings:
            mark, style = _MARKS[one.severity]
            line = Text(f"  {mark:<6}", style=style)
            out.print(line.append(clean(f"{one.check:<12}{one.evidence}"), style=""))
            if one.fix:
                out.print(clean(f"        {'':<12}→ {one.fix}"))
        errors = sum(one.severity == "error" for one in findings)
        warnings = sum(one.severity == "warning" for one in findings)
        if errors or warnings:
            out.print(
                f"{count(errors, 'error')}, {count(warnings, 'warning')}. Correct them, then run upa doctor again."
            )
        else:
            out.print("All is well. Next: upa plan")
