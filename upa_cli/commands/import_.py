"""`upa import`: one file, once, into profile properties."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import typer

from upa_cli.once.ending import NOTHING_SENT, see_again, see_through
from upa_cli.once.mapped import ID_TYPES, mapped_of
from upa_cli.once.options import (
    AcceptHeld,
    ClearEmpty,
    DryRun,
    File,
    IdProperty,
    IdType,
    LeaveOut,
    Mappings,
    Match,
    Override,
    OverThreshold,
    Url,
    Wait,
    Watch,
    Yes,
)
from upa_cli.once.owners import owned_by
from upa_cli.once.people import find_people
from upa_cli.once.plan import OncePlan, plan_once
from upa_cli.once.reading import FileRead, read_file
from upa_cli.once.view import SHOWN, Look, document_of, files_needed, render_file, render_plan, with_today
from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count
from upa_cli.shell.registry import command
from upa_cli.work.source_file import chunks_of, contract_of
from upa_cli.work.source_options import (
    Dates,
    Delimiter,
    Encoding,
    Format,
    NoNewline,
    NotDamaged,
    Nulls,
    Pad,
    Trailer,
)
from upa_core.domain.connector import Connector
from upa_core.domain.documents.ad_hoc import AdHoc
from upa_core.domain.documents.runs import Counts
from upa_core.domain.plan.threshold import reason_to_hold
from upa_core.ports.bundle import Ports
from upa_core.services.plan.ad_hoc import begin_ad_hoc, check_may_begin
from upa_core.state.document import state_of

MAX_BYTES = 200_000_000
"""Most bytes of a file; a larger one belongs in a connector's own source."""


