"""A folder into which a system puts its files; some are written so slowly that a reader sees them grow."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path


class DropFolder:
    """Writes files whose time is the tenant's."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self.folder, self._now = folder, now
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, content: bytes) -> Path:
        """Write a file at once; replaces one of that name."""
        path = self.folder / name
        path.write_bytes(content)
        return self._dated(path)

    def upload_slowly(self, name: str, content: bytes, pieces: int) -> Iterator[Path]:
        """Write a file in so many pieces, one for each step of the iterator; the first is no byte at all."""
        path = self.folder / name
        for piece in range(pieces + 1):
            path.write_bytes(content[: len(content) * piece // pieces])
            yield self._dated(path)

    def _dated(self, path: Path) -> Path:
        moment = self._now().timestamp()
        os.utime(path, (moment, moment))
        return path
