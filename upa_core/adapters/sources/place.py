"""A place where another system puts its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file in a place."""

    name: str
    size: int
    """Bytes."""
    modified: datetime
    """Aware, UTC; by the place's own clock."""
    tag: str
    """Opaque; another one after each write."""


class Place(Protocol):
    """Lists and reads files of one pattern; nothing is ever written or deleted there."""

    def files(self) -> Sequence[FileInfo]:
        """Return the files whose name fits the pattern.

        Raises `RetryLaterError` where the place can't be reached, and `FatalError` where it doesn't exist or refuses
        us.
        """

    def read(self, file: FileInfo) -> Iterator[bytes]:
        """Yield the bytes of exactly that version; raises `UnavailableError` where it was replaced, else as `files`."""


@runtime_checkable
class KnownColumns(Protocol):
    """A place that knows the names of columns without a file."""

    def columns(self) -> Sequence[str]:
        """Return the names; raises as `Place.files`."""


MAX_FILE = 2_000_000_000
"""Bytes of one file; a list of ten million people has fewer."""
CHUNK = 256 * 1024
"""Bytes that are read at once."""
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".partial")
"""Endings of names that other programs use while a file isn't complete."""


def is_finished(name: str) -> bool:
    """Return whether a name isn't one of a file that is still being written."""
    lower = name.lower()
    return not lower.endswith(UNFINISHED) and not lower.startswith(("~$", "."))
