"""What a failed command prints: one line and a next step, or with `--json` one document; and its exit code."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import typer

from upa_cli.shell import exits, output
from upa_cli.shell.context import Cli, Options
from upa_core.domain.errors import UpaError

UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""click's UsageError, wherever this version of Typer keeps it."""


def guarded(options: Options, function: Callable[..., int], given: Mapping[str, Any]) -> int:
    """Run a command; every failure becomes one line with a next step, and an exit code."""
    cli = Cli(options)
    try:
        return _kept(cli, function, given)
    except (UpaError, exits.CommandError) as exc:
        return _fail(cli, exc, exits.code_of(exc), str(exc), exits.HINTS.get(exits.code_of(exc), ""))
    except KeyboardInterrupt as exc:
        return _fail(cli, exc, exits.INTERRUPTED, "stopped; nothing is lost", "run the same command again to go on")
    except typer.Abort as exc:  # Ctrl-C or Ctrl-D at a question, or a no
        return _fail(cli, exc, exits.INTERRUPTED, "stopped; nothing was changed", "")
    except (typer.Exit, UsageError, BrokenPipeError):
        raise
    except Exception as exc:  # noqa: BLE001 - the last line of defence: no stack trace without --debug
        text = f"a defect of upa: {type(exc).__name__}: {exc}"
        return _fail(cli, exc, exits.INTERNAL, text, "run it again with --debug and report what it shows")


def _kept(cli: Cli, function: Callable[..., int], given: Mapping[str, Any]) -> int:
    """Run a command, and store the calls that it made, also when it fails."""
    try:
        return function(cli, **given)
    finally:
        cli.keep_calls()


def error_json(kind: str, message: str, hint: str, code: int) -> str:
    """Return the JSON document of a failed command: kind, message, the next step and the exit code."""
    error = {"kind": kind, "message": message, "next": hint, "exit_code": code}
    return orjson.dumps({"error": error}, option=orjson.OPT_INDENT_2).decode() + "\n"


def _fail(cli: Cli, exc: BaseException, code: int, text: str, hint: str) -> int:
    lines = [output.clean(line) for line in text.splitlines()] or [type(exc).__name__]
    if cli.options.json:
        cli.out.file.write(error_json(type(exc).__name__, "\n".join(lines), hint, code))
    if cli.options.debug:
        cli.err.file.write("".join(traceback.format_exception(exc)))
    for line in lines:
        cli.err.print(line, style="red")
    if hint and not cli.options.json:
        cli.err.print(f"Next: {hint}")
    return code
