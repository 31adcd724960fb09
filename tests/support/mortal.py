"""Ports that a test can kill: every call is numbered, and dying before or after its effect is an exception nobody
catches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.branches import Branches

BEFORE, AFTER, DOUBLED = WAYS = ("before", "after", "after, wake-up doubled")
"""Ways to die at a call."""
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
    doubled: bool = False
    """After the death, two others go on at once."""
    branches: Branches | None = None
    """Lives to copy at the calls they name, each to die there in the way that its branch is named after."""
    calls: list[str] = field(default_factory=list)

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        """Run one call, or die."""
        self.calls.append(name)
        if self.branches is not None and (way := self.branches.at(len(self.calls))) is not None:
            self.at, self.after, self.doubled = len(self.calls), way != BEFORE, way == DOUBLED
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
