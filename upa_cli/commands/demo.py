"""`upa demo`: the whole pipeline against a made-up tenant, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from upa_cli.shell import exits
from upa_cli.shell.context import Cli
from upa_cli.shell.exits import CommandError
from upa_cli.shell.extras import needing, what_the_host_lacks
from upa_cli.shell.registry import command


@command(
    "demo",
    examples=["upa demo", "upa demo --hr workers.csv", "upa demo --keep"],
    shape={"good": "true where every profile equals the oracle", "folder": "where the demo left its files"},
)
def demo(
    cli: Cli,
    *,
    hr: Annotated[Path | None, typer.Option(help="An HR feed as CSV; default: a made-up one.")] = None,
    hr_mapping: Annotated[
        Path | None, typer.Option(help="Columns to attributes (YAML); default: Microsoft's sample.")
    ] = None,
    people: Annotated[int, typer.Option(help="People in the made-up feed.", min=30, max=20_000)] = 600,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the tenant up and print its addresses.")] = False,
    loop: Annotated[bool, typer.Option("--loop", help="A plain loop instead of the function app.")] = False,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its files.")] = Path(".demo"),
) -> int:
    """Run the whole pipeline against a made-up tenant on this machine.

    HR hires, a full run, edits, the difference, a joiner in escrow; at the end every profile is compared with an
    independent oracle. It takes seconds: the clock is scaled.
    """
    with needing("sim", "upa demo"):
        from tenant_sim.people.hr import HrError  # the simulator is only needed here
        from upa_cli.demo.engine import EngineError
        from upa_cli.demo.stage import DemoBusyError
        from upa_cli.demo.story import tell

    console = cli.err if cli.options.json else cli.out
    console = type(console)(file=console.file, no_color=console.no_color)  # the story uses markup
    lacks = "" if loop else what_the_host_lacks()
    host = not loop and not lacks
    if lacks:
        console.print(
            f"The functions host needs {lacks}; the same use cases run in a plain loop.", style="dim", markup=False
        )
    try:
        good = tell(console, folder=folder, feed=hr, mapping=hr_mapping, people=people, keep=keep, host=host)
    except EngineError as exc:
        text = f"{exc}\nThe plain loop does without the functions host: upa demo --loop (make demo DEMO=--loop)"
        raise CommandError(text, exits.FAILED) from exc
    except HrError as exc:
        columns = "no column named" in str(exc) and hr_mapping is None
        remedy = '\nName your columns with --hr-mapping (README, "Your own feed").' if columns else ""
        raise CommandError(f"{exc}{remedy}", exits.FAILED) from exc
    except DemoBusyError as exc:
        text = f"{exc}. Wait for it to end, or choose another place: --folder .demo2"
        raise CommandError(text, exits.FAILED) from exc
    if cli.options.json:
        cli.print_json({"good": good, "folder": str(folder)})
    return exits.OK if good else exits.FAILED
