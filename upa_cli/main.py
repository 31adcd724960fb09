"""The command line `upa`."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping

import typer

from upa_cli.commands import (
    adopt,
    archive,
    calls,
    canary,
    config,
    declined,
    demo,
    doctor,
    drift,
    escrow,
    extensions,
    forget,
    freshness,
    go,
    grant,
    hold,
    housekeeping,
    import_,
    init,
    jobs,
    live_check,
    pause,
    plan,
    reset,
    resume,
    revoke,
    run,
    runs,
    sim,
    source,
    state,
    status,
    sync_user,
    try_,
    verify,
    why,
)
from upa_cli.shell import registry

FAMILIES = (
    *(init, config, source, try_, doctor, plan, go, canary, adopt, run, import_, pause, resume, housekeeping),
    *(status, runs, jobs, calls, why, sync_user, escrow, hold, declined, drift, freshness, verify),
    *(state, reset, archive, forget),
    *(grant, revoke, extensions, live_check, demo, sim),
)
"""The modules that register the commands, in the order of the reference."""


def command_line() -> typer.Typer:
    """Return `upa` with every command registered."""
    return registry.app


def commands() -> Mapping[str, registry.Command]:
    """Return every command by its path, such as `state export`."""
    return registry.COMMANDS


def main() -> None:
    """Run the command line; an error that an administrator can fix is one line, without a stack trace."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without UTF-8 shows question marks in place of arrows
    command_line()()
