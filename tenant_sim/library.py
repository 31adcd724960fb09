"""Document libraries of the tenant's sites: folders, files, recycle bin, locks, retention, storage. Never sees HTTP."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID


class LibraryError(Exception):
    """SharePoint refuses an operation on a file or folder."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def not_found() -> LibraryError:
    """The error for a folder that isn't there.

    ASSUMED [SP-81]: codes and texts of library errors are the well-known ones of the SharePoint API,
    not recorded by us.
    """
    return LibraryError(404, "-2147024894, System.IO.FileNotFoundException", "File Not Found.")


def _is_record(item: Item) -> LibraryError:
    """The error for deleting a record.

    ASSUMED [SP-80]: a label that makes records forbids deleting, with 403 and a text of this kind.
    """
    text = f"\"{item.path}\" can't be deleted because it's locked as a record."
    return LibraryError(403, "-2147024891, System.UnauthorizedAccessException", text)


@dataclass(eq=False)
class Item:
    """A folder or a file."""

    path: str
    """Server-relative path."""
    unique_id: str
    created: float
    modified: float
    author: str = "SharePoint App"
    content: bytes | None = None
    """None for a folder."""
    version: int = 1
    locked_until: float = 0.0
    retained: bool = False
    label: RetentionLabel | None = None
    uploads: dict[str, bytearray] = field(default_factory=dict)
    """Chunked uploads that have begun, by upload id."""

    @property
    def name(self) -> str:
        """Last part of the path."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def parent(self) -> str:
        """Path of the folder that holds it."""
        return self.path.rsplit("/", 1)[0]

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.content is None

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content or b"")


@dataclass(frozen=True)
class RetentionLabel:
    """A label that new files of a library get by default."""

    name: str
    tag_id: str
    days: int = 0
    """How long what is deleted is kept; 0: it only marks."""
    record: bool = False
    """Makes files records: nobody can delete them."""


class Library:
    """All document libraries of all sites, by server-relative path in any case."""

    max_file = 2 * 1024**3
    """REST add takes 2 GB at most [SP-30]."""
    max_single_request = 250 * 1024**2
    """Above this, chunks are mandatory [SP-30]."""
    list_view_threshold = 5000

    def __init__(self, rng: random.Random, now: Callable[[], float], sites: dict[str, list[str]]) -> None:
        self._rng, self._now = rng, now
        self.sites = {site.rstrip("/"): list(libraries) for site, libraries in sites.items()}
        self._items: dict[str, Item] = {}
        self._labels: dict[str, RetentionLabel] = {}
        self.recycle_bin: list[Item] = []
        self.preservation_hold: list[Item] = []
        for site, libraries in self.sites.items():
            self._put_folder(site)
            for library in libraries:
                self._put_folder(f"{site}/{library}")

    def guid(self) -> str:
        """Make a GUID from the seed."""
        return str(UUID(int=self._rng.getrandbits(128), version=4))

    # -- reading -----------------------------------------------------------------------------------------------------

    def items(self, under: str = "") -> list[Item]:
        """Return files and folders below a path, without sites and their libraries themselves."""
        prefix = under.lower().rstrip("/") + "/"
        fixed = {f"{s}/{name}".lower() for s, names in self.sites.items() for name in names} | {
            s.lower() for s in self.sites
        }
        return [i for key, i in sorted(self._items.items()) if key.startswith(prefix) and key not in fixed]

    def files(self, under: str = "") -> list[Item]:
        """Return the files below a path."""
        return [item for item in self.items(under) if not item.is_folder]

    def find(self, path: str) -> Item | None:
        """Find an item by server-relative path."""
        return self._items.get(path.rstrip("/").lower())

    def by_id(self, unique_id: str) -> Item | None:
        """Find an item by its UniqueId."""
        return next((i for i in self._items.values() if i.unique_id == unique_id.lower()), None)

    def file(self, path: str) -> Item:
        """Find a file or fail as SharePoint does."""
        item = self.find(path)
        if item is None or item.is_folder:
            raise LibraryError(404, "-2130575338, Microsoft.SharePoint.SPException", f"The file {path} does not exist.")
        return item

    def folder(self, path: str) -> Item:
        """Find a folder or fail as SharePoint does."""
        item = self.find(path)
        if item is None or not item.is_folder:
            raise not_found()
        return item

    def children(self, path: str, *, folders: bool) -> list[Item]:
        """List a folder; past the list view threshold SharePoint refuses."""
        key = self.folder(path).path.lower()
        found = [i for k, i in sorted(self._items.items()) if k != key and k.rsplit("/", 1)[0] == key]
        if len(found) > self.list_view_threshold:
            raise LibraryError(
                500,
                "-2147024860, Microsoft.SharePoint.SPQueryThrottledException",
                "The attempted operation is prohibited because it exceeds the list view threshold.",
            )
        return [item for item in found if item.is_folder == folders]

    def storage_bytes(self) -> int:
        """Bytes that count against the quota: files, recycle bin and preservation hold.

        ASSUMED [SP-77]: what was deleted goes on counting.
        """
        held = [*self._items.values(), *self.recycle_bin, *self.preservation_hold]
        return sum(item.size for item in held)

    # -- writing -----------------------------------------------------------------------------------------------------

    def add_folder(self, path: str, author: str = "SharePoint App") -> Item:
        """Create a folder; its parent must be there. An existing one is returned."""
        existing = self.find(path)
        if existing is not None and existing.is_folder:
            return existing
        self.folder(path.rstrip("/").rsplit("/", 1)[0])
        return self._put_folder(path, author)

    def add_file(
        self, folder: str, name: str, content: bytes, *, overwrite: bool, author: str = "SharePoint App"
    ) -> Item:
        """Put a file into a folder."""
        parent = self.folder(folder)
        if not name or any(c in name for c in '"*:<>?/\\|') or name != name.strip():
            raise LibraryError(
                400,
                "-2147024773, System.Runtime.InteropServices.COMException",
                f"The file or folder name {name!r} contains characters that are not permitted.",
            )
        if len(content) > self.max_single_request:
            raise LibraryError(
                413, "-1, Microsoft.SharePoint.Client.RequestTooLarge", "The request message is too big."
            )
        path = f"{parent.path}/{name}"
        existing = self.find(path)
        if existing is not None:
            if not overwrite or existing.is_folder:
                raise LibraryError(
                    400,
                    "-2130575257, Microsoft.SharePoint.SPException",
                    f"A file or folder with the name {path} already exists.",
                )
            self.require_unlocked(existing)
            existing.content, existing.modified = bytes(content), self._now()
            existing.version += 1
            return existing
        now = self._now()
        item = Item(path, self.guid(), now, now, author, bytes(content), label=self.label_of(path))
        self._items[path.lower()] = item
        return item

    def delete(self, item: Item) -> None:
        """Delete for good: what SharePoint REST does [SP-61]. A retained file leaves a copy behind.

        ASSUMED [SP-76]: a folder goes with all that is in it.
        """
        for victim in self._tree(item):
            del self._items[victim.path.lower()]
            if victim.retained or (victim.label is not None and victim.label.days):
                self.preservation_hold.append(victim)

    def recycle(self, item: Item) -> str:
        """Move to the recycle bin, where it goes on using quota; return the bin item's id."""
        for victim in self._tree(item):
            del self._items[victim.path.lower()]
            self.recycle_bin.append(victim)
        return self.guid()

    def empty_recycle_bin(self) -> None:
        """Empty the bin."""
        self.recycle_bin.clear()

    def lock(self, path: str, seconds: float = 86_400 * 365) -> None:
        """Let somebody have a file open: it can be read, not changed or deleted."""
        self.file(path).locked_until = self._now() + seconds

    def unlock(self, path: str) -> None:
        """Close the file again."""
        self.file(path).locked_until = 0.0

    def retain(self, path: str) -> None:
        """Put a file under a retention policy: deleting it leaves a copy in the Preservation Hold library.

        ASSUMED [SP-95]: the delete itself succeeds.
        """
        self.file(path).retained = True

    def set_label(self, library: str, name: str, *, days: int = 0, record: bool = False) -> None:
        """Give a library a default retention label; files that are in it already don't get it."""
        self._labels[self.folder(library).path.lower()] = RetentionLabel(name, self.guid(), days, record)

    def label_of(self, path: str) -> RetentionLabel | None:
        """Return the default label of the library that a path is in."""
        known = (label for key, label in self._labels.items() if f"{path.lower()}/".startswith(f"{key}/"))
        return next(known, None)

    def require_unlocked(self, item: Item) -> None:
        """Fail as SharePoint does when a file is locked."""
        if item.locked_until > self._now():
            raise LibraryError(
                423,
                "-2147018894, Microsoft.SharePoint.SPFileLockException",
                f'The file "{item.path}" is locked for exclusive use by another user.',
            )

    def _tree(self, item: Item) -> list[Item]:
        key = item.path.lower()
        victims = [i for k, i in self._items.items() if k == key or k.startswith(key + "/")]
        for victim in victims:
            self.require_unlocked(victim)
            if victim.label is not None and victim.label.record:
                raise _is_record(victim)
        return victims

    def _put_folder(self, path: str, author: str = "SharePoint App") -> Item:
        now = self._now()
        item = Item(path.rstrip("/"), self.guid(), now, now, author)
        self._items[item.path.lower()] = item
        return item
