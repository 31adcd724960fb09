"""The command line `upa`."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping

import typer

from upa_cli.commands import (
    archive,
    config,
    declined,
    doctor,
    escrow,
    extensions,
    forget,
    grants,
    hold,
    jobs,
    live_check,
    local,
    plan,
    run,
    setup,
    source,
    stage,
    state,
    status,
    why,
)
from upa_cli.shell import registry

FAMILIES = (
    *(setup, config, source, doctor, plan, stage, run, status, jobs, why, escrow, hold, declined),
    *(state, archive, forget, grants, extensions, live_check, local),
)
"""The modules that register the commands, in the order of the reference."""


def command_line() -> typer.Typer:
    """Return `upa` with every command registered."""
    return registry.app


def commands() -> Mapping[str, registry.Command]:
    """Return every command by its path, such as `state export`."""
    return registry.COMMANDS


def main() -> None:
    """Run the command line; what an administrator can fix is one line, not a stack trace."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no arrows gets question marks
    command_line()()
