"""The contract of `Store` on the fake, the folder and Azurite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.contracts.store_contract import StoreContract
from tests.fakes import MemoryStore
from tests.support.azurite import Azurite
from upa_core.adapters.storage.blob_store import BlobStore, blob_store_from_connection_string
from upa_core.adapters.storage.folder_store import FolderStore


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class TestFolderStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> FolderStore:
        return FolderStore(tmp_path / "state")


@pytest.mark.azurite
class TestBlobStore(StoreContract):
    @pytest.fixture
    def store(self, azurite: Azurite) -> Iterator[BlobStore]:
        store = blob_store_from_connection_string(azurite.connection, f"t{uuid4().hex}")
        yield store
        store.close()
