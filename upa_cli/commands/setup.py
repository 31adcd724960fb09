"""`upa init`: a commented connector file to start from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upa_cli import exits
from upa_cli.context import Cli
from upa_cli.exits import CommandError
from upa_cli.output import clean
from upa_cli.registry import command
from upa_cli.starter import Starter, starter_text

_SUFFIX = {"global": "com", "usgov": "us", "dod": "us", "china": "cn"}


@command(
    "init",
    examples=[
        "upa init",
        "upa init --tenant contoso.onmicrosoft.com --sharepoint contoso --map CostCenter=employeeOrgData.costCenter",
    ],
    shape={
        "file": "the connector file",
        "connector": "its connector's name",
        "valid": "true: upa config check is content",
    },
)
def init(
    cli: Cli,
    file: Annotated[Path | None, typer.Argument(help="The file to write; default as --config, upa.yaml.")] = None,
    *,
    tenant: Annotated[str | None, typer.Option(help="Tenant id or verified domain.")] = None,
    sharepoint: Annotated[
        str | None,
        typer.Option(help="SharePoint's name, contoso in contoso.sharepoint.com, or the admin site's address."),
    ] = None,
    site: Annotated[str | None, typer.Option(help="Site of the library: /sites/upa, or an address.")] = None,
    folder: Annotated[str, typer.Option(help="The document library for import files.")] = "Imports",
    name: Annotated[str, typer.Option(help="Name of the connector.")] = "people",
    cloud: Annotated[str, typer.Option(help="global, usgov, dod or china.")] = "global",
    client_id: Annotated[
        str | None, typer.Option(help="App registration with a certificate; none: managed identity.")
    ] = None,
    certificate: Annotated[str | None, typer.Option(help="Its PEM or PFX file, or Key Vault address.")] = None,
    mappings: Annotated[
        list[str] | None, typer.Option("--map", metavar="PROPERTY=ATTRIBUTE", help="A mapping; repeat it for more.")
    ] = None,
    graph: Annotated[str | None, typer.Option(help="Another root of Graph, e.g. of upa sim.")] = None,
    authority: Annotated[str | None, typer.Option(help="Another login service, e.g. of upa sim.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> int:
    """Write a commented connector file to start from, asking what isn't given.

    In a terminal it asks a few questions; in a script give --tenant, --sharepoint, --site and --map. The connector
    starts in staging mode: nothing is sent before `upa go`. Secrets are never asked for or written: a managed
    identity has none, a certificate is named by its place.
    """
    place = file or Path(cli.config_name)
    if str(place).startswith("blob:"):
        raise CommandError("UPA_CONFIG names a blob: give a file to write, and upload it", exits.USAGE)
    if place.exists() and not force:
        raise CommandError(f"{place} exists already: give another file, or --force", exits.USAGE)
    if cloud not in _SUFFIX:
        raise CommandError(f"--cloud is global, usgov, dod or china, not {clean(cloud)[:40]!r}", exits.USAGE)
    asking = sys.stdin.isatty() and not cli.options.json
    tenant = _ask(asking, tenant, "--tenant", "Tenant id or verified domain (contoso.onmicrosoft.com)")
    sharepoint = _ask(asking, sharepoint, "--sharepoint", "SharePoint's name (contoso in contoso.sharepoint.com)")
    site = _ask(asking, site, "--site", "Site that will hold import files", default="/sites/upa")
    if asking and client_id is None and typer.confirm("Sign in with a certificate (otherwise managed identity)?"):
        client_id = typer.prompt("Application (client) id")
        certificate = typer.prompt("PEM or PFX file, or Key Vault address")
    pairs = _pairs(mappings or _ask_mappings(asking))
    admin, site = _addresses(sharepoint, site, _SUFFIX[cloud])
    text = starter_text(
        Starter(name, tenant, cloud, admin, site, folder, pairs, client_id, certificate, graph, authority)
    )
    _check(cli, text, str(place))
    try:
        place.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise CommandError(f"{place} can't be written ({exc.strerror}): give another file", exits.USAGE) from exc

    def render(out: Console) -> None:
        out.print(clean(f"Wrote {place}: connector {name} with {len(pairs)} mapping(s), in staging mode."))
        out.print("Next: upa config check, then upa doctor")

    cli.show({"file": str(place), "connector": name, "valid": True}, render)
    return exits.OK


def _ask(asking: bool, given: str | None, option: str, question: str, default: str | None = None) -> str:
    if given:
        return given
    if asking:
        return str(typer.prompt(question, default=default))
    if default is not None:
        return default
    raise CommandError(f"give {option} (there is no terminal to ask in): {question}", exits.USAGE)


def _ask_mappings(asking: bool) -> list[str]:
    if not asking:
        raise CommandError(
            "give at least one --map PROPERTY=ATTRIBUTE, e.g. --map CostCenter=employeeOrgData.costCenter", 64
        )
    pairs = []
    while True:
        target = typer.prompt("Profile property (empty to end)", default="", show_default=False)
        if not target:
            return pairs or ["CostCenter=employeeOrgData.costCenter"]
        pairs.append(f"{target}={typer.prompt(f'Entra attribute for {target}')}")


def _pairs(texts: list[str]) -> list[tuple[str, str]]:
    pairs = []
    for text in texts:
        target, equals, source = text.partition("=")
        if not equals or not target.strip() or not source.strip():
            example = "CostCenter=employeeOrgData.costCenter"
            raise CommandError(f"{clean(text)[:80]!r} isn't PROPERTY=ATTRIBUTE, e.g. {example}", exits.USAGE)
        pairs.append((target.strip(), source.strip()))
    return pairs


def _addresses(sharepoint: str, site: str, suffix: str) -> tuple[str, str]:
    if "://" in sharepoint:
        admin, host = sharepoint.rstrip("/"), sharepoint.rstrip("/").replace("-admin.", ".", 1)
    else:
        short = sharepoint.strip().partition(".")[0].removesuffix("-admin")
        admin, host = f"https://{short}-admin.sharepoint.{suffix}", f"https://{short}.sharepoint.{suffix}"
    return admin, site if "://" in site else f"{host}/{site.strip('/')}"


def _check(cli: Cli, text: str, name: str) -> None:
    """Load what would be written: what is wrong with it comes from an answer."""
    from upa_core.config import load_config  # noqa: PLC0415 - pydantic is slow

    load_config(text, cli.environ, name=name)
