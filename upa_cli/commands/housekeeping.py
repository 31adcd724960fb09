"""`upa housekeeping`: delete what is no longer needed."""

from __future__ import annotations

from dataclasses import asdict

from rich.console import Console

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.output import count
from upa_cli.shell.registry import command
from upa_core.services.upkeep.housekeeping import housekeeping as put_in_order


@command(
    "housekeeping",
    examples=["upa housekeeping"],
    shape={
        "connector": "its name",
        "debts_left": "files and folders in the library still to be deleted",
        "doubted": "people whose values became unknown: an import job that was given up has ended after all",
        "orphans": "leftovers deleted from the library",
        "blobs": "old blobs deleted from storage",
        "failures": "parts that couldn't be done now",
    },
)
def housekeeping(cli: Cli) -> int:
    """Delete what is no longer needed, in the library and in storage.

    The function app does this every day by itself; run it by hand after an outage. Archives within their retention are
    kept.
    """
    result = put_in_order(cli.ports, cli.connector)
    document = {"connector": cli.connector.name, **asdict(result)}

    def render(out: Console) -> None:
        out.print(
            f"Deleted {count(result.orphans, 'leftover')} in the library and {count(result.blobs, 'blob')} in storage; "
            f"{count(result.debts_left, 'deletion')} still owed."
        )
        for part in result.failures:
            out.print(f"Not done now, tried again next time: {part}")

    cli.show(document, render)
    return exits.LATER if result.failures else exits.OK
