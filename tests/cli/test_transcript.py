"""The transcript in the documentation is what happens: its commands are carried out again, against `upa sim`."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

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
    text = re.sub(r"127\.0\.0\.1:\d+", "HOST", text)
    text = re.sub(r"\d{8}T\d{6}Z-\w{4}", "RUN", text)
    text = re.sub(r"scaled:[\d.:]+", "CLOCK", text)
    text = re.sub(r"\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?", "WHEN", text)
    text = re.sub(r"\d+ of 24 today", "N of 24 today", text)
    text = re.sub(r"runs [\d,]+ times", "runs N times", text)
    return re.sub(r"\d+ h \d\d min|[\d.]+ (min|s|days)\b", "TOOK", text)


def test_the_transcript_is_what_happens(script: ModuleType) -> None:
    """Carried out again, the commands print what the page shows, line by line, apart from ids and moments."""
    page = script.PAGE.read_text(encoding="utf-8")

    on, done = script.perform(FACTOR)

    assert plain(script.page(on, done)) == plain(page)
    doctor = next(scene for scene in done if scene.command == "upa doctor")
    assert doctor.output.count("  ERROR ") == 3
