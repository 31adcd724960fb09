"""Modules that are imported with their first use."""

from __future__ import annotations

import subprocess
import sys

import pytest

from upa_core.lazily import module


def test_indexing_imports_nothing_of_the_pipeline() -> None:
    """The function app's import leaves the use cases to the first invocation; the first use brings them."""
    program = (
        "import sys, function_app\n"
        "before = sorted(name for name in sys.modules if name.startswith('upa_core.'))\n"
        "function_app.triggers.ALIVE\n"
        "print(before, 'upa_core.services.pull' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "['upa_core.lazily', 'upa_core.triggers'] True\n"


def test_a_module_that_isnt_there_is_told_at_once() -> None:
    """A misspelt name fails where it is written, not at the first invocation."""
    with pytest.raises(ModuleNotFoundError, match=r"upa_core\.triggerz"):
        module("upa_core.triggerz")