@command(
    "import",
    examples=[
        "upa import people.csv --map Kostenstelle=CostCenter --match mail --dry-run",
        "upa import people.xlsx --map Badge=BadgeNumber --map Since=HiredOn:date --match EmployeeID --yes",
        "upa import ready.json --map City=City --id-property IdName --id-type Email",
        "upa import --url https://contoso.sharepoint.com/sites/upa/Imports/ready.json --map City=City",
        "upa import --watch 20261122T101500Z-7f3k",
    ],
    shape={
        "connector": "whose run it is",
        "file": "its name",
        "outcome": "would_send, nothing, refused, held, complete, partly, failed or waiting",
        "format": "csv, json, jsonl, xlsx or bulk (a ready bulk file)",
        "findings": "of the file contract, as upa source check tells them",
        "notes": "how the file was decoded, where that isn't plain",
        "rows": "rows delivered",
        "people": "people who are sent something",
        "properties": "property → column",
        "reread": "values of a ready file that are read as something else: path, written, read",
        "unmatched": "line and key of rows that are nobody's",
        "ambiguous": "line and key of rows that match several people",
        "set_aside": "line, property and why of values that aren't sent",
        "changes": "the first people: person, user, changes (property → old, new)",
        "import_files": "files, and so import jobs, that it takes",
        "held": "why the change threshold is passed, empty where it isn't",
        "run": "id of the run, as upa runs, why and archive know it",
        "exported": "people whom SharePoint confirmed",
        "failed": "person, user, property and why, as the log says; person empty: a whole import file",
    },
    exit_codes=(exits.OK, exits.CHANGES, exits.FAILED, exits.REFUSED),
)
def import_(
    cli: Cli,
    file: File = None,
    *,
    url: Url = None,
    mappings: Mappings = [],  # noqa: B006 - Typer reads the default and makes a list of its own
    match: Match = [],  # noqa: B006
    id_property: IdProperty = None,
    id_type: IdType = None,
    leave_out: LeaveOut = [],  # noqa: B006
    clear_empty: ClearEmpty = False,
    override: Override = False,
    accept_held: AcceptHeld = False,
    over_threshold: OverThreshold = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = True,
    watch: Watch = None,
    date: Dates = [],  # noqa: B006
    file_format: Format = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    null: Nulls = [],  # noqa: B006
    not_damaged: NotDamaged = [],  # noqa: B006
    pad: Pad = 0,
    trailer: Trailer = None,
    no_last_newline: NoNewline = False,
) -> int:
    """Write a file's values into profile properties, once: it is read, checked, matched, shown, sent and explained.

    The file is judged by the file contract (upa source check) before its first row counts. Each row's person is found
    in Entra, by mail, user name, employee id or any other attribute, and sent by object id; rows that match nobody or
    several people are listed and not sent. A ready bulk file ({"value": [...]}) is read as SharePoint reads it:
    values that this changes are listed, a name without a mapping is refused before anything is queued.

    It is a run of the connector: it obeys pause and hold, counts against the change threshold, is split over import
    files and cleaned up. Stop it with Ctrl-C when you like: the function app finishes it, and --watch shows the
    result. A property that a connector owns is refused; with --override it is written, and the connector sends its own
    value again afterwards.
    """
    if watch is not None:
        return see_again(cli, watch, wait=wait)
    _check_usage(cli, file, url, unattended=yes or dry_run)
    mapped = mapped_of(mappings)
    if not mapped:
        raise CommandError("name a column and its property, e.g. --map Kostenstelle=CostCenter", exits.USAGE)
    owned = owned_by(cli, mapped, "clear" if clear_empty else "keep", override=override)
    made, ports = owned.connector, cli.app.ports(owned.base)
    _check_quiet(cli, made, dry_run=dry_run)
    name = file.name if file is not None else PurePosixPath((url or "").partition("?")[0]).name
    contract = contract_of(
        Path(name),
        keys=("-",),
        columns=("-",),
        dates=date,
        file_format="json" if file_format == "bulk" else file_format,
        encoding=encoding,
        delimiter=delimiter,
        nulls=null,
        not_damaged=not_damaged,
        pad=pad,
        min_rows=1,
        trailer=trailer,
        no_last_newline=no_last_newline,
    )
    read = read_file(
        _bytes(ports, owned.base, file, url),
        contract,
        owned.mapped,
        _match(match, id_property, id_type),
        pad=pad,
        left_out=leave_out,
        ready=True if file_format == "bulk" else None,
    )
    if not cli.options.json:
        render_file(cli.out, name, read)
    if read.verdict.status == "refused" or (read.verdict.status == "held" and not accept_held):
        return _not_taken(cli, name, read, made)
    found = find_people(ports.source, read.contract.keys, (key for _, key, _ in read.rows), _reading(cli))
    plan = plan_once(made, owned.mapped, read, found)
    look = _look(cli, made, plan)
    document = document_of(name, read, plan, look, made) | NOTHING_SENT
    if not cli.options.json:
        render_plan(cli.out, name, read, plan, look, made)
    if not plan.entries:
        return _nothing_to_send(cli, document, plan)
    if dry_run:
        cli.show({**document, "outcome": "would_send"}, lambda out: out.print("Nothing was sent (--dry-run)."))
        return exits.CHANGES
    _confirm(plan, look, over_threshold=over_threshold, yes=yes)
    run = begin_ad_hoc(ports, made, plan.entries, AdHoc("import", cli.who, name), approved=over_threshold)
    return see_through(cli, ports, owned.base, run.id, document, plan.names, wait=wait)


def _check_usage(cli: Cli, file: Path | None, url: str | None, *, unattended: bool) -> None:
    """Raise `CommandError` where it isn't one file, or where nobody could agree to what is sent."""
    if (file is None) == (url is None):
        raise CommandError("name a FILE, or a file in the tenant with --url", exits.USAGE)
    if not unattended and (cli.options.json or not cli.err.is_terminal):
        raise CommandError("there is no terminal to ask in: add --yes, or --dry-run to look only", exits.USAGE)


