"""The contract of row sources on files: in a folder, a container of Azurite, a library of the tenant."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from azure.storage.blob import ContainerClient

from tests.contracts.row_source_contract import COLUMNS, Keyed, RowSourceContract
from tests.contracts.tenant import Tenant, TenantClock
from tests.fakes import FakeClock
from tests.support import azurite as azurite_tool
from upa_core.adapters.sources.blob_place import BlobPlace
from upa_core.adapters.sources.file_rows import FileRows
from upa_core.adapters.sources.folder_place import FolderPlace
from upa_core.adapters.sources.library_place import LibraryPlace
from upa_core.domain.errors import RetryLaterError, UnavailableError
from upa_core.domain.sources.contract import Contract, KeyPart
from upa_core.ports.row_source import RowSource

CONTRACT = Contract((KeyPart("number"),), COLUMNS)


def csv_of(rows: tuple[dict[str, str | None], ...]) -> bytes:
    lines = [",".join(row.get(name) or "" for name in COLUMNS) for row in rows]
    return "\r\n".join([",".join(COLUMNS), *lines, ""]).encode()


class Waiting:
    """Implements `RowSource`: a place without a file is nothing to offer."""

    def __init__(self, source: FileRows) -> None:
        self._source = source
        self.rows, self.closing = source.rows, source.closing

    def look(self, cursor: str, approved: str = "") -> object:
        try:
            return self._source.look(cursor, approved)
        except UnavailableError as exc:
            if "no file that fits" not in str(exc):
                raise
            return None


class FolderWorld(Keyed):
    def __init__(self, folder: Path) -> None:
        self._folder, self._files = folder, 0
        clock = FakeClock()
        self._now = clock.now().timestamp()
        place = FolderPlace(str(folder / "people-*.csv"))
        self.source: RowSource = Waiting(FileRows(place, CONTRACT, clock, timedelta(0)))

    def deliver(self, *rows: dict[str, str | None]) -> None:
        self._files, self.delivered = self._files + 1, rows
        path = self._folder / f"people-{self._files}.csv"
        path.write_bytes(csv_of(rows))
        os.utime(path, (self._now - 100 + self._files,) * 2)

    def break_off(self) -> None:
        for path in self._folder.iterdir():
            path.unlink()


class TestFolder(RowSourceContract):
    @pytest.fixture
    def rows_world(self, tmp_path: Path) -> FolderWorld:
        return FolderWorld(tmp_path)


class LibraryWorld(Keyed, Tenant):
    def __init__(self) -> None:
        super().__init__()
        self.sim.library.add_folder("/sites/upa/Shared Documents/drop")
        self._folder, self._files = self.sim.library.folder("/sites/upa/Shared Documents/drop").path, 0
        host = self.service(self.urls.sharepoint, "upa-sync")
        place = LibraryPlace(host, f"{self._folder}/people-*.csv")
        self.source: RowSource = Waiting(FileRows(place, CONTRACT, TenantClock(self.sim), timedelta(0)))

    def deliver(self, *rows: dict[str, str | None]) -> None:
        self._files, self.delivered = self._files + 1, rows
        self.sim.advance(1)
        self.sim.library.add_file(self._folder, f"people-{self._files}.csv", csv_of(rows), overwrite=False)

    def break_off(self) -> None:
        self.fault("sharepoint", operation="file.download", status=503)


class TestLibrary(RowSourceContract):
    @pytest.fixture
    def rows_world(self) -> LibraryWorld:
        return LibraryWorld()


class BlobWorld(Keyed):
    def __init__(self, container: ContainerClient) -> None:
        self.container, self._files = container, 0
        clock = FakeClock()
        clock.advance(timedelta(days=36500))  # the blobs' times are the storage's own
        place = BlobPlace(container, "drop/people-*.csv")
        self.source: RowSource = Waiting(FileRows(place, CONTRACT, clock, timedelta(0)))

    def deliver(self, *rows: dict[str, str | None]) -> None:
        self._files, self.delivered = self._files + 1, rows
        self.container.upload_blob(f"drop/people-{self._files}.csv", csv_of(rows))

    def break_off(self) -> None:
        for name in list(self.container.list_blob_names()):
            self.container.delete_blob(name)


@pytest.mark.azurite
class TestBlobs(RowSourceContract):
    @pytest.fixture
    def rows_world(self, azurite: azurite_tool.Azurite) -> Iterator[BlobWorld]:
        container = ContainerClient.from_connection_string(azurite.connection, f"t{uuid4().hex}")
        container.create_container()
        with container:
            yield BlobWorld(container)

    def test_a_blob_that_is_replaced_while_it_is_read_yields_nothing(self, rows_world: BlobWorld) -> None:
        """The request is for that very version: another ETag ends the rows with an error."""
        rows_world.deliver({"number": "1", "cost": "a"})
        offer = rows_world.source.look("")
        assert offer is not None
        other = csv_of(({"number": "1", "cost": "b"},))
        rows_world.container.upload_blob("drop/people-1.csv", other, overwrite=True)
        with pytest.raises(RetryLaterError, match="replaced while it was read"):
            list(rows_world.source.rows(offer, COLUMNS))

    def test_blobs_in_other_folders_and_with_other_names_are_left_alone(self, rows_world: BlobWorld) -> None:
        """A star stands for part of one name, never for a folder; what isn't complete isn't read."""
        for name in ("people-1.csv", "drop/old/people-1.csv", "drop/other.csv", "drop/people-2.csv.part"):
            rows_world.container.upload_blob(name, csv_of(()))

        assert rows_world.source.look("") is None
