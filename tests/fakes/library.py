"""A document library in a dictionary."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.fakes.clock import FakeClock
from tests.fakes.hooks import Hooks
from upa_core.domain.errors import ForeignLinkError, RefusedError
from upa_core.ports.clock import Clock
from upa_core.ports.library import MAX_DOWNLOAD, NOT_CHECKED_IN, LibraryItem


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    created: datetime


class FakeLibrary:
    """Implements `Library`; a URL in `locked` can't be deleted.

    Operations: upload, size, download, digest, items, delete_file, delete_folder; the subject is the name or URL.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        root: str = "https://contoso.sharepoint.com",
        folder: str = "/sites/upa/Imports",
    ) -> None:
        self.hooks = Hooks()
        self.locked: set[str] = set()
        self.hidden: set[str] = set()
        """URLs of files that aren't checked in."""
        self.check_in_refused = False
        self._clock = clock or FakeClock()
        self._root, self._base = root, root + folder
        self._files: dict[str, _File] = {}
        self._folders: dict[str, datetime] = {self._base: self._clock.now()}

    @property
    def files(self) -> dict[str, bytes]:
        """The content of all files by URL, for a test to look at."""
        return {url: file.content for url, file in sorted(self._files.items())}

    def add_file(self, url: str, content: bytes) -> None:
        """Put a file there as SharePoint itself would (a log), with the folders that it needs."""
        folder = url.rpartition("/")[0]
        while len(folder) > len(self._base):
            self._folders.setdefault(folder, self._clock.now())
            folder = folder.rpartition("/")[0]
        self._files[url] = _File(content, self._clock.now())

    def url_of(self, name: str) -> str:
        """Return the absolute URL of a file of this name."""
        return f"{self._base}/{name}"

    def upload(self, name: str, content: bytes) -> None:
        """Store the file."""
        with self.hooks.around("upload", name):
            self._files[self.url_of(name)] = _File(bytes(content), self._clock.now())
            if self.check_in_refused:
                self.hidden.add(self.url_of(name))
                raise RefusedError("not checked in", code=NOT_CHECKED_IN)

    def size(self, url: str) -> int | None:
        """Return the file's size."""
        self._check(url)
        with self.hooks.around("size", url):
            return len(self._files[url].content) if url in self._files else None

    def download(self, url: str, *, most: int = MAX_DOWNLOAD) -> bytes | None:
        """Return the file's content."""
        self._check(url)
        with self.hooks.around("download", url):
            return self._content(url, most)

    def digest(self, url: str, *, most: int = MAX_DOWNLOAD) -> str | None:
        """Return the hash of the file's content."""
        self._check(url)
        with self.hooks.around("digest", url):
            content = self._content(url, most)
            return None if content is None else hashlib.sha256(content).hexdigest()

    def _content(self, url: str, most: int) -> bytes | None:
        content = self._files[url].content if url in self._files else None
        if content is not None and len(content) > most:
            raise RefusedError(f"more than {most} bytes", code="too_large")
        return content

    def items(self, folder_url: str | None = None) -> Sequence[LibraryItem] | None:
        """List a folder."""
        folder = self._base if folder_url is None else self._check(folder_url)
        with self.hooks.around("items", folder):
            return self._children(folder) if folder in self._folders else None

    def delete_file(self, url: str) -> bool:
        """Delete a file, unless it is locked."""
        self._check(url)
        with self.hooks.around("delete_file", url):
            gone = url not in self.locked
            if gone:
                self._files.pop(url, None)
        return gone

    def delete_folder(self, url: str) -> bool:
        """Delete a folder with its contents, unless something in it is locked."""
        self._check(url)
        with self.hooks.around("delete_folder", url):
            gone = not any(kept == url or kept.startswith(f"{url}/") for kept in self.locked)
            if gone:
                for names in (self._files, self._folders):
                    for name in [n for n in names if n == url or n.startswith(f"{url}/")]:
                        del names[name]
        return gone

    def _children(self, folder: str) -> list[LibraryItem]:
        files = [
            LibraryItem(url.rpartition("/")[2], url, len(file.content), False, file.created)
            for url, file in self._files.items()
            if url.rpartition("/")[0] == folder
        ]
        folders = [
            LibraryItem(url.rpartition("/")[2], url, 0, True, created)
            for url, created in self._folders.items()
            if url.rpartition("/")[0] == folder and url != self._base
        ]
        return files + folders

    def _check(self, url: str) -> str:
        if not url.startswith(f"{self._root}/"):
            raise ForeignLinkError(f"a link points outside {self._root}")
        return url.rstrip("/")
