"""Registers commands: common options, help with an example, the shape of the JSON, exit codes, errors on one line."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Annotated, Any, get_type_hints

import typer
from typer.core import TyperGroup

from upa_cli.shell import exits
from upa_cli.shell.context import Options
from upa_cli.shell.failures import UsageError, error_json, guarded

COMMON: dict[str, Any] = {
    "config": Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="The connector file; default UPA_CONFIG, upa.yaml.")
    ],
    "state": Annotated[
        str | None,
        typer.Option("--state", metavar="PLACE", help="folder:PATH or a container URL; default as the function app."),
    ],
    "connector": Annotated[
        str | None, typer.Option("--connector", metavar="NAME", help="The connector, where the file holds several.")
    ],
    "json": Annotated[bool, typer.Option("--json", help="Print one JSON document to standard output.")],
    "debug": Annotated[bool, typer.Option("--debug", help="Show every event, and stack traces.")],
    "no_color": Annotated[bool, typer.Option("--no-color", help="No colours; also off in a pipe and with NO_COLOR.")],
}
"""The options that every command takes, before or after its name."""
_DEFAULTS: dict[str, Any] = dict.fromkeys(("config", "state", "connector")) | dict.fromkeys(
    ("json", "debug", "no_color"), False
)


ORDER = [
    *(
        "init",
        "extensions",
        "config",
        "source",
        "try",
        "grant",
        "doctor",
        "plan",
        "canary",
        "go",
        "adopt",
        "run",
        "import",
        "pause",
        "resume",
    ),
    *(
        "sync-user",
        "status",
        "runs",
        "jobs",
        "calls",
        "why",
        "escrow",
        "hold",
        "declined",
        "drift",
        "freshness",
        "verify",
        "state",
        "reset",
        "archive",
        "housekeeping",
    ),
    *("forget", "revoke", "live-check", "sim", "demo"),
]
"""The commands in the order in which an administrator meets them, for help and reference."""


class UpaGroup(TyperGroup):
    """A group whose usage errors exit with 64, as 2 means "changes" here; `help run` is `run --help`."""

    def list_commands(self, ctx: Any) -> list[str]:
        """List commands in the order of `ORDER`, those of a group as they were registered."""
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: ORDER.index(name) if name in ORDER else -1)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse; mark a wrong command line."""
        if args[:1] == ["help"]:
            args = [*args[1:], "--help"]
        json = "--json" in args
        try:
            made = super().make_context(info_name, args, parent, **extra)
        except UsageError as exc:
            raise _marked(exc, json=json and parent is None) from None
        made.meta.setdefault("json", json)  # click shares it with the contexts of subcommands
        return made

    def invoke(self, ctx: Any) -> Any:
        """Run the command; mark a wrong command line below this group."""
        try:
            return super().invoke(ctx)
        except UsageError as exc:
            raise _marked(exc, json=ctx.meta["json"] and ctx.parent is None) from None


def _marked(exc: Any, *, json: bool) -> Any:
    """Give a wrong command line its exit code, and with `json` its document on standard output."""
    exc.exit_code = exits.USAGE
    if json:
        sys.stdout.write(error_json("UsageError", exc.format_message(), "--help shows what there is", exits.USAGE))
    return exc


@dataclass(frozen=True, slots=True)
class Command:
    """A command as the reference and the tests see it."""

    path: str
    summary: str
    text: str
    examples: tuple[str, ...]
    shape: Mapping[str, str]
    """Keys of the JSON document and their meaning."""
    exit_codes: tuple[int, ...]
    parameters: tuple[inspect.Parameter, ...] = field(default=(), repr=False)


COMMANDS: dict[str, Command] = {}

app = typer.Typer(
    name="upa",
    cls=UpaGroup,
    help="Keeps custom SharePoint user-profile properties equal to Microsoft Entra attributes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"]},
    epilog="First time? upa init, upa config check, upa grant, upa doctor, upa plan, upa canary USER, upa go, upa run. "
    "More of one command: upa help run.",
)
_GROUPS: dict[str, typer.Typer] = {}


def group(name: str, summary: str, *, alone: bool = False) -> None:
    """Make a group of commands, `upa NAME …`; `alone`: `upa NAME` is a command too."""
    _GROUPS[name] = typer.Typer(
        cls=UpaGroup, help=summary, no_args_is_help=not alone, add_completion=False, rich_markup_mode=None
    )
    app.add_typer(_GROUPS[name], name=name, short_help=summary)


def _callback(ctx: typer.Context, **given: Any) -> None:
    ctx.obj = _options(given)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"upa {version('upa-sync')}")
        raise typer.Exit(exits.OK)


def command(
    path: str, *, examples: Sequence[str], shape: Mapping[str, str], exit_codes: Sequence[int] = (exits.OK,)
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Register `upa PATH`: a function of the `Cli` and its own options that returns the exit code.

    Its docstring is the help: the first line is the summary. What it raises becomes one line and an exit code.
    """

    def register(function: Callable[..., int]) -> Callable[..., int]:
        hints = get_type_hints(function, include_extras=True)
        own = [
            parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
            for name, parameter in list(inspect.signature(function).parameters.items())[1:]
        ]
        text = inspect.getdoc(function) or ""
        first, _, rest = text.partition("\n\n")
        summary = " ".join(first.split())
        codes = tuple(dict.fromkeys((*exit_codes, exits.FAILED, exits.CONFIG, exits.ACCESS, exits.LATER)))
        COMMANDS[path] = Command(path, summary, rest.strip(), tuple(examples), shape, codes, tuple(own))

        def run(ctx: typer.Context, **given: Any) -> None:
            before = ctx.obj if isinstance(ctx.obj, Options) else Options()
            options = _options({name: given.pop(name) for name in COMMON}).over(before)
            if ctx.invoked_subcommand is not None:
                ctx.obj = options
                return
            raise typer.Exit(guarded(options, function, given))

        _sign(run, own)
        if path in _GROUPS:
            _GROUPS[path].callback(invoke_without_command=True, help=_help(COMMANDS[path]))(run)
            return function
        parent, _, name = path.rpartition(" ")
        target = _GROUPS[parent] if parent else app
        target.command(name, help=_help(COMMANDS[path]), short_help=summary)(run)
        return function

    return register


def _sign(function: Any, own: Sequence[inspect.Parameter]) -> None:
    """Give a function the parameters that Typer reads."""
    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    common = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=_DEFAULTS[name])
        for name, kind in COMMON.items()
    ]
    parameters = [context, *own, *common]
    function.__signature__ = inspect.Signature(parameters)
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}


_VERSION = Annotated[
    bool, typer.Option("--version", help="Show the version and stop.", is_eager=True, callback=_version)
]
_sign(_callback, [inspect.Parameter("version", inspect.Parameter.KEYWORD_ONLY, annotation=_VERSION, default=False)])
app.callback()(_callback)


def _options(given: Mapping[str, Any]) -> Options:
    return Options(**{name: given[name] for name in _DEFAULTS if name != "no_color"}, color=not given["no_color"])


def _help(made: Command) -> str:
    parts = [made.summary, made.text, "\b\nExamples:\n" + "\n".join(f"  {example}" for example in made.examples)]
    codes = [code for code in made.exit_codes if code in (exits.OK, exits.FAILED, exits.CHANGES)]
    parts.append("\b\nExit codes: " + ", ".join(str(code) for code in codes) + "; all are in docs/reference/cli.md")
    return "\n\n".join(part for part in parts if part)
