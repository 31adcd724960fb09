"""`upa pause`: stop exporting."""

from __future__ import annotations

from upa_cli.shell.context import Cli
from upa_cli.shell.registry import command
from upa_cli.work.outcome import CONTROL_SHAPE, show_control
from upa_core.services.admin import controls


@command("pause", examples=["upa pause --connector people"], shape=CONTROL_SHAPE)
def pause(cli: Cli) -> int:
    """Stop exporting until `upa resume`; nothing is lost meanwhile.

    An import job in flight is watched to its end, and people are still pulled; nothing new is planned or sent.
    """
    controls.pause(cli.ports, cli.connector, cli.who)
    return show_control(cli, "pause", f"{cli.connector.name} is paused. Next: upa resume")
