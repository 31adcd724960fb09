"""The command line `upa`."""

from __future__ import annotations

from upa_cli.commands import (
    archive,
    config,
    escrow,
    hold,
    local,
    plan,
    run,
    stage,
    state,
    status,
    why,
)
from upa_cli.registry import COMMANDS, app

__all__ = ["COMMANDS", "FAMILIES", "app", "main"]

FAMILIES = (config, plan, stage, run, status, why, escrow, hold, state, archive, local)
"""The modules that register the commands, in the order of the reference."""


def main() -> None:
    """Run the command line; what an administrator can mend is one line, not a stack trace."""
    app()
