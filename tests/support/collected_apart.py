"""Where each process of a parallel run begins to collect: elsewhere than the others.

pytest rewrites the assertions of a module once and keeps what it made on disk. Processes that collect in the same order
meet each module at the same moment, and each rewrites it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeVar


class Item(Protocol):
    """A collected test."""

    @property
    def nodeid(self) -> str:
        """Return `<module>::<name>`, the module from the project's root."""


T = TypeVar("T", bound=Item)


def parts_from(folder: Path, process: int, processes: int) -> list[str]:
    """Return the folders and modules of tests in a folder, from the process's share of all their text on, then round.

    `process` counts from 0.
    """
    sizes = {path: _size(path) for path in sorted(folder.iterdir())}
    parts = [path for path, size in sizes.items() if size]
    share = sum(sizes.values()) * process / processes
    first = next(n for n in range(len(parts)) if sum(sizes[path] for path in parts[: n + 1]) > share)
    return [str(path) for path in parts[first:] + parts[:first]]


def in_one_order(items: Sequence[T]) -> list[T]:
    """Return the items by their part of the folder of tests, whichever part was collected first."""
    return sorted(items, key=lambda item: item.nodeid.partition("::")[0].split("/")[1:2])


def _size(path: Path) -> int:
    modules = path.rglob("test_*.py") if path.is_dir() else [path] if path.match("test_*.py") else []
    return sum(module.stat().st_size for module in modules)
