"""`upa sim`: a tenant on loopback."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.extras import needing
from upa_cli.shell.registry import command

REAL_HOSTS = "login.microsoftonline.com,graph.microsoft.com,contoso.sharepoint.com,contoso-admin.sharepoint.com"


@command(
    "sim",
    examples=[
        "upa sim --users 200 --directory .tenant",
        "upa sim --hr workers.csv --port 9440",
        f"upa sim --port 443 --hosts {REAL_HOSTS}",
        "upa sim --assumptions",
    ],
    shape={
        "users": "people in the directory",
        "tenant_id": "tenant id",
        "urls": "addresses: login, graph, sharepoint, admin, managed_identity",
        "control": "the control surface /_sim",
        "ca_file": "what clients must trust",
        "client_id": "app registration with the certificate",
        "certificate_file": "its certificate and key",
        "thumbprint": "of that certificate",
        "identity_client_id": "the managed identity",
        "environment": "variables that make clients find and trust the tenant",
        "connector_file": "a ready connector file",
    },
)
def sim(
    cli: Cli,
    *,
    users: Annotated[int, typer.Option(help="Made-up people.", min=0, max=1_000_000)] = 600,
    hr: Annotated[Path | None, typer.Option(help="An HR feed as CSV instead.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="Columns of the feed to attributes (YAML).")] = None,
    seed: Annotated[str, typer.Option(help="Seed of everything random.")] = "1",
    domain: Annotated[str, typer.Option(help="Tenant name.")] = "contoso",
    port: Annotated[int | None, typer.Option(help="First port; without it, free ones.", min=1, max=65530)] = None,
    hosts: Annotated[str | None, typer.Option(help="Real host names, by Host header on --port (a,b,c).")] = None,
    clock: Annotated[str, typer.Option(help="wall, or scaled:<sim_epoch>:<wall_epoch>:<factor>.")] = "wall",
    profile_delay: Annotated[
        float | None, typer.Option(help="Seconds until a new user's profile appears.", min=0)
    ] = None,
    directory: Annotated[Path | None, typer.Option(help="Where to write CA, certificate and connector file.")] = None,
    assumptions: Annotated[
        bool, typer.Option("--assumptions", help="List what the simulator only guesses, and stop.")
    ] = False,
) -> int:
    """Serve a simulated Microsoft 365 tenant on loopback, to learn and to try connector files without a tenant.

    It prints addresses, the CA file, the environment to set and a ready connector file; Ctrl-C stops it. Give the same
    --clock to the tenant and, as UPA_CLOCK, to upa: with a scaled clock an import job of hours takes seconds. With
    --hosts and lines in the hosts file, clients that know only the real names work too (docs/simulator.md).
    """
    with needing("sim", "upa sim"):
        from tenant_sim.main import run as serve  # the simulator is only needed here

    if directory is not None and not assumptions:
        directory = directory.absolute()
        variables = {"UPA_CONFIG": directory / "upa.yaml", "UPA_STATE": f"folder:{directory / 'state'}"}
        variables |= {"UPA_CLOCK": clock} if clock != "wall" else {}
        exports = " ".join(f"{name}={shlex.quote(str(value))}" for name, value in variables.items())
        cli.note(f"In another terminal set what is listed below, and: export {exports}. Then: upa doctor")
    code = serve(
        users=users,
        hr=str(hr) if hr is not None else None,
        mapping=str(mapping) if mapping is not None else None,
        seed=seed,
        domain=domain,
        port=port,
        hosts=[host.strip() for host in hosts.split(",")] if hosts else None,
        clock=clock,
        directory=str(directory) if directory is not None else None,
        profile_delay=profile_delay,
        json=cli.options.json,
        assumptions=assumptions,
    )
    return exits.USAGE if code else exits.OK
