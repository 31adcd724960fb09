"""What the port `Library` promises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Protocol

import pytest

from upa_core.domain.errors import AccessDeniedError, ForeignLinkError, RefusedError, RetryLaterError
from upa_core.ports.library import NOT_CHECKED_IN, Library

BYTES = b'\xef\xbb\xbf{"value":[]}'


class LibraryWorld(Protocol):
    """A library and the site around it."""

    library: Library

    def add_log(self, folder: str, name: str, content: bytes) -> str:
        """Let SharePoint write a log file into a folder beside the files; return the folder's URL."""

    def lock(self, name: str) -> None:
        """Let somebody hold a file open."""

    def binned(self) -> int:
        """Count what lies in the recycle bin."""

    def require_check_out(self, *, column: str = "") -> None:
        """Let new files be hidden until they are checked in; with a column that must be filled, they can't be."""

    def keep_minor_versions(self) -> None:
        """Let new files be drafts that readers don't see."""

    def is_seen(self, name: str) -> bool:
        """Return whether others than the uploader see a file."""

    def fail(self) -> None:
        """Let calls fail until further notice."""

    def deny(self) -> None:
        """Take our rights away."""


class LibraryContract:
    """Subclass it with a fixture `world` whose library folder is empty."""

    def test_url_of(self, world: LibraryWorld) -> None:
        """A file's URL is absolute, over https, and ends in its name."""
        url = world.library.url_of("a.json")

        assert (url.startswith("https://"), url.rpartition("/")[2]) == (True, "a.json")

    def test_upload_and_download(self, world: LibraryWorld) -> None:
        """What was uploaded comes back byte for byte, and the server tells its size."""
        world.library.upload("a.json", BYTES)
        url = world.library.url_of("a.json")

        assert (world.library.download(url), world.library.size(url)) == (BYTES, len(BYTES))

    def test_upload_replaces(self, world: LibraryWorld) -> None:
        """An upload under an existing name replaces that file."""
        world.library.upload("a.json", BYTES)
        world.library.upload("a.json", b"x")

        assert world.library.download(world.library.url_of("a.json")) == b"x"
        assert len(world.library.items() or ()) == 1

    def test_empty_file(self, world: LibraryWorld) -> None:
        """An empty file is a file of size 0."""
        world.library.upload("a.json", b"")
        url = world.library.url_of("a.json")

        assert (world.library.download(url), world.library.size(url)) == (b"", 0)

    def test_nothing_is_none(self, world: LibraryWorld) -> None:
        """What isn't there is None."""
        url = world.library.url_of("a.json")

        assert (world.library.download(url), world.library.size(url), world.library.items(url)) == (None, None, None)

    def test_items(self, world: LibraryWorld) -> None:
        """A folder lists its own files and folders, with URLs that lead to them."""
        world.library.upload("a.json", BYTES)
        log = world.add_log("a-Logs", "x.log", b"log")
        items = {item.name: item for item in world.library.items() or ()}

        assert {(i.name, i.url, i.size, i.is_folder) for i in items.values()} == {
            ("a.json", world.library.url_of("a.json"), len(BYTES), False),
            ("a-Logs", log, 0, True),
        }
        assert {item.created.utcoffset() for item in items.values()} == {UTC.utcoffset(None)}

    def test_log_folder(self, world: LibraryWorld) -> None:
        """The files of a log folder are found through its URL and can be read."""
        log = world.add_log("a-Logs", "x.log", b"one")
        world.add_log("a-Logs", "y.log", b"two")
        found = {item.name: world.library.download(item.url) for item in world.library.items(log) or ()}

        assert found == {"x.log": b"one", "y.log": b"two"}

    def test_empty_folder(self, world: LibraryWorld) -> None:
        """An empty folder lists nothing, which isn't None."""
        assert world.library.items() == []

    @pytest.mark.parametrize(
        "name", ["a b.json", "O'Neil's.json", "50%25.json", "ü-日本.json", "a+b&c=d;e.json", "#1.json", "(1).json"]
    )
    def test_odd_names(self, world: LibraryWorld, name: str) -> None:
        """A file of any name can be uploaded, listed, read through its listed URL, and deleted."""
        world.library.upload(name, BYTES)
        (item,) = world.library.items() or ()
        seen = (item.name, world.library.download(item.url), world.library.delete_file(item.url))

        assert seen == (name, BYTES, True)
        assert list(world.library.items() or ()) == []

    def test_delete_file(self, world: LibraryWorld) -> None:
        """A deleted file is gone for good, past the recycle bin; deleting it again succeeds."""
        world.library.upload("a.json", BYTES)
        url = world.library.url_of("a.json")

        assert [world.library.delete_file(url), world.library.delete_file(url)] == [True, True]
        assert (world.library.size(url), world.binned()) == (None, 0)

    def test_delete_folder(self, world: LibraryWorld) -> None:
        """A deleted folder is gone with its contents; its neighbours stay."""
        log = world.add_log("a-Logs", "x.log", b"log")
        other = world.add_log("a-Logs2", "x.log", b"log")

        assert [world.library.delete_folder(log), world.library.delete_folder(log)] == [True, True]
        assert (world.library.items(log), len(world.library.items(other) or ()), world.binned()) == (None, 1, 0)

    def test_locked_file_stays(self, world: LibraryWorld) -> None:
        """A locked file isn't deleted, and that is told, not raised."""
        world.library.upload("a.json", BYTES)
        world.lock("a.json")
        url = world.library.url_of("a.json")

        assert world.library.delete_file(url) is False
        assert world.library.download(url) == BYTES

    def test_check_in(self, world: LibraryWorld) -> None:
        """Where the library requires check-out, an uploaded file is seen by others at once."""
        world.require_check_out()
        world.library.upload("a.json", BYTES)

        assert world.is_seen("a.json")

    def test_publish(self, world: LibraryWorld) -> None:
        """Where the library keeps minor versions and hides drafts, an uploaded file is seen by others at once."""
        world.keep_minor_versions()
        world.library.upload("a.json", BYTES)
        world.library.upload("a.json", BYTES)

        assert world.is_seen("a.json")

    def test_check_in_refused(self, world: LibraryWorld) -> None:
        """A file that can't be checked in is a refusal with a code; it is there, and can be deleted."""
        world.require_check_out(column="Owner")
        url = world.library.url_of("a.json")
        with pytest.raises(RefusedError) as refused:
            world.library.upload("a.json", BYTES)

        assert (refused.value.code, world.is_seen("a.json"), world.library.size(url)) == (
            NOT_CHECKED_IN,
            False,
            len(BYTES),
        )
        assert (world.library.delete_file(url), world.library.size(url)) == (True, None)

    def test_foreign_urls(self, world: LibraryWorld) -> None:
        """A URL of another host, or over http, is refused by every method."""
        for url in ("https://evil.example/sites/upa/Imports/a", world.library.url_of("a").replace("https", "http")):
            for method in ("size", "download", "items", "delete_file", "delete_folder"):
                with pytest.raises(ForeignLinkError):
                    getattr(world.library, method)(url)

    def test_failing_site(self, world: LibraryWorld) -> None:
        """A site that fails is to be asked later, by every method."""
        world.fail()
        for call in calls(world.library):
            with pytest.raises(RetryLaterError):
                call()

    def test_missing_rights(self, world: LibraryWorld) -> None:
        """Without rights every method is access denied."""
        world.deny()
        for call in calls(world.library):
            with pytest.raises(AccessDeniedError):
                call()


def calls(library: Library) -> list[Callable[[], object]]:
    """Return every call that a library makes, on a file that isn't there."""
    url = library.url_of("none.json")
    return [
        lambda: library.upload("none.json", BYTES),
        lambda: library.size(url),
        lambda: library.download(url),
        library.items,
        lambda: library.delete_file(url),
        lambda: library.delete_folder(url),
    ]
