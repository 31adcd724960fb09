"""The contract of places on a folder, a container of Azurite and a document library of the tenant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from azure.storage.blob import ContainerClient

from tenant_sim.drop_folder import DropFolder
from tests.contracts.place_contract import LARGE, PlaceContract, one
from tests.contracts.tenant import Tenant
from tests.fakes import FakeClock
from tests.support import azurite as azurite_tool
from upa_core.adapters.sources.blob_place import BlobPlace
from upa_core.adapters.sources.folder_place import FolderPlace
from upa_core.adapters.sources.library_place import LibraryPlace, library_place
from upa_core.domain.errors import AccessDeniedError, RefusedError, UnavailableError

SITE = "/sites/hr"
DROP = f"{SITE}/Shared Documents/Drop 100%"


class FolderWorld:
    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.drop = DropFolder(folder / "drop", self.clock.now)
        self.place = FolderPlace(str(self.drop.folder / "people-*.csv"))

    def put(self, name: str, content: bytes) -> None:
        self.clock.advance(timedelta(seconds=1))
        self.drop.put(name, content)

    def put_elsewhere(self, name: str) -> None:
        DropFolder(self.drop.folder / "below", self.clock.now).put(name, b"x")

    def take_away(self, name: str) -> None:
        (self.drop.folder / name).unlink()

    def close_off(self) -> None:
        self.drop.folder.rmdir()


class TestFolder(PlaceContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> FolderWorld:
        return FolderWorld(tmp_path)

    def test_a_file_that_is_swapped_while_it_is_read_yields_no_end(self, world: FolderWorld) -> None:
        """Some pieces are the old file's, some the new one's: the rows end with an error."""
        world.put("people-1.csv", LARGE)
        pieces = world.place.read(one(world))
        next(pieces)
        world.put("people-1.csv", LARGE.replace(b"a", b"b"))
        with pytest.raises(UnavailableError, match="was replaced while it was read"):
            list(pieces)


class BlobWorld:
    def __init__(self, container: ContainerClient) -> None:
        self._container = container
        self.place = BlobPlace(container, "drop/people-*.csv")

    def put(self, name: str, content: bytes) -> None:
        self._container.upload_blob(f"drop/{name}", content, overwrite=True)

    def put_elsewhere(self, name: str) -> None:
        self._container.upload_blob(f"drop/below/{name}", b"x")

    def take_away(self, name: str) -> None:
        self._container.delete_blob(f"drop/{name}")

    def close_off(self) -> None:
        self._container.delete_container()


@pytest.mark.azurite
class TestBlobs(PlaceContract):
    @pytest.fixture
    def world(self, azurite: azurite_tool.Azurite) -> Iterator[BlobWorld]:
        container = ContainerClient.from_connection_string(azurite.connection, f"t{uuid4().hex}")
        container.create_container()
        with container:
            yield BlobWorld(container)


class LibraryWorld(Tenant):
    """A library with the folder `Drop 100%` of a site beside the one that import files are put into."""

    def __init__(self) -> None:
        super().__init__()
        self.library = self.sim.library
        self.library.add_site(SITE, "Shared Documents")
        self.library.add_folder(DROP)
        self.host = self.service(self.urls.sharepoint, "upa-sync")
        address = f"{self.urls.sharepoint}/sites/hr/Shared%20Documents/Drop 100%25/people-*.csv"
        self.place = library_place(self.host, address)

    def put(self, name: str, content: bytes) -> None:
        self.sim.advance(1)
        self.library.add_file(DROP, name, content, overwrite=True, author="HR")

    def put_elsewhere(self, name: str) -> None:
        self.library.add_folder(f"{DROP}/below")
        self.library.add_file(f"{DROP}/below", name, b"x", overwrite=True)

    def take_away(self, name: str) -> None:
        self.library.delete(self.library.file(f"{DROP}/{name}"))

    def close_off(self) -> None:
        self.library.delete(self.library.folder(DROP))


class TestLibrary(PlaceContract):
    @pytest.fixture
    def world(self) -> LibraryWorld:
        return LibraryWorld()

    def test_a_file_that_is_swapped_while_it_is_read_yields_no_end(self, world: LibraryWorld) -> None:
        """The bytes are whole and of one version, and the file behind them is another one already."""
        world.put("people-1.csv", LARGE)
        world.library.swap_when_read(f"{DROP}/people-1.csv", LARGE)
        with pytest.raises(UnavailableError, match="was replaced while it was read"):
            list(world.place.read(one(world)))

    def test_bytes_come_in_pieces(self, world: LibraryWorld) -> None:
        """The next one is read when it is asked for, not before."""
        world.put("people-1.csv", LARGE)
        pieces = world.place.read(one(world))
        assert len(next(pieces)) == len(LARGE) // 4
        assert b"".join(pieces) == LARGE[len(LARGE) // 4 :]

    def test_a_file_that_is_locked_or_checked_out_is_waited_for(self, world: LibraryWorld) -> None:
        """Each says its plain cause; once it is free it is read."""
        world.put("people-1.csv", b"x")
        file = one(world)
        path = f"{DROP}/people-1.csv"
        world.library.lock(path, unreadable=True)
        with pytest.raises(UnavailableError, match=r"people-1\.csv is locked, somebody has it open"):
            list(world.place.read(file))
        world.library.unlock(path)
        world.library.check_out(world.library.file(path))
        with pytest.raises(UnavailableError, match=r"people-1\.csv is checked out: it is read once it is checked in"):
            list(world.place.read(file))
        world.library.check_in(world.library.file(path))
        assert list(world.place.read(file)) == [b"x"]

    def test_one_file_is_asked_for_by_its_name_alone(self, world: LibraryWorld) -> None:
        """A library of too many files for a listing is no matter then; a pattern says what to do."""
        world.put("people-1.csv", b"x")
        world.library.list_view_threshold = 0
        single = LibraryPlace(world.host, f"{DROP}/people-1.csv")

        assert [file.name for file in single.files()] == ["people-1.csv"]
        assert list(LibraryPlace(world.host, f"{DROP}/people-2.csv").files()) == []
        with pytest.raises(RefusedError, match="more files than SharePoint lists"):
            world.place.files()

    def test_without_rights_the_folder_is_told(self, world: LibraryWorld) -> None:
        """Somebody must grant them."""
        world.put("people-1.csv", b"x")
        world.sim.apps.client.revoke("sharepoint", "Sites.FullControl.All")
        with pytest.raises(AccessDeniedError, match="Drop 100% may not be read by us"):
            world.place.files()

    def test_a_download_that_breaks_off_yields_no_end(self, world: LibraryWorld) -> None:
        """Half the bytes with status 200 are no file."""
        world.put("people-1.csv", LARGE)
        file = one(world)
        world.fault("sharepoint", operation="file.download", truncate=True, times=1)
        with pytest.raises(UnavailableError):
            list(world.place.read(file))

    def test_a_token_that_ran_out_is_replaced_once(self, world: LibraryWorld) -> None:
        """A download is sent anew after a 401, as any call; a second one needs somebody."""
        world.put("people-1.csv", b"x")
        file = one(world)
        world.fault("sharepoint", operation="file.download", status=401, times=1)
        assert list(world.place.read(file)) == [b"x"]
        world.fault("sharepoint", operation="file.download", status=401, times=2)
        with pytest.raises(AccessDeniedError):
            list(world.place.read(file))
