"""docs/reference/cli.md, made from the commands: `python -m upa_cli.reference` writes it, a test holds it to them."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, get_args

import typer
from typer.models import ArgumentInfo, OptionInfo

from upa_cli.main import commands
from upa_cli.shell import exits
from upa_cli.shell.registry import COMMON, ORDER, Command

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "cli.md"

_HEAD = """\
# Command line

<!-- Made from the commands by `python -m upa_cli.reference`; a test holds this page to them. -->

`upa` is the administrator's side of the pipeline: it runs the same use cases as the function app, on the same state. It
needs `upa.yaml` (`--config`, or `UPA_CONFIG`) and the place of state (`--state`, or `UPA_STATE`, or the function app's
`AzureWebJobsStorage`). Work on a deployment's state from your own machine with
`upa status --state https://<account>.blob.core.windows.net/upa`; a folder will do for trying: `--state folder:.state`.

A first run, step by step, is in [the transcript](../tutorial/transcript.md); the connector file is described in
[configuration](configuration.md).

- **Users** are named by user principal name or object id.
- **Results** go to standard output, progress and errors to standard error. `--json` prints one document of the shape
  given with each command; an error is `{"error": {"kind", "message", "next", "exit_code"}}`.
- **Errors** are one line each (a wrong connector file: a line a problem) with a next step; `--debug` adds the stack
  trace.
- **Colour** is for terminals only; `--no-color` and `NO_COLOR` turn it off.
- **Values** of mappings marked `redact` show as `***`. CSV cells that a spreadsheet would execute begin with `'`.
- **Help**: `upa help`, `upa help run`, or `--help` and `-h` after any command.
- **Stopping** with Ctrl-C loses nothing: the same command, or the timer, goes on from there.
"""


def page() -> str:
    """Return the whole page."""
    ordered = sorted(
        commands().values(), key=lambda one: (ORDER.index(one.path.split()[0]), list(commands()).index(one.path))
    )
    parts = [_HEAD, _common(), _codes(), "## Commands", _index(ordered), *map(_command, ordered)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _common() -> str:
    rows = [
        _parameter(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=None))
        for name, kind in COMMON.items()
    ]
    return "## Options of every command\n\nBefore or after the command's name.\n\n" + _table(
        ("option", "meaning"), rows
    )


def _codes() -> str:
    rows = [(f"`{code}`", meaning) for code, meaning in exits.MEANINGS.items()]
    return "## Exit codes\n\n" + _table(("code", "meaning"), rows)


def _index(commands: list[Command]) -> str:
    return _table(
        ("command", "what it does"),
        [(f"[`upa {one.path}`](#upa-{one.path.replace(' ', '-')})", one.summary) for one in commands],
    )


def _command(one: Command) -> str:
    arguments = [p for p in one.parameters if isinstance(_info(p), ArgumentInfo)]
    usage = " ".join(["upa", one.path, *(_metavar(p) for p in arguments)])
    parts = [f"### upa {one.path}", one.summary, one.text, f"```\n{usage} [OPTIONS]\n```"]
    if one.parameters:
        parts.append(_table(("option", "meaning"), [_parameter(p) for p in one.parameters]))
    parts.append("```sh\n" + "\n".join(one.examples) + "\n```")
    parts.append(_table(("JSON key", "meaning"), [(f"`{key}`", meaning) for key, meaning in one.shape.items()]))
    return "\n\n".join(part for part in parts if part)


def _info(parameter: inspect.Parameter) -> Any:
    return next(one for one in get_args(parameter.annotation) if isinstance(one, ArgumentInfo | OptionInfo))


def _metavar(parameter: inspect.Parameter) -> str:
    info = _info(parameter)
    name = info.metavar or parameter.name.upper()
    return name if parameter.default is inspect.Parameter.empty or name.startswith("[") else f"[{name}]"


def _parameter(parameter: inspect.Parameter) -> tuple[str, str]:
    info = _info(parameter)
    kind = get_args(parameter.annotation)[0]
    default = parameter.default
    if isinstance(info, ArgumentInfo):
        return f"`{_metavar(parameter)}`", str(info.help)
    given = (info.default, *(info.param_decls or ()))  # with Annotated the first name comes as "default"
    names = [name for name in given if isinstance(name, str) and name.startswith("-")]
    names = names or [f"--{parameter.name.replace('_', '-')}"]
    flag = kind is bool
    shown = ", ".join(f"`{name}`" for name in names) if flag else f"`{names[0]} {info.metavar or _kind(kind)}`"
    text = str(info.help)
    if not flag and default not in (None, inspect.Parameter.empty, "", [], ()):
        text += f" Default `{default}`."
    return shown, text


def _kind(kind: Any) -> str:
    plain = next((one for one in get_args(kind) if one is not type(None)), kind)
    return {int: "N", float: "N", str: "TEXT", Path: "FILE"}.get(plain, getattr(plain, "__name__", "TEXT").upper())


def _table(headings: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    lines = [f"| {headings[0]} | {headings[1]} |", "| --- | --- |"]
    lines += [f"| {left} | {right.replace('|', chr(92) + '|')} |" for left, right in rows]
    return "\n".join(lines)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    typer.echo(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
