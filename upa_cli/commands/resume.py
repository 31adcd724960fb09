"""`upa resume`: export again."""

from __future__ import annotations

from upa_cli.shell.context import Cli
from upa_cli.shell.registry import command
from upa_cli.work.outcome import CONTROL_SHAPE, show_control
from upa_core.services.admin import controls


@command("resume", examples=["upa resume --connector people"], shape=CONTROL_SHAPE)
def resume(cli: Cli) -> int:
    """Export again after `upa pause`, or after quarantine switched the connector off; what failed is tried at once.

    What was pulled during the pause is merged into one plan at the next tick of the timer, or by `upa run`. A
    connector in quarantine stays there until a try succeeds; one that was switched off has another 28 days for that.
    """
    controls.resume(cli.ports, cli.connector, cli.who)
    return show_control(cli, "resume", f"{cli.connector.name} exports again at the next tick. Or now: upa run")
