"""Commands in the documentation: ours exist with their options (those that are built), and so do make targets."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from tests.docs.pages import PAGES, ROOT, blocks
from upa_cli.main import command_line

PLANNED = {
    "init",
    "import",
    "config",
    "doctor",
    "plan",
    "go",
    "canary",
    "run",
    "pause",
    "resume",
    "adopt",
    "status",
    "runs",
    "jobs",
    "why",
    "sync-user",
    "escrow",
    "hold",
    "state",
    "reset",
    "archive",
    "grant",
    "revoke",
    "sim",
    "demo",
    "forget",
}
"""Every command of `upa` (issue 6); the check against the program covers those that it has."""

MAKE = re.compile(r"(?:^|`)\s*make ([a-z][a-z-]*)")


def tree(command: Any) -> dict[str, Any]:
    """Return the subcommands of a command group."""
    return dict(getattr(command, "commands", {}))


ROOT_COMMAND = typer.main.get_command(command_line())


def of_the_pages() -> Iterator[tuple[str, str]]:
    """Return every `upa …` in the pages: where it stands, and the line."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        where = str(page.relative_to(ROOT))
        for line in re.findall(r"`(upa [^`\n]+)`", text):
            yield where, line
    for block in blocks("console", "sh", "bash"):
        for line in re.findall(r"^\$ (upa .*)$", block.text, re.MULTILINE):
            yield str(block.page.relative_to(ROOT)), line


def of_the_hook() -> Iterator[tuple[str, str]]:
    """Return what the hook of azd tells people to run."""
    text = (ROOT / "scripts" / "postprovision").read_text(encoding="utf-8")
    for line in re.findall(r"(upa [a-z][^\n\"`]*)", text):
        yield "scripts/postprovision", line.replace("$", "")


@pytest.fixture(scope="module")
def invocations() -> list[tuple[str, str]]:
    """Return every `upa …` that somebody is told to run: where it stands, and the line."""
    return sorted({*of_the_pages(), *of_the_hook()})


def words(line: str) -> list[str]:
    """Return a command line's words after `upa`."""
    plain = re.sub(r"[…|].*|<[^>]*>", "X", line)
    return shlex.split(re.sub(r'"\$\([^)]*\)"', "X", plain))[1:]


def complaints(line: str) -> Iterator[str]:
    """Tell what an existing command wouldn't take of a line."""
    command, rest = ROOT_COMMAND, words(line)
    while rest and rest[0] in tree(command):
        command, rest = tree(command)[rest[0]], rest[1:]
    if command is ROOT_COMMAND:
        return  # not built yet, or `upa --help`
    if tree(command) and rest[:1] != ["X"] and not getattr(command, "invoke_without_command", False):
        yield f"of {', '.join(tree(command))}, none is named"
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    options = {word.partition("=")[0] for word in rest if word.startswith("--")}
    yield from (f"no option {option}" for option in sorted(options - known - {"--help"}))


def test_a_command_of_ours_is_one_of_the_project(invocations: list[tuple[str, str]]) -> None:
    """The first word after `upa` is a command, `help` or `--help`."""
    ours = PLANNED | {"--help", "help", "X"} | set(tree(ROOT_COMMAND))
    foreign = [(where, line) for where, line in invocations if (words(line) or ["--help"])[0] not in ours]

    assert foreign == []


def test_options_of_existing_commands_exist(invocations: list[tuple[str, str]]) -> None:
    """For a command that the program has, subcommand and options are those that it takes."""
    wrong = [f"{where}: {line}: {said}" for where, line in invocations for said in complaints(line)]

    assert wrong == []


def test_the_pages_do_name_commands(invocations: list[tuple[str, str]]) -> None:
    """The checks above have something to check."""
    assert len(invocations) > 20


def test_make_targets_exist() -> None:
    """Every `make …` of a page is a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.findall(r"^\.PHONY:(.*)$", makefile, re.MULTILINE)
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    targets |= {name for line in phony for name in line.split()}
    named = {target for page in PAGES for target in MAKE.findall(page.read_text(encoding="utf-8"))}

    assert named <= targets


PROGRAMS = ("infra-check", "package-test")
"""Programs of scripts/ that have a target of the same name."""


@pytest.mark.parametrize("target", PROGRAMS)
def test_programs_behind_targets_exist(target: str) -> None:
    """The target's program is there."""
    assert (ROOT / "scripts" / target).is_file()
