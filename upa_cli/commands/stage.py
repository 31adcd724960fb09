"""`upa go`, `upa canary`, `upa adopt`: the way of a new connector from staging mode to live."""

from __future__ import annotations

from upa_cli.commands.run import CONTROL_SHAPE, show_control
from upa_cli.context import Cli
from upa_cli.registry import command
from upa_core.services import controls
from upa_core.services.documents import state_of


@command("go", examples=["upa go", "upa go --connector people"], shape=CONTROL_SHAPE)
def go(cli: Cli) -> int:
    """End staging mode: from now on plans are exported.

    Look at `upa plan` first, and try one person with `upa canary USER`. Everything pulled meanwhile is exported at the
    next tick of the timer, or by `upa run`; the change threshold still holds plans that clear too much.
    """
    connector = cli.connector
    if not connector.staging:
        return show_control(cli, "nothing", f"{connector.name} isn't in staging mode (no `staging: true`): it is live.")
    released = state_of(cli.ports.store, connector.name).load().value.released
    controls.go(cli.ports, connector, cli.who)
    text = "was live already" if released else "leaves staging mode"
    return show_control(cli, "go", f"{connector.name} {text}. Next: upa run, or wait for the timer")
