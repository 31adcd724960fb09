"""Import modules with their first use."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any


class LazyModule:
    """A module that is imported when one of its names is first used.

    Importing is left to the ordinary import system each time: its locks are right, and after an error it tries again.
    """

    def __init__(self, name: str) -> None:
        """Find the module; raises `ModuleNotFoundError` where there is none."""
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(f"no module named {name}", name=name)
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        """Return what the module holds."""
        return getattr(importlib.import_module(self._name), attribute)
