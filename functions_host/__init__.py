"""Runs any Python v2 Azure Functions app on one machine without Azure, through the real Python worker library.

    with FunctionsHost("app", "state") as host:
        host.fire_timer("scan")
        host.wait_idle(30)

One app per process; needs Python 3.13 or later (the worker library is published for no older one).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from functions_host.host import FunctionsHost

__all__ = ["FunctionsHost"]


def __getattr__(name: str) -> Any:
    """Import the host when it is first used, so that the package can be imported on any Python."""
    if name == "FunctionsHost":
        from functions_host.host import FunctionsHost

        return FunctionsHost
    raise AttributeError(name)
