"""`upa live-check`: tests our assumptions in a test tenant."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upa_cli.live import report
from upa_cli.live.catalog import BY_ID, CHECKS, with_needed
from upa_cli.live.check import Check, Kind
from upa_cli.live.record import Record, load
from upa_cli.live.run import LiveRun
from upa_cli.live.tenant import LiveTenant, live_tenant
from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.output import clean, count, table
from upa_cli.shell.registry import command
from upa_core.state.document import lane_of

_MARKS = {"holds": "ok", "differs": "DIFFERS", "untried": "not tried", "open": "open"}
Names = Annotated[list[str] | None, typer.Option(metavar="NAME")]


@command(
    "live-check",
    examples=[
        "upa live-check --list",
        "upa live-check --first --person test.user@contoso.com --property UpaTest --yes",
        "upa live-check --person test.user@contoso.com --property UpaTest --date UpaDate --date UpaDate2",
        "upa live-check --only escapes --person test.user@contoso.com --property UpaTest --report live-check.md",
    ],
    shape={
        "checks": "id, title, decides (one of the six that decide whether the product works), facts, needs, takes, "
        "result (holds, differs, untried, open), evidence, at, requests (the service's request ids)",
        "open": "ids of checks that have no result yet",
        "waiting_for": "the import job that is waited for, or null",
        "left_behind": "what couldn't be cleaned up",
    },
    exit_codes=(exits.OK, exits.CHANGES, exits.LATER),
)
def live_check(
    cli: Cli,
    *,
    person: Annotated[
        str | None, typer.Option(metavar="USER", help="User principal name of a test account that has a profile.")
    ] = None,
    strings: Annotated[
        list[str] | None, typer.Option("--property", metavar="NAME", help="A string property to write; repeat it.")
    ] = None,
    dates: Annotated[
        list[str] | None, typer.Option("--date", metavar="NAME", help="A date property; twice is best.")
    ] = None,
    booleans: Annotated[list[str] | None, typer.Option("--boolean", metavar="NAME", help="A boolean property.")] = None,
    integers: Annotated[
        list[str] | None, typer.Option("--integer", metavar="NAME", help="An integer property.")
    ] = None,
    editable: Annotated[str, typer.Option(metavar="NAME", help="A property that users may edit.")] = "AboutMe",
    multi: Annotated[
        str, typer.Option("--multi-value", metavar="NAME", help="A property with several values.")
    ] = "SPS-Skills",
    first: Annotated[bool, typer.Option("--first", help="Only the six that decide whether the product works.")] = False,
    only: Annotated[list[str] | None, typer.Option("--only", metavar="ID", help="Only this check; repeat it.")] = None,
    again: Annotated[
        list[str] | None, typer.Option("--again", metavar="ID", help="Forget this check's result and try it again.")
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="List the checks and what each needs; nothing is called.")
    ] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Don't wait for import jobs; call it again later.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before the test person's profile is written.")] = False,
    record: Annotated[Path, typer.Option(metavar="FILE", help="Where the results so far are kept.")] = Path(
        "live-check.json"
    ),
    report_: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Write a Markdown report too.")
    ] = None,
) -> int:
    """Test our assumptions in a test tenant, and say which ones hold.

    Nobody who wrote upa had a tenant: docs/never-tried-live.md lists what is assumed. Each check here is one such
    assumption with its test. Use a test tenant and a test account, and properties that nothing else uses: a check
    writes values into the account's profile and puts the old ones back at the end. Import jobs take hours; several
    checks share one. Ctrl-C loses nothing: the same command goes on where it stopped, also on another day.

    The report names no person and no tenant: please add it to an issue, also when all is well. The record file holds
    the account's name and the old values of the properties: keep it to yourself.

    Exit codes: 0 all that was tried holds, 2 something differs, 5 not all is decided yet.
    """
    chosen = _chosen(first, only, again)
    if list_:
        cli.show(report.document(chosen, None), lambda out: _list(out, chosen))
        return exits.OK
    kinds: dict[Kind, list[str]] = {
        "string": strings or [],
        "date": dates or [],
        "boolean": booleans or [],
        "integer": integers or [],
    }
    tenant = _tenant(cli, person, kinds, editable=editable, multi=multi)
    known = load(record)
    if known is not None and (known.tenant, known.person) != (cli.connector.target.admin_url, tenant.person):
        raise CommandError(
            f"{record} is the record of another tenant or person: name another with --record", exits.USAGE
        )
    if known is None:
        _ask(cli, tenant, yes=yes)
        started = tenant.ports.clock.now().isoformat(timespec="seconds")
        known = Record(cli.connector.target.admin_url, tenant.person, started)
    for name in again or ():
        known.results.pop(name, None)
    done = LiveRun(tenant, known, record, cli.app.calls, cli.note).go(chosen, wait=not no_wait)
    if report_ is not None:
        report_.write_text(report.markdown(chosen, known, _version()), encoding="utf-8")
        cli.note(f"the report is in {report_}")
    cli.show(report.document(chosen, known), lambda out: _render(out, chosen, known))
    if not done:
        return exits.LATER
    found = {known.results[check.id].result for check in chosen}
    return exits.CHANGES if "differs" in found else exits.OK


def _chosen(first: bool, only: list[str] | None, again: list[str] | None) -> list[Check]:
    named = [*(only or ()), *(again or ())]
    unknown = next((name for name in named if name not in BY_ID), None)
    if unknown is not None:
        raise CommandError(f"there is no check {clean(unknown)[:60]!r}: upa live-check --list names them", exits.USAGE)
    if first:
        named += [check.id for check in CHECKS if check.first]
    return with_needed(named) if named else list(CHECKS)


def _tenant(cli: Cli, person: str | None, kinds: dict[Kind, list[str]], *, editable: str, multi: str) -> LiveTenant:
    if person is None:
        raise CommandError("name a test account with --person USER; it needs a profile", exits.USAGE)
    if not any(kinds.values()):
        raise CommandError("name a property that may be written with --property NAME", exits.USAGE)
    flight = lane_of(cli.ports.store, cli.connector).load().value.in_flight
    if flight is not None:
        text = f"{flight.connector} has an import job in flight, and only one may be: wait for it (upa status)"
        raise CommandError(text, exits.LATER)
    return live_tenant(cli.app, cli.connector, person, kinds, editable=editable, multi=multi)


def _ask(cli: Cli, tenant: LiveTenant, *, yes: bool) -> None:
    names = ", ".join(name for given in tenant.properties.values() for name in given)
    text = f"This writes {clean(names)} of {clean(tenant.person)} in {cli.connector.target.admin_url}"
    if yes:
        cli.note(text)
        return
    if not sys.stdin.isatty():
        raise CommandError(f"{text}: confirm with --yes", exits.USAGE)
    typer.confirm(f"{text}, and puts the old values back. Is it a test tenant?", abort=True, err=True)


def _list(out: Console, checks: list[Check]) -> None:
    out.print(table(("check", "what it asks"), [(one.id, one.title) for one in checks]))
    out.print("Needs more than a connector, a test account and a string property:")
    out.print(table(("check", "needs"), [(one.id, one.needs) for one in checks if one.needs]))


def _render(out: Console, checks: list[Check], known: Record) -> None:
    rows = []
    for check in checks:
        result = known.results.get(check.id)
        word = _MARKS[result.result if result is not None else "open"]
        rows.append((word, check.id, clean(result.evidence) if result is not None else ""))
    out.print(table(("result", "check", "evidence"), rows))
    for text in known.left:
        out.print(clean(f"left behind: {text}"), style="yellow")
    differ = [one.id for one in checks if one.id in known.results and known.results[one.id].result == "differs"]
    open_ = [one.id for one in checks if one.id not in known.results]
    if differ:
        out.print(f"{count(len(differ), 'check')} differ: docs/never-tried-live.md says what each means for you.")
    if open_:
        out.print(f"{count(len(open_), 'check')} open: run the same command again to go on.")
    if not differ and not open_:
        out.print("All that could be tried holds. Please report it: --report FILE writes a text without names.")


def _version() -> str:
    try:
        return version("upa-sync")
    except PackageNotFoundError:
        return "0"
