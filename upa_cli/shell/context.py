"""The context of a command: settings from options and environment, the app built on first use, and the output."""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import orjson
from rich.console import Console

from upa_cli.shell import exits, output
from upa_cli.shell.progress import Progress
from upa_core.bootstrap import App, build
from upa_core.domain.connector import Connector
from upa_core.ports.bundle import Ports
from upa_core.services.insight.last_calls import keep_calls


@dataclass(frozen=True, slots=True)
class Options:
    """The options that every command takes."""

    config: str | None = None
    state: str | None = None
    connector: str | None = None
    json: bool = False
    debug: bool = False
    color: bool = True

    def over(self, base: Options) -> Options:
        """Return a command's options, completed by those given before it."""
        return Options(
            config=self.config or base.config,
            state=self.state or base.state,
            connector=self.connector or base.connector,
            json=self.json or base.json,
            debug=self.debug or base.debug,
            color=self.color and base.color,
        )


class Cli:
    """One invocation."""

    def __init__(self, options: Options, environ: Mapping[str, str] | None = None) -> None:
        """Read nothing yet."""
        self.options = options
        self._keeps_calls = True
        self._environ = dict(os.environ if environ is None else environ)
        if options.config:
            self._environ["UPA_CONFIG"] = options.config
        if options.state:
            self._environ["UPA_STATE"] = options.state
        color = options.color and "NO_COLOR" not in self._environ
        self.out: Console = output.console(color=color)
        self.err: Console = output.console(stderr=True, color=color)

    @property
    def environ(self) -> Mapping[str, str]:
        """The environment, with the options in place of its variables."""
        return self._environ

    @property
    def config_name(self) -> str:
        """The connector file as `UPA_CONFIG` or `--config` names it."""
        return self._environ.get("UPA_CONFIG", "").strip() or "upa.yaml"

    @cached_property
    def progress(self) -> Progress:
        """The target of events: a line each on the error stream, nothing with `--json`."""
        return Progress(self.err, quiet=self.options.json and not self.options.debug, everything=self.options.debug)

    @cached_property
    def app(self) -> App:
        """The app, as the function app would build it."""
        built = build(self._environ, events=self.progress)
        self.progress.clock = built.clock
        return built

    @cached_property
    def connector(self) -> Connector:
        """The chosen connector: the named one, or the only one."""
        known = self.app.connectors
        name = self.options.connector
        if name is None:
            if len(known) > 1:
                text = f"{self.config_name} holds several connectors: name one with --connector ({', '.join(known)})"
                raise exits.CommandError(text, exits.USAGE)
            return next(iter(known.values()))
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            raise exits.CommandError(f"no connector named {output.clean(name)[:60]!r}; {hint}", exits.USAGE)
        return known[name]

    @property
    def connectors(self) -> list[Connector]:
        """The named connector, or all of them."""
        return [self.connector] if self.options.connector else list(self.app.connectors.values())

    @cached_property
    def ports(self) -> Ports:
        """The ports of the connector."""
        return self.app.ports(self.connector)

    def store_nothing(self) -> None:
        """Don't store the calls either: a preview doesn't change storage."""
        self._keeps_calls = False

    def keep_calls(self) -> None:
        """Store the calls that were made, where `upa calls` finds them; nothing where the app wasn't needed."""
        built = self.__dict__.get("app")
        if built is not None and self._keeps_calls:
            keep_calls(built.store, built.calls.take())

    @property
    def who(self) -> str:
        """The name of the user at the keyboard, for the record."""
        try:
            return f"{getpass.getuser()}@{socket.gethostname()}"
        except (OSError, KeyError):
            return "unknown"

    def show(self, document: Mapping[str, Any], render: Callable[[Console], None]) -> None:
        """Print the document with `--json`, otherwise what `render` prints for people."""
        if self.options.json:
            self.print_json(document)
        else:
            render(self.out)

    def print_json(self, document: Any) -> None:
        """Print a JSON document to standard output."""
        try:
            text = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()
        except TypeError:  # a lone surrogate in a person's value: escaped, as JSON allows
            text = json.dumps(document, indent=2)
        self.out.file.write(text + "\n")

    def note(self, text: str, style: str = "") -> None:
        """Print a remark on the error stream; nothing with `--json`."""
        if not self.options.json:
            self.err.print(output.clean(text), style=style)
