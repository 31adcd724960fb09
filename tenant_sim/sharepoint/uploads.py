"""Chunked uploads: startupload, continueupload, finishupload [SP-31, SP-32]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tenant_sim.library import Library
from tenant_sim.library_items import Item, LibraryError

SESSION_S = 30 * 60
"""The next slice has to come within 30 minutes."""
LOCK_S = 15 * 60
"""The file stays locked for 15 minutes after an interruption."""


@dataclass
class _Upload:
    item: Item
    last: float
    data: bytearray = field(default_factory=bytearray)


class Uploads:
    """Uploads in progress, by upload id.

    ASSUMED [SP-105]: codes and texts of refused slices.
    """

    def __init__(self, library: Library, now: Callable[[], float]) -> None:
        self._library, self._now = library, now
        self._open: dict[str, _Upload] = {}

    def start(self, item: Item, upload_id: str, data: bytes) -> int:
        """Take the first slice; return the next offset."""
        self._library.require_unlocked(item)
        upload = _Upload(item, self._now(), bytearray(data))
        self._open[upload_id] = upload
        item.locked_until = self._now() + LOCK_S
        return len(upload.data)

    def proceed(self, item: Item, upload_id: str, offset: int, data: bytes) -> int:
        """Take a slice at an offset; return the next offset."""
        upload = self._find(item, upload_id, offset)
        upload.data += data
        upload.last = self._now()
        item.locked_until = self._now() + LOCK_S
        return len(upload.data)

    def finish(self, item: Item, upload_id: str, offset: int, data: bytes) -> Item:
        """Take the last slice, which may be empty, and put the whole into the file."""
        upload = self._find(item, upload_id, offset)
        content = bytes(upload.data + data)
        if len(content) > self._library.max_file:
            raise LibraryError(400, "-1, Microsoft.SharePoint.SPException", "The file is larger than 2 GB.")
        del self._open[upload_id]
        item.content, item.modified, item.locked_until = content, self._now(), 0.0
        item.version += 1
        return item

    def cancel(self, item: Item, upload_id: str) -> None:
        """Give an upload up."""
        if upload_id in self._open:
            del self._open[upload_id]
            item.locked_until = 0.0

    def _find(self, item: Item, upload_id: str, offset: int) -> _Upload:
        upload = self._open.get(upload_id)
        if upload is None or upload.item is not item or self._now() - upload.last > SESSION_S:
            self._open.pop(upload_id, None)
            raise LibraryError(
                400, "-2147024809, System.ArgumentException", "The upload session was not found or has expired."
            )
        if offset != len(upload.data):
            raise LibraryError(
                400,
                "-2147024809, System.ArgumentException",
                f"The fileOffset {offset} does not match the {len(upload.data)} bytes received so far.",
            )
        return upload
