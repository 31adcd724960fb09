"""The command line `upa`."""

from __future__ import annotations

import io
import sys

from upa_cli.commands import (
    archive,
    config,
    doctor,
    escrow,
    extensions,
    forget,
    grants,
    hold,
    jobs,
    local,
    plan,
    run,
    setup,
    stage,
    state,
    status,
    why,
)
from upa_cli.shell.registry import COMMANDS, app

__all__ = ["COMMANDS", "FAMILIES", "app", "main"]

FAMILIES = (
    *(setup, config, doctor, plan, stage, run, status, jobs, why, escrow, hold),
    *(state, archive, forget, grants, extensions, local),
)
"""The modules that register the commands, in the order of the reference."""


def main() -> None:
    """Run the command line; what an administrator can fix is one line, not a stack trace."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no arrows gets question marks
    app()
