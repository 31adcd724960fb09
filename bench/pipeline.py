"""The pipeline on the trivial tenant: ports, connector, and a run seen through with nobody waiting."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.pages import EXTENSION, GRAPH, Pages
from bench.tenant import ADMIN, FOLDER, SITE, Clock, Tenant, Tokens
from upa_core.adapters.graph.users import GraphUsers
from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint.import_jobs import SharePointImportJobs
from upa_core.adapters.sharepoint.library import SharePointLibrary
from upa_core.adapters.storage.folder_store import FolderStore
from upa_core.domain.cloud import CLOUDS
from upa_core.domain.connector import ChangeThreshold, Connector, Limits, Source, Target
from upa_core.domain.people.mapping import direct
from upa_core.ports.bundle import Ports
from upa_core.ports.store import Blob, BlobInfo, Store
from upa_core.services.deliver.routes import ROUTES
from upa_core.services.drive.advance import advance
from upa_core.state.overlay import Silence

TEN = (
    direct("department", "UpaDepartment", on_empty="clear"),
    direct("jobTitle", "UpaTitle", on_empty="clear"),
    direct("companyName", "UpaCompany"),
    direct("city", "UpaCity"),
    direct("employeeId", "UpaNumber"),
    direct("employeeType", "UpaType", on_empty="default", default="none"),
    direct("officeLocation", "UpaOffice", max_length=200),
    direct("employeeHireDate", "UpaHired", type="date"),
    direct("onPremisesExtensionAttributes.extensionAttribute1", "UpaCostCenter", on_empty="clear"),
    direct("onPremisesExtensionAttributes.extensionAttribute2", "UpaBadge"),
)


def connector(properties: int = 10, **limits: Any) -> Connector:
    """Return a connector of 1 to 10 usual properties, or of that many directory extensions."""
    mappings = TEN[:properties]
    if properties > len(TEN):
        mappings = tuple(direct(f"{EXTENSION}{k}", f"Upa{k:03d}") for k in range(properties))
    return Connector(
        name="hr",
        source=Source(CLOUDS["global"], "11111111-2222-3333-4444-555555555555"),
        target=Target(ADMIN, f"{SITE}/sites/upa", FOLDER),
        mappings=mappings,
        limits=Limits(**{"import_jobs_per_day": 500, **limits}),
        threshold=ChangeThreshold(None, None, None, None, None),
    )


class CountingStore:
    """A store that counts transactions and bytes, and may be slow."""

    def __init__(self, below: Store, latency: float = 0.0) -> None:
        self._below, self.latency = below, latency
        self.calls: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()
        self.keys: Counter[str] = Counter()

    def _count(self, operation: str, key: str, size: int = 0) -> None:
        self.calls[operation] += 1
        self.keys[f"{operation} {key}"] += 1
        self.bytes[operation] += size
        if self.latency:
            time.sleep(self.latency)

    @property
    def transactions(self) -> int:
        return sum(self.calls.values())

    @property
    def calls_at_once(self) -> int:
        return 16 if self.latency else self._below.calls_at_once

    def get(self, key: str) -> Blob | None:
        blob = self._below.get(key)
        self._count("get", key, len(blob.data) if blob is not None else 0)
        return blob

    def read_range(self, key: str, start: int, length: int) -> bytes | None:
        data = self._below.read_range(key, start, length)
        self._count("read_range", key, len(data or b""))
        return data

    def put(self, key: str, data: bytes, *, if_match: str | None = None, if_absent: bool = False) -> str:
        self._count("put", key, len(data))
        return self._below.put(key, data, if_match=if_match, if_absent=if_absent)

    def delete(self, key: str) -> None:
        self._count("delete", key)
        self._below.delete(key)

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        self._count("list", prefix)
        return self._below.list(prefix)


class Ids:
    """Ids that count up."""

    def __init__(self) -> None:
        self._next = 0

    def token(self) -> str:
        self._next += 1
        return "".join("abcdefghijklmnopqrstuvwxyz234567"[self._next >> s & 31] for s in (15, 10, 5, 0))


class Bench:
    """One tenant, one connector, one store."""

    def __init__(self, pages: Pages, *, properties: int = 10, store: Store | None = None, **limits: Any) -> None:
        self.clock = Clock()
        self.tenant = Tenant(pages, self.clock)
        self.session = self.tenant.session()
        self.connector = connector(properties, **limits)
        self.folder = tempfile.TemporaryDirectory(prefix="upa-bench-state-")
        self.store = CountingStore(store or FolderStore(Path(self.folder.name), sync=False))
        silence, ids = Silence(), Ids()

        def service(root: str) -> Service:
            return Service(root, Tokens(), self.clock, session=self.session)

        self.ports = Ports(
            store=self.store,
            source=GraphUsers(service(GRAPH)),
            library=SharePointLibrary(service(SITE), f"{SITE}/sites/upa", FOLDER),
            import_jobs=SharePointImportJobs(service(ADMIN)),
            clock=self.clock,
            ids=ids,
            events=silence,
            waker=silence,
            routes=ROUTES,
            connector_file="version: 1\n",
        )

    def close(self) -> None:
        """Delete what is stored."""
        self.folder.cleanup()
        self.tenant.folder.cleanup()

    def drain(self, until: str = "") -> None:
        """See everything through, time passing at once; with `until`, only up to a step that says so."""
        while True:
            step = advance(self.ports, self.connector)
            if until and until in step.why:
                return
            if step.kind == "again":
                continue
            if step.kind == "idle":
                return
            assert step.at is not None, step
            self.clock.until(step.at)
