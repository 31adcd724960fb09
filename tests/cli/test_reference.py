"""Every command has help with an example, is documented, takes the common options, and prints JSON of its shape."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tests.cli.conftest import Office
from upa_cli import reference
from upa_cli.main import command_line, commands
from upa_cli.shell import exits

every_command = pytest.mark.parametrize("path", sorted(commands()))
COMMON = {"--config", "--state", "--connector", "--json", "--debug", "--no-color"}


def help_of(path: str) -> str:
    result = CliRunner().invoke(command_line(), [*path.split(), "--help"])
    assert result.exit_code == exits.OK
    return result.stdout


@every_command
def test_help_teaches_with_an_example(path: str) -> None:
    """The help has a summary that ends in a full stop, more than one sentence, and an example of this very command."""
    text = help_of(path)

    assert commands()[path].summary.endswith(".")
    assert commands()[path].text
    assert f"Examples:\n    upa {path}" in text or f"Examples:\n  upa {path}" in text


@every_command
def test_examples_are_accepted_by_the_parser(path: str) -> None:
    """Every example names a command and options that exist."""
    root: Any = typer.main.get_command(command_line())
    for example in commands()[path].examples:
        for call in re.split(r"\s(?:&&|\||>)\s", example):
            words = call.split()
            if words[0] != "upa":
                continue
            command, rest = root, words[1:]
            while rest and rest[0] in getattr(command, "commands", {}):
                command, rest = command.commands[rest[0]], rest[1:]
            known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
            assert {word for word in rest if word.startswith("--")} <= known, example


@every_command
def test_common_options_go_before_and_after(path: str) -> None:
    """A command takes the common options itself; the program takes them before it."""
    root: Any = typer.main.get_command(command_line())
    command = root
    for word in path.split():
        command = command.commands[word]

    assert {name for parameter in command.params for name in parameter.opts} >= COMMON
    assert {name for parameter in root.params for name in parameter.opts} >= COMMON


@every_command
def test_the_shape_of_the_json_is_documented(path: str) -> None:
    """Each key has a meaning, in the page of the command line."""
    assert commands()[path].shape
    page = reference.PAGE.read_text(encoding="utf-8")
    section = page.partition(f"### upa {path}\n")[2].partition("\n### ")[0]
    assert [key for key in commands()[path].shape if f"| `{key}` |" not in section] == []


def test_the_reference_is_current() -> None:
    """docs/reference/cli.md is what the commands say; `python -m upa_cli.reference` writes it."""
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page()


def test_every_exit_code_is_documented_once() -> None:
    """The codes are distinct, and each constant has its meaning in the page."""
    constants = {name: value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}

    assert sorted(constants.values()) == sorted(exits.MEANINGS)
    assert len(set(constants.values())) == len(constants)


READERS: dict[str, Callable[[Office, dict[str, Any]], list[str]]] = {
    "config check": lambda office, at: ["config", "check"],
    "doctor": lambda office, at: ["doctor"],
    "plan": lambda office, at: ["plan"],
    "status": lambda office, at: ["status"],
    "runs": lambda office, at: ["runs"],
    "jobs list": lambda office, at: ["jobs", "list"],
    "why": lambda office, at: ["why", office.upn("ada")],
    "sync-user": lambda office, at: ["sync-user", office.upn("ada"), "--dry-run"],
    "escrow list": lambda office, at: ["escrow", "list"],
    "escrow causes": lambda office, at: ["escrow", "causes"],
    "escrow retry": lambda office, at: ["escrow", "retry"],
    "hold show": lambda office, at: ["hold", "show"],
    "state show": lambda office, at: ["state", "show"],
    "state export": lambda office, at: ["state", "export", str(office.folder / "s.zip")],
    "state import": lambda office, at: ["state", "import", str(office.folder / "s.zip")],
    "state rewind": lambda office, at: ["state", "rewind", str(office.folder / "s.zip")],
    "reset": lambda office, at: ["reset", "--quarantine"],
    "archive list": lambda office, at: ["archive", "list"],
    "archive get": lambda office, at: ["archive", "get", at["run"], "--out", str(office.folder / "archive")],
    "housekeeping": lambda office, at: ["housekeeping"],
    "pause": lambda office, at: ["pause"],
    "resume": lambda office, at: ["resume"],
    "go": lambda office, at: ["go"],
    "adopt": lambda office, at: ["adopt"],
    "run": lambda office, at: ["run"],
    "run show": lambda office, at: ["run", "show", at["run"]],
    "config diff": lambda office, at: ["config", "diff", at["run"]],
    "import": lambda office, at: ["import", at["file"], "--map", "City=NewCity", "--dry-run"],
    "canary": lambda office, at: ["canary", office.upn("bo")],
    "init": lambda office, at: [
        "init",
        str(office.folder / "i.yaml"),
        "--tenant",
        "contoso.com",
        "--sharepoint",
        "contoso",
        "--map",
        "A=city",
    ],
}


def test_json_has_the_documented_keys(office: Office) -> None:
    """With --json a command prints one document with exactly the documented keys, and nothing on the error stream."""
    office.sim.profiles.define("NewCity")
    (office.folder / "people.csv").write_text(f"upn,City\n{office.upn('ada')},Rome\n", encoding="utf-8")
    at = {
        "run": office.upa("run", "--json").json["runs"][0]["run"],
        "file": str(office.folder / "people.csv"),
    }
    wrong = {}
    for path, words in READERS.items():
        answer = office.upa("--json", *words(office, at))
        if sorted(json.loads(answer.out)) != sorted(commands()[path].shape) or answer.err:
            wrong[path] = (answer.code, answer.out[:400], answer.err[:400])

    assert wrong == {}


def test_usage_errors_exit_with_64(office: Office) -> None:
    """A wrong option, a missing argument, an unknown command: 64, never 2, which means changes."""
    calls = [["plan", "--nope"], ["why"], ["nope"], ["hold", "nope"], ["runs", "--last", "0"], ["reset"], []]

    assert [office.upa(*call).code for call in calls] == [exits.USAGE] * len(calls)
