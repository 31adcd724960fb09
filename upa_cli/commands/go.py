"""`upa go`: the end of staging mode."""

from __future__ import annotations

from upa_cli.shell.context import Cli
from upa_cli.shell.registry import command
from upa_cli.work.outcome import CONTROL_SHAPE, show_control
from upa_core.services.admin import controls
from upa_core.state.document import state_of


@command("go", examples=["upa go", "upa go --connector people"], shape=CONTROL_SHAPE)
def go(cli: Cli) -> int:
    """End staging mode: from now on plans are exported.

    A new connector starts in staging mode, and returns to it when its mappings, scope or source change (not with
    `staging: false` in the connector file). Look at `upa plan` first, and try one person with `upa canary USER`.
    Everything pulled meanwhile is exported at the next tick of the timer, or by `upa run`; the change threshold still
    holds plans that clear too much.
    """
    connector = cli.connector
    if not connector.staging:
        return show_control(cli, "nothing", f"{connector.name} has no staging mode (`staging: false`): it is live.")
    staged = connector.in_staging(state_of(cli.ports.store, connector.name).load().value)
    if not staged:
        return show_control(cli, "nothing", f"{connector.name} is live already. Next: upa status")
    controls.go(cli.ports, connector, cli.who)
    return show_control(cli, "go", f"{connector.name} leaves staging mode. Next: upa run, or wait for the timer")
