"""`upa import` itself in a `World`: the command's own function over the world's ports."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from types import SimpleNamespace

from rich.console import Console

from tests.support.world import World
from upa_cli.commands.import_ import import_
from upa_cli.shell.context import Cli, Options
from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint.people_manager import PeopleManager
from upa_core.ports.bundle import Ports
from upa_core.state.individual import CountedProfiles

FILE = "people.csv"


def import_file(world: World, ports: Ports, rows: dict[str, str], *, wait: bool = False) -> str:
    """Import a file of user name and value into `UpaExtra` and, although the connector owns it, into `UpaTitle`.

    Returns the command's output; raises as the command.
    """
    cli = Cli(Options(), {})
    cli.out = cli.err = Console(file=StringIO(), width=200)
    reader = PeopleManager(Service(world.sim.urls.admin, world.tokens, world.time, session=world.session))
    cli.__dict__["app"] = SimpleNamespace(
        connectors={world.connector.name: world.connector},
        store=ports.store,
        clock=ports.clock,
        ports=lambda _: ports,
        people_manager=lambda one: CountedProfiles(reader, ports.store, ports.clock, one),
    )
    with _folder() as folder:
        file = folder / FILE
        file.write_text("user,extra,title\n" + "".join(f"{u},{value},imported\n" for u, value in rows.items()))
        columns = ["extra=UpaExtra", "title=UpaTitle"]
        match = ["user=userPrincipalName"]
        import_(cli, file, mappings=columns, match=match, override=True, yes=True, wait=wait)
    text: str = cli.out.file.getvalue()  # type: ignore[attr-defined]
    return text


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder; only the process that made it deletes it, because a life that is copied here goes on with it."""
    folder, maker = Path(mkdtemp()), os.getpid()
    try:
        yield folder
    finally:
        if os.getpid() == maker:
            rmtree(folder)
