"""Document libraries of the tenant's sites: folders, files, recycle bin, locks, retention, storage. No HTTP."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from tenant_sim import library_versions as versions
from tenant_sim.library_items import SYSTEM, Item, LibraryError, LibrarySettings, RetentionLabel, is_record, not_found


class Library:
    """All document libraries of all sites, by server-relative path in any case."""

    max_file = 2 * 1024**3
    """REST add takes 2 GB at most [SP-30]."""
    max_single_request = 250 * 1024**2
    """Above this, chunks are mandatory [SP-30]."""
    list_view_threshold = 5000

    def __init__(self, rng: random.Random, now: Callable[[], float], sites: dict[str, list[str]]) -> None:
        self._rng, self._now = rng, now
        self.sites: dict[str, list[str]] = {}
        self._items: dict[str, Item] = {}
        self._labels: dict[str, RetentionLabel] = {}
        self._settings: dict[str, LibrarySettings] = {}
        self.recycle_bin: list[Item] = []
        self.preservation_hold: list[Item] = []
        for site, libraries in sites.items():
            self.add_site(site, *libraries)

    def add_site(self, site: str, *libraries: str) -> None:
        """Make a site by its server-relative path, with libraries."""
        site = site.rstrip("/")
        self.sites[site] = [*libraries]
        for path in (site, *(f"{site}/{library}" for library in libraries)):
            self._put_folder(path)

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
            settings = self.settings_of(path)
            if settings.force_checkout and not existing.checked_out and author != SYSTEM:
                text = "is not checked out. You must first check out this document before making changes."
                raise LibraryError(423, "-2130575306, Microsoft.SharePoint.SPException", f'The file "{path}" {text}')
            existing.content, existing.modified = bytes(content), self._now()
            existing.version += 1
            if author != SYSTEM:
                versions.begin(existing, settings)
            return existing
        now = self._now()
        item = Item(path, self.guid(), now, now, author, bytes(content), label=self.label_of(path))
        if author != SYSTEM:
            settings = self.settings_of(path)
            item.checked_out = item.unseen = settings.force_checkout
            versions.begin(item, settings)
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

    def lock(self, path: str, seconds: float = 86_400 * 365, *, unreadable: bool = False) -> None:
        """Let somebody have a file open: it can be read, not changed or deleted.

        ASSUMED [SP-131]: an exclusive lock (`unreadable`) keeps readers out with 423 too.
        """
        item = self.file(path)
        item.locked_until, item.unreadable = self._now() + seconds, unreadable

    def swap_when_read(self, path: str, content: bytes) -> None:
        """Let a file be replaced while its next reader has only the old bytes."""
        self.file(path).swapped_for = content

    def read(self, item: Item) -> bytes:
        """Return a file's bytes, as a download would."""
        if item.unreadable:
            self.require_unlocked(item)
        content = item.content or b""
        if item.swapped_for is not None:
            item.content, item.swapped_for, item.modified = item.swapped_for, None, self._now()
            item.version += 1
        return content

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

    def change_settings(self, library: str, **changed: Any) -> LibrarySettings:
        """Switch settings of a library; files that are in it already stay as they are."""
        key = self.folder(library).path.lower()
        self._settings[key] = replace(self._settings.get(key, LibrarySettings()), **changed)
        return self._settings[key]

    def settings_of(self, path: str) -> LibrarySettings:
        """Return the settings of the library that a path is in, or is."""
        known = (one for key, one in self._settings.items() if f"{path.lower()}/".startswith(f"{key}/"))
        return next(known, LibrarySettings())

    def check_out(self, item: Item) -> None:
        """Check a file out."""
        versions.check_out(item)

    def check_in(self, item: Item, kind: int = versions.MAJOR) -> None:
        """Check a file in; a major version (1) is published."""
        versions.check_in(item, self.settings_of(item.path), kind)

    def publish(self, item: Item) -> None:
        """Make a minor version a major one."""
        versions.publish(item, self.settings_of(item.path))

    def approve(self, item: Item) -> None:
        """Let everybody see a draft."""
        versions.approve(item)

    def seen_by_system(self, path: str) -> Item:
        """Find a file as the timer job sees it [SP-113]."""
        return versions.seen_by_readers(self.file(path), self.settings_of(path))

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
                raise is_record(victim)
        return victims

    def _put_folder(self, path: str, author: str = "SharePoint App") -> Item:
        now = self._now()
        item = Item(path.rstrip("/"), self.guid(), now, now, author)
        self._items[item.path.lower()] = item
        return item
