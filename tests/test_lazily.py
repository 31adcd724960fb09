"""Modules that are imported with their first use."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from upa_core.lazily import LazyModule


def test_indexing_imports_nothing_of_the_pipeline() -> None:
    """The function app's import leaves the use cases to the first invocation; the first use brings them."""
    program = (
        "import sys, function_app\n"
        "before = sorted(name for name in sys.modules if name.startswith('upa_core.'))\n"
        "function_app.triggers.ALIVE\n"
        "print(before, 'upa_core.services.pull' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "['upa_core.deployed', 'upa_core.lazily'] True\n"


def test_a_module_that_isnt_there_is_told_at_once() -> None:
    """A misspelt name fails where it is written, not at the first invocation."""
    with pytest.raises(ModuleNotFoundError, match=r"upa_core\.triggerz"):
        LazyModule("upa_core.triggerz")


def test_an_import_that_failed_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first error is what is told each time while it lasts, and nothing is left of it afterwards."""
    file = tmp_path / "flaky_once.py"
    file.write_text("raise RuntimeError('storage hiccup')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    lazy = LazyModule("flaky_once")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="storage hiccup"):
            lazy.value  # noqa: B018 - asking is the use
    file.write_text("value = 'it has come up again'\n")
    importlib.invalidate_caches()
    assert lazy.value == "it has come up again"
