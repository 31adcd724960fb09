"""`upa init`: a connector file to start from."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upa_cli.pnp.pasted import pasted_file
from upa_cli.pnp.translate import Change
from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, table
from upa_cli.shell.registry import command
from upa_cli.start.answers import Answers, complete
from upa_cli.start.interview import Interview
from upa_cli.start.proposals import FileProposal, Proposed, propose
from upa_cli.start.starter import Starter, starter_text
from upa_cli.work.source_options import Delimiter, Encoding

EXAMPLES = [
    "upa init",
    "upa init --tenant contoso.onmicrosoft.com --sharepoint contoso --map CostCenter=employeeOrgData.costCenter",
    "upa init --tenant contoso.onmicrosoft.com --sharepoint contoso --from-file people.csv",
    "upa init --from-pnp sync.ps1 --tenant contoso.onmicrosoft.com --sharepoint contoso",
]


@command(
    "init",
    examples=EXAMPLES,
    shape={
        "file": "the connector file",
        "connector": "its connector's name",
        "valid": "true: upa config check finds no problem",
        "proposed": "with --from-file: column, property and type of each mapping",
        "left_out": "with --from-file: column and why nothing is proposed for it",
        "changes": "with --from-pnp: what and why, of everything that isn't as it was pasted",
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
    folder: Annotated[str | None, typer.Option(help="The document library for import files; Imports.")] = None,
    name: Annotated[str, typer.Option(help="Name of the connector.")] = "people",
    cloud: Annotated[str | None, typer.Option(help="global (default, GCC too), usgov, dod or china.")] = None,
    client_id: Annotated[
        str | None, typer.Option(help="App registration with a certificate; none: managed identity.")
    ] = None,
    certificate: Annotated[str | None, typer.Option(help="Its PEM or PFX file, or Key Vault address.")] = None,
    mappings: Annotated[
        list[str] | None, typer.Option("--map", metavar="PROPERTY=ATTRIBUTE", help="A mapping; repeat it for more.")
    ] = None,
    from_pnp: Annotated[
        str | None,
        typer.Option(
            "--from-pnp",
            metavar="TEXT",
            help="A PnP command or its hashtable: the text in single quotes, a script's path, or - for standard input.",
        ),
    ] = None,
    extension_app: Annotated[
        str | None, typer.Option(help="Application id that owns the directory extensions mapped as ext:Name.")
    ] = None,
    graph: Annotated[str | None, typer.Option(help="Another root of Graph, e.g. of upa sim.")] = None,
    authority: Annotated[str | None, typer.Option(help="Another login service, e.g. of upa sim.")] = None,
    from_file: Annotated[
        Path | None, typer.Option("--from-file", help="Join this file, and propose mappings from its header and rows.")
    ] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> int:
    """Write a commented connector file to start from, asking what isn't given.

    In a terminal it asks a few questions, and asks again where `upa config check` would complain; in a script give at
    least --tenant, --sharepoint and --map. The connector starts in staging mode: nothing is sent before `upa go`.
    --from-file joins a file of another system: the column that names the person and a mapping for each other column
    are proposed from its header and first rows; look them over before `upa plan`.

    Secrets are never asked for or written: a managed identity has none, a certificate is named by its place.
    --from-pnp takes the line that you run today (Sync-PnPSharePointUserProfilesFromAzureActiveDirectory, with the
    Connect-PnPOnline and Get-PnPAzureADUser before it where you paste them) and says what it changed and why.
    """
    place = _place(cli, file, force=force)
    asking = sys.stdin.isatty() and not cli.options.json
    pnp = pasted_file(from_pnp, extension_app) if from_pnp is not None else None
    given = Answers(tenant, sharepoint, site, cloud, client_id, certificate, extension_app)
    if pnp is not None:
        given = given.or_pasted(pnp)
    if not asking:
        example = EXAMPLES[3 if pnp is not None else 2 if from_file is not None else 1]
        _check_enough(given, mapped=bool(mappings or from_file or pnp), example=example)
    given = replace(given, mappings=(*given.mappings, *_pairs(mappings or [])))
    joined = propose(from_file, encoding=encoding, delimiter=delimiter) if from_file is not None else None
    starter = Starter(
        name=name,
        folder=folder or (pnp.folder if pnp is not None else "Imports"),
        graph=graph,
        authority=authority,
        joined=joined,
        **complete(given, Interview(cli.environ), asking=asking, joined=joined is not None),
    )
    if pnp is not None:
        starter = replace(starter, clauses=pnp.clauses, left_out=pnp.left_out, notes=pnp.notes)
    _write(cli, place, starter_text(starter))
    changes = pnp.changes if pnp is not None else ()
    document = {
        "file": str(place),
        "connector": name,
        "valid": True,
        "proposed": [{"column": one.column, "property": one.target, "type": one.type} for one in _of(joined)],
        "left_out": [{"column": column, "why": why} for column, why in (joined.left_out if joined is not None else ())],
        "changes": [{"what": change.what, "why": change.why} for change in changes],
    }
    cli.show(document, lambda out: _render(out, place, starter, changes))
    return exits.OK


def _place(cli: Cli, file: Path | None, *, force: bool) -> Path:
    """Return where the file is written; raises `CommandError` where nothing can be, or where there is one."""
    place = file or Path(cli.config_name)
    if str(place).startswith("blob:"):
        raise CommandError("UPA_CONFIG names a blob: give a file to write, and upload it", exits.USAGE)
    if place.exists() and not force:
        raise CommandError(f"{place} exists already: give another file, or --force", exits.USAGE)
    return place


def _check_enough(given: Answers, *, mapped: bool, example: str) -> None:
    """Raise `CommandError` where something would have to be asked for, and nobody is there."""
    needed = {"--tenant": given.tenant, "--sharepoint": given.sharepoint, "--map": mapped}
    if missing := [option for option, value in needed.items() if not value]:
        raise CommandError(f"give {' and '.join(missing)} (nobody can be asked here), e.g. {example}", exits.USAGE)


def _write(cli: Cli, place: Path, text: str) -> None:
    """Write the file, if it is a good one: any problem in it comes from an answer."""
    from upa_core.config import load_config  # pydantic is slow

    load_config(text, cli.environ, name=str(place))
    try:
        place.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise CommandError(f"{place} can't be written ({exc.strerror}): give another file", exits.USAGE) from exc


def _render(out: Console, place: Path, starter: Starter, changes: Sequence[Change]) -> None:
    joined, made = starter.joined, len(starter.mappings) + len(_of(starter.joined))
    out.print(clean(f"Wrote {place}: connector {starter.name} with {made} mapping(s), in staging mode."))
    if joined is not None:
        rows = [(one.column, one.target, one.type) for one in joined.mappings]
        rows += [(column, "-", why) for column, why in joined.left_out]
        out.print(table((f"column of {joined.at}", "property", "type"), rows))
    for change in changes:
        out.print(clean(f"  {change.what}: {change.why}"))
    out.print("Next: upa config check, then upa doctor --probe")


def _of(joined: FileProposal | None) -> tuple[Proposed, ...]:
    return joined.mappings if joined is not None else ()


def _pairs(texts: list[str]) -> list[tuple[str, str]]:
    pairs = []
    for text in texts:
        target, equals, source = text.partition("=")
        if not equals or not target.strip() or not source.strip():
            example = "CostCenter=employeeOrgData.costCenter"
            raise CommandError(f"{clean(text)[:80]!r} isn't PROPERTY=ATTRIBUTE, e.g. {example}", exits.USAGE)
        pairs.append((target.strip(), source.strip()))
    return pairs
