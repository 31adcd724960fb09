"""Exit codes of `upa`, in one place: scripts and monitors branch on them (docs/reference/cli.md lists them)."""

from __future__ import annotations

from upa_core.domain.errors import (
    AccessDeniedError,
    ConfigError,
    ConflictError,
    RefusedError,
    RetryLaterError,
)

OK = 0
FAILED = 1
CHANGES = 2
CONFIG = 3
ACCESS = 4
LATER = 5
REFUSED = 6
USAGE = 64
INTERNAL = 70
INTERRUPTED = 130

MEANINGS: dict[int, str] = {
    OK: "done; for `upa plan`: nothing would change",
    FAILED: "it failed, or it reports a failure (a failed run, a doctor's error, a connector in trouble)",
    CHANGES: "there is something to decide: a plan with changes, a hold, staging mode, a doctor's warning, "
    "a run that reached only some of its people",
    CONFIG: "the connector file or a setting is wrong",
    ACCESS: "a credential, a role or consent is missing (`upa doctor` names it)",
    LATER: "nothing is wrong, but not now: throttled, unreachable, busy, or waiting for an import job",
    REFUSED: "refused: no such user or run, nothing held, or a service refused",
    USAGE: "the command line is wrong",
    INTERNAL: "a defect of upa itself; `--debug` shows the stack trace",
    INTERRUPTED: "stopped with Ctrl-C, or by answering no; nothing is lost",
}
"""Every code and its meaning."""


class CommandError(Exception):
    """The request can't be fulfilled; the text says what to do instead."""

    def __init__(self, message: str, exit_code: int = REFUSED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def code_of(error: Exception) -> int:
    """Return the exit code of an error, by its class in domain/errors."""
    match error:
        case CommandError():
            return error.exit_code
        case ConfigError():
            return CONFIG
        case AccessDeniedError():
            return ACCESS
        case RefusedError():
            return REFUSED
        case RetryLaterError() | ConflictError():
            return LATER
        case _:
            return FAILED


HINTS: dict[int, str] = {
    ACCESS: "`upa doctor` tells which credential or role is missing, and how to grant it",
    LATER: "nothing is lost; try again in a few minutes",
}
"""The next step, where the message itself names none."""
