"""`upa calls`: the last requests to Graph and SharePoint."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.csv_file import save_csv
from upa_cli.shell.output import clean, count
from upa_cli.shell.registry import command
from upa_core.domain.calls import KEPT, Call
from upa_core.services.insight.last_calls import COLUMNS, WantedCalls, call_json, last_calls

Service = Literal["graph", "library", "admin"]


@command(
    "calls",
    examples=["upa calls --failed", "upa calls --service graph --status 429", "upa calls --last 200 --csv calls.csv"],
    shape={
        "connector": "its name",
        "calls": "newest first: at, service, method, host, name, status (null: no answer), code, seconds, request_id, "
        "client_request_id",
    },
)
def calls(
    cli: Cli,
    *,
    service: Annotated[Service | None, typer.Option(help="Only at Graph, the library or the admin site.")] = None,
    status: Annotated[
        int | None, typer.Option("--status", min=0, max=599, help="Only with this HTTP status; 0: no answer.")
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only those that failed.")] = False,
    last: Annotated[int, typer.Option("--last", min=1, max=KEPT, help="How many.")] = 20,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write them to this CSV file.")] = None,
) -> int:
    """List the last calls at Graph and SharePoint, the newest first: what Microsoft's support asks for.

    The last 200 of a connector are kept, those of the function app and those of this command line, but for `upa plan`
    and `upa try`, which store nothing. A call has no address, no body and nobody's name. Name the two ids of a failed
    call to Microsoft: `request` is the service's own, `ours` is what we sent as client-request-id. `failed` is a status
    from 400 on, or no answer; what SharePoint's admin site refuses in an answer with status 200 is in the error of the
    command, with its request id.
    """
    wanted = WantedCalls(service or "", status, failed)
    found = last_calls(cli.app.store, cli.connector.name, wanted, last)
    rows = [call_json(call) for call in found]
    if csv is not None:
        save_csv(csv, COLUMNS, rows)
        cli.note(f"{count(len(rows), 'call')} in {csv}")

    def render(out: Console) -> None:
        if not found:
            every = wanted == WantedCalls()
            out.print("No call is kept yet." if every else "No kept call is like that. All of them: upa calls")
        for call in found:
            _render(out, call)

    cli.show({"connector": cli.connector.name, "calls": rows}, render)
    return exits.OK


def _render(out: Console, call: Call) -> None:
    answer = "none" if call.status is None else str(call.status)
    line = f"{call.at:%d %b %H:%M:%S}  {answer:<4} {call.seconds:>5.1f} s  {call.method} {call.name}"
    out.print(clean(line), style="red" if call.failed else "")
    if call.failed:
        out.print(clean(f"    at {call.host}" + (f": {call.code}" if call.code else "")))
        out.print(clean(f"    request {call.request_id or '-'}"))
        out.print(clean(f"    ours    {call.client_request_id or '-'}"))
