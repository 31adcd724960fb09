"""The demo's output: chapters, profiles before and after, run reports, the verdict."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from upa_cli.demo.shell import environment_file, program, quoted, shell_of
from upa_cli.demo.stage import Stage

if TYPE_CHECKING:
    from upa_cli.demo.story import Chapter

SHOWN_DIFFERENCES = 5


def addresses(console: Console, on: Stage) -> None:
    """Print what is running and where."""
    urls = on.served.urls
    console.print("[bold]upa-sync demo[/]: a simulated Microsoft 365 tenant on this machine, and the real pipeline")
    console.print(f"  [dim]Graph {urls.graph}  SharePoint {urls.sharepoint}  admin {urls.admin}[/]", highlight=False)
    console.print(f"  [dim]connector file {on.connector_file}  state {on.folder / 'state'}[/]", highlight=False)


def chapter(console: Console, number: str, title: str) -> None:
    """Print the title of a chapter."""
    console.print()
    console.print(f"[bold cyan]{number}. {title}[/]", highlight=False)


def profiles(console: Console, on: Stage, cast: dict[str, str], before: dict[str, dict[str, str]]) -> None:
    """Print a few people's profiles as PeopleManager returns them, with the values before the edits."""
    table = Table(title="profiles, read back from SharePoint", title_justify="left", show_lines=False)
    for heading in ("person", "what happened", "property", "before", "after"):
        table.add_column(heading, overflow="fold")
    for person, what in cast.items():
        user = on.sim.directory.get(person)
        now = on.profiles.properties(user["userPrincipalName"]) or {}
        old = before.get(person, {})
        changed = [name for name in on.connector.targets if now.get(name, "") != old.get(name, "")]
        for at, name in enumerate(changed):
            first = at == 0
            table.add_row(
                escape(user["displayName"]) if first else "",
                what if first else "",
                name,
                escape(old.get(name, "")) or "[dim]-[/]",
                escape(now.get(name, "")) or "[dim]-[/]",
            )
    console.print(table)


def runs(console: Console, chapters: Sequence[Chapter]) -> None:
    """Print what each run did and how many calls it made."""
    table = Table(title="runs, from their reports", title_justify="left")
    for heading in ("run", "seen", "to set", "to clear", "done", "escrow", "files", "Graph", "SPO"):
        table.add_column(heading, justify="left" if heading == "run" else "right", no_wrap=True)
    for chapter in chapters:
        graph = sum(count for call, count in chapter.calls.items() if call.startswith("graph "))
        sharepoint = sum(count for call, count in chapter.calls.items() if call.startswith(("sharepoint ", "admin ")))
        counts = [report.counts for report in chapter.reports]
        fields = ("people", "updated", "cleared", "exported", "escrowed")
        table.add_row(
            chapter.name,
            *(str(sum(getattr(c, field) for c in counts)) for field in fields),
            str(sum(len(report.files) for report in chapter.reports)),
            str(graph),
            str(sharepoint),
        )
    table.caption = "Graph, SPO (SharePoint Online): calls; most of SharePoint's are polls of the import job"
    table.caption_justify = "left"
    console.print(table)


def verdict(console: Console, on: Stage, wrong: Sequence[str], left_over: int, *, good: bool) -> None:
    """Print whether everything came out right, and what to read next."""
    if good:
        people = len(on.sim.directory.users())
        console.print(
            f"[bold green]All {people} profiles equal the oracle[/]; the library is empty; nothing is in flight."
        )
    else:
        console.print(
            f"[bold red]{len(wrong)} values differ from the oracle[/], {left_over} items left in the library."
        )
        for line in wrong[:SHOWN_DIFFERENCES]:
            console.print(f"  {escape(line)}")
    console.print(
        f"  Look next: the archive in {on.folder / 'state' / 'runs'}, the settings in {on.connector_file}, README.md",
        highlight=False,
    )


def wait(console: Console, on: Stage) -> None:
    """Keep the tenant running until Ctrl-C; the commands to type stay the last thing on the screen."""
    console.print("[bold]The tenant stays up[/] until Ctrl-C. In another terminal, to work with it:")
    shell, upa = shell_of(os.environ), program()
    source = environment_file(on.folder, {**on.served.environment(), **on.environ}, shell)
    for line in (f"cd {quoted(str(Path.cwd()), shell)}", source, f"{upa} status", f"{upa} plan"):
        console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"  {upa} why joerg.new@contoso.com", highlight=False, markup=False, soft_wrap=True)
    if on.engine.base_url:
        code = f"?code={on.engine.key}" if on.engine.key else ""
        console.print(f"Status page: {on.engine.base_url}/api/ui{code}", highlight=False, soft_wrap=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        console.print("Stopped.")
