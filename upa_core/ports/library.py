"""The document library through which import files are handed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

MAX_DOWNLOAD = 64 * 1024 * 1024
"""The most bytes of a file, unless a call says otherwise."""
NOT_CHECKED_IN = "not_checked_in"
"""Code of the error when a check-in is refused."""


@dataclass(frozen=True, slots=True)
class LibraryItem:
    """A file or folder directly in a library folder."""

    name: str
    url: str
    """Absolute."""
    size: int
    """Bytes; 0 for a folder."""
    is_folder: bool
    created: datetime


class Library(Protocol):
    """One document library folder of the target tenant.

    URLs that come from SharePoint are checked: another host or http raises `ForeignLinkError` before a token is sent.
    Every method raises `AccessDeniedError`, `RefusedError` and `RetryLaterError`.
    """

    def url_of(self, name: str) -> str:
        """Return the absolute, unencoded URL of a file of this name in the folder; no call is made."""

    def upload(self, name: str, content: bytes) -> None:
        """Store the file in one request; an existing file of that name is replaced.

        Where the library requires check-out or keeps minor versions, the file is checked in or published too, so that
        others see it. Raises `RefusedError`
        (`not_checked_in`) where that is refused: the file is there, and nobody else sees it.
        """

    def size(self, url: str) -> int | None:
        """Return the file's size at the server in bytes, None where there is no such file."""

    def download(self, url: str, *, most: int = MAX_DOWNLOAD) -> bytes | None:
        """Return the file's content, None where there is no such file.

        Raises `RefusedError` (`too_large`) for a file of more than `most` bytes, of which no more is read.
        """

    def digest(self, url: str, *, most: int = MAX_DOWNLOAD) -> str | None:
        """Return the SHA-256 of the file's content in hex, read piece by piece and not kept; raises as `download`."""

    def items(self, folder_url: str | None = None) -> Sequence[LibraryItem] | None:
        """List a folder (the configured one by default), None where there is no such folder."""

    def delete_file(self, url: str) -> bool:
        """Delete for good, past the recycle bin.

        True when it is gone (also when it wasn't there), False while it is locked or retained.
        """

    def delete_folder(self, url: str) -> bool:
        """Delete a folder with its contents for good; answers as `delete_file`."""
