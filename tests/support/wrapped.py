"""A port of which a test replaces some calls."""

from __future__ import annotations

from typing import Any


class Wrapped:
    """The port, but for the calls that are given."""

    def __init__(self, port: Any, **calls: Any) -> None:
        self._port = port
        self.__dict__.update(calls)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)
