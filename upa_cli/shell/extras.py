"""The packages of each extra, and the message for somebody without it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from upa_cli.shell import exits
from upa_cli.shell.exits import CommandError

MODULES = {
    "sim": frozenset({"httptools", "trustme", "uvicorn"}),
    "host": frozenset(
        {
            *("azure.durable_functions", "azure.functions", "azure.monitor", "azure_functions_runtime"),
            *("durabletask", "google.protobuf", "grpc"),
        }
    ),
}
"""The modules that an extra of pyproject.toml adds to every installation."""
_POSIX_ONLY = frozenset({"fcntl", "resource"})
HOST_PYTHON = (3, 13)


def install(extra: str) -> str:
    """Return the command that installs an extra."""
    return f"pip install 'upa-sync[{extra}]'"


@contextmanager
def needing(extra: str, what: str) -> Iterator[None]:
    """Import the modules of an extra.

    Args:
        extra: a name of `MODULES`.
        what: the command that needs it.

    Raises `CommandError` with the command that installs the extra, where one of its modules is missing.
    """
    try:
        yield
    except ModuleNotFoundError as exc:
        if exc.name in _POSIX_ONLY:
            raise CommandError(f"{what} needs Linux or macOS; on Windows use WSL", exits.FAILED) from None
        if exc.name is None or exc.name.partition(".")[0] not in MODULES[extra]:
            raise
        text = f"{what} needs the extra `{extra}` ({exc.name} isn't installed): {install(extra)}"
        raise CommandError(text, exits.FAILED) from None


def what_the_host_lacks() -> str:
    """Return what the functions host lacks here, with the remedy; "" where it can run."""
    if sys.version_info < HOST_PYTHON:
        return "Python 3.13"
    if all(_is_there(module) for module in MODULES["host"]):
        return ""
    return f"the extra `host` ({install('host')})"


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
