"""Rooms stay small enough to be read: a folder holds at most 16 modules, a module at most 300 lines."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path
    for package in ("upa_core", "upa_cli", "tenant_sim", "functions_host", "bench")
    for path in (ROOT / package).rglob("*.py")
)
ALL = [*MODULES, ROOT / "function_app.py"]
A_FILE_FOR_EACH_VERB = "upa_cli/commands"


def test_no_folder_holds_more_than_16_modules() -> None:
    """Where there would be more, a room is missing."""
    count = Counter(path.parent.relative_to(ROOT).as_posix() for path in MODULES if path.name != "__init__.py")

    assert {folder: n for folder, n in count.items() if n > 16} == {A_FILE_FOR_EACH_VERB: count[A_FILE_FOR_EACH_VERB]}


def test_no_module_is_longer_than_300_lines() -> None:
    """Where it would be, it holds two ideas."""
    lines = {path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in ALL}

    assert {module for module, n in lines.items() if n > 300} == set()
