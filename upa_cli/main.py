"""The command line `upa`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from upa_core.domain.errors import UpaError

app = typer.Typer(
    name="upa",
    help="Keeps custom SharePoint user-profile properties equal to Microsoft Entra attributes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

EXIT_OK = 0
EXIT_FAILED = 1


@app.callback()
def upa() -> None:
    """Keeps custom SharePoint user-profile properties equal to Microsoft Entra attributes."""


@app.command()
def demo(
    hr: Annotated[Path | None, typer.Option(help="An HR feed as CSV; default: a made-up one.")] = None,
    hr_mapping: Annotated[
        Path | None, typer.Option(help="Columns to attributes (YAML); default: Microsoft's sample.")
    ] = None,
    people: Annotated[int, typer.Option(help="People in the made-up feed.", min=30, max=20_000)] = 600,
    keep: Annotated[bool, typer.Option(help="Leave the tenant up and print its addresses.")] = False,
    loop: Annotated[bool, typer.Option("--loop", help="A plain loop instead of the function app.")] = False,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its files.")] = Path(".demo"),
) -> None:
    """Run the whole pipeline against a made-up tenant on this machine.

    Example: upa demo --hr workers.csv
    """
    from tenant_sim.hr import HrError  # noqa: PLC0415 - the simulator is only needed here
    from upa_cli.demo.engine import EngineError  # noqa: PLC0415
    from upa_cli.demo.stage import DemoBusyError  # noqa: PLC0415
    from upa_cli.demo.story import tell  # noqa: PLC0415

    console = Console()
    host = not loop and sys.version_info >= (3, 13)
    if not host and not loop:
        console.print("[dim]The functions host needs Python 3.13; the same use cases run in a plain loop (upa run).[/]")
    try:
        good = tell(console, folder=folder, feed=hr, mapping=hr_mapping, people=people, keep=keep, host=host)
    except EngineError as exc:
        _fail(f"{exc}\nThe plain loop does without the functions host: make demo DEMO=--loop")
    except HrError as exc:
        _fail(f'{exc}\nMend the row, or name your columns with --hr-mapping (README, "Your own feed").')
    except DemoBusyError as exc:
        _fail(f"{exc}. Wait for it to end, or choose another place: --folder .demo2")
    raise typer.Exit(EXIT_OK if good else EXIT_FAILED)


def _fail(message: str) -> None:
    Console(stderr=True, soft_wrap=True).print(message, style="red", highlight=False, markup=False)
    raise typer.Exit(EXIT_FAILED)


def main() -> None:
    """Run the command line; what an administrator can mend is one line, not a stack trace."""
    try:
        app()
    except UpaError as exc:
        Console(stderr=True, soft_wrap=True).print(str(exc), style="red", highlight=False, markup=False)
        sys.exit(EXIT_FAILED)