def _bytes(ports: Ports, connector: Connector, file: Path | None, url: str | None) -> bytes:
    if file is not None:
        data = bytearray()
        for chunk in chunks_of(file):
            data += chunk
            if len(data) > MAX_BYTES:
                raise CommandError(f"the file is larger than {MAX_BYTES:,} bytes: join it as a source (upa source)")
        return bytes(data)
    site, asked = connector.target.site_url, unquote(url or "")
    on_host = asked.lower().startswith("/".join(site.split("/")[:3]).lower() + "/")  # another host is refused below
    if on_host and (not asked.lower().startswith(f"{site.lower()}/") or ".." in asked.split("/")):
        raise CommandError(f"--url reads only files of the connector's own site: {site}/…")
    found = ports.library.download(url or "", most=MAX_BYTES)
    if found is None:
        raise CommandError("there is no file at this address, or the app may not read it")
    return found


def _match(match: Sequence[str], id_property: str | None, id_type: str | None) -> list[str]:
    if id_property is None and id_type is None:
        return list(match)
    if match:
        raise CommandError("--match does the same as --id-property and --id-type: give only one of them", exits.USAGE)
    attribute = ID_TYPES.get((id_type or "Email").lower())
    if attribute is None:
        raise CommandError(f"--id-type is Email, CloudId or PrincipalName, not {clean(id_type)[:40]!r}", exits.USAGE)
    return [f"{id_property}={attribute}" if id_property else attribute]


def _check_quiet(cli: Cli, connector: Connector, *, dry_run: bool) -> None:
    """Raise an error for what blocks the import, before the directory is read."""
    state = state_of(cli.app.store, connector.name).load().value
    if dry_run:
        return
    if state.run is not None and state.run.ad_hoc is not None and state.run.ad_hoc.kind == "import":
        text = f"the import of {clean(state.run.ad_hoc.about)} is on its way. Next: upa import --watch {state.run.id}"
        raise CommandError(text, exits.LATER)
    check_may_begin(connector, state)


def _reading(cli: Cli) -> Any:
    cli.note("looking the people up in Entra")
    return lambda people: cli.note(f"{people:,} people read", "dim") if people % 50_000 < 1_000 <= people else None


def _look(cli: Cli, made: Connector, plan: OncePlan) -> Look:
    state = state_of(cli.app.store, made.name).load().value
    held = reason_to_hold(
        Counts(updated=plan.updated, cleared=plan.cleared),
        known=state.people.known,
        earlier=state.exported,
        threshold=made.threshold,
        now=cli.app.clock.now(),
        updates_exempt=False,
    )
    sample, absent = with_today(cli, made, plan, SHOWN)
    return Look(sample, files_needed(plan.entries, made.limits), held, absent)


def _confirm(plan: OncePlan, look: Look, *, over_threshold: bool, yes: bool) -> None:
    """Go on only if the threshold allows it, or `over_threshold` does, and the administrator agrees."""
    if look.held and not over_threshold:
        raise CommandError(
            f"the import is over the change threshold ({look.held}): look again, then add --over-threshold"
        )
    if not yes:
        typer.confirm(f"Send this to {count(len(plan.entries), 'person', 'people')}?", abort=True, err=True)


def _nothing_to_send(cli: Cli, document: dict[str, Any], plan: OncePlan) -> int:
    cli.show({**document, "outcome": "nothing"}, lambda out: out.print("There is nothing to send."))
    return exits.CHANGES if plan.unmatched or plan.ambiguous or plan.set_aside else exits.OK


def _not_taken(cli: Cli, name: str, read: FileRead, made: Connector) -> int:
    document = document_of(name, read, OncePlan(), Look((), 0, "", 0), made) | NOTHING_SENT
    held = read.verdict.status == "held"
    text = "Nothing was sent. Have the file corrected, or add --accept-held." if held else "Nothing was sent."
    cli.show({**document, "outcome": read.verdict.status}, lambda out: out.print(text))
    return exits.CHANGES if held else exits.REFUSED
