"""Import modules with their first use."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType


def module(name: str) -> ModuleType:
    """Return a module that is imported when something of it is first asked for.

    An error in it is raised then. Raises `ModuleNotFoundError` where there is none.
    """
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"no module named {name}", name=name)
    spec.loader = importlib.util.LazyLoader(spec.loader)
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made
