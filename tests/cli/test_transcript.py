"""The transcripts in the documentation are what happens: their commands are carried out again, against `upa sim`.

They run in this process; `make campaigns` gives each a process of its own, as an administrator does.
"""

from __future__ import annotations

import contextlib
import importlib.util
import re
import shlex
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.full import FULL
from upa_cli.main import command_line

SCRIPT = Path(__file__).parents[2] / "scripts" / "transcript.py"
FACTOR = 8_000


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script that wrote the page."""
    spec = importlib.util.spec_from_file_location("transcript", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["transcript"] = module
    spec.loader.exec_module(module)
    return module


def plain(text: str) -> str:
    """Leave out what differs from run to run: ids, ports, moments, durations, and how often progress was told."""
    kept = [line for line in text.splitlines() if not re.match(r"\d\d:\d\d:\d\d  ", line)]
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", "\n".join(kept))
    text = re.sub(r"[Pp]lan [0-9a-f]{16}", "plan HASH", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "HOST", text)
    text = re.sub(r"\d{8}T\d{6}Z-\w{4}", "RUN", text)
    text = re.sub(r"scaled:[\d.:]+", "CLOCK", text)
    text = re.sub(r"\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?", "WHEN", text)
    text = re.sub(r"\d+ of 24 today", "N of 24 today", text)
    text = re.sub(r"runs [\d,]+ times", "runs N times", text)
    text = re.sub(r"\d+ h \d\d min|[\d.]+ (min|s|h|d|days)\b", "TOOK", text)
    return re.sub("─+", "─", re.sub(" +", " ", text))


def in_this_process(on: Any, scene: Any) -> Any:
    """Carry out a command of `upa` here, another in a shell."""
    program, *arguments = shlex.split(scene.command)
    if program != "upa":
        return on.run(scene)
    with contextlib.chdir(on.folder):
        done = CliRunner().invoke(command_line(), arguments, env=on.environ)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    scene.output = "\n".join(line.rstrip() for line in done.output.splitlines())
    scene.code = done.exit_code
    return scene


@pytest.mark.full
def test_the_transcript_is_what_happens(script: ModuleType) -> None:
    """Carried out again, the commands print what the page shows, line by line, apart from ids and moments."""
    page = script.PAGE.read_text(encoding="utf-8")

    on, done = script.perform(FACTOR) if FULL else script.perform(FACTOR, in_this_process)

    assert plain(script.page(on, done)) == plain(page)
    doctor = next(scene for scene in done if scene.command == "upa doctor")
    assert doctor.output.count("  ERROR ") == 3


def test_the_first_hour_of_a_pnp_user_is_what_happens(script: ModuleType) -> None:
    """From the script to the second night, line by line: the page shows what these commands print."""
    page = script.PNP_PAGE.read_text(encoding="utf-8")

    on, done = script.perform(FACTOR, in_this_process, script.pnp_scenes)

    assert plain(script.page(on, done, script.PNP_HEAD)) == plain(page)
    codes = {scene.command.split(" --")[0]: scene.code for scene in done}
    assert (codes["upa init"], codes["upa go"], done[-1].code) == (0, 0, 0)
