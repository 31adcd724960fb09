"""Ports that a test can kill: every call is numbered, and dying before or after its effect is an exception nobody
catches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

CALLS = {
    "store": ("get", "read_range", "put", "delete", "list"),
    "source": ("page", "read"),
    "rows": ("look", "rows"),
    "profiles": ("read", "write"),
    "library": ("upload", "size", "download", "digest", "items", "delete_file", "delete_folder"),
    "import_jobs": ("queue", "get", "list", "cancel"),
    "tiny": ("write",),
}


class Death(BaseException):
    """The process is gone."""


@dataclass
class Fate:
    """When to die, and what was called until then."""

    at: int = 0
    """The number of the call to die at, from 1; 0: never."""
    after: bool = False
    """After the call has had its effect."""
    writes_only: bool = False
    calls: list[str] = field(default_factory=list)

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        """Run one call, or die."""
        self.calls.append(name)
        doomed = len(self.calls) == self.at
        if doomed and not self.after:
            raise Death(name)
        result = call()
        if doomed:
            raise Death(name)
        return result


class Mortal:
    """A port whose calls may be the last."""

    def __init__(self, port: Any, kind: str, fate: Fate) -> None:
        self._port, self._kind, self._fate = port, kind, fate

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._port, name)
        if name not in CALLS[self._kind]:
            return member
        if self._kind == "store" and name == "list":
            return self._list
        label = f"{self._kind}.{name}"

        def call(*args: Any, **kwargs: Any) -> Any:
            subject = str(args[0])[-60:] if args else ""
            return self._fate.around(f"{label} {subject}", lambda: member(*args, **kwargs))

        return call

    def _list(self, prefix: str) -> Iterator[Any]:
        return iter(self._fate.around(f"store.list {prefix}", lambda: list(self._port.list(prefix))))
