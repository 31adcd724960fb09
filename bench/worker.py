"""One tenant from nothing through a day, in a process of its own: memory, counts, latencies, growth (items 2, 3, 6)."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from bench.measure import cpu, peak
from bench.pages import pages
from bench.pipeline import Bench
from upa_core.adapters.storage.blob_store import blob_store_from_connection_string
from upa_core.services.drive.tick import tick
from upa_core.services.pull import pull

LATENCY = {"graph": 0.2, "sharepoint": 0.3, "storage": 0.01}
"""Seconds injected per Graph page, SharePoint call and storage call."""
CHANGES = 100


def counted(bench: Bench, work: Callable[[], object]) -> dict[str, Any]:
    """Do the work and tell what it took."""
    tenant, store = bench.tenant, bench.store
    calls, bytes_, stored, moved = (Counter(c) for c in (tenant.calls, tenant.bytes, store.calls, store.bytes))
    keys = store.keys.copy()
    jobs, begin, transport = len(tenant.jobs), time.perf_counter(), tenant.cpu
    spent = cpu(work, off=lambda: tenant.cpu)
    made = tenant.calls - calls
    return {
        "cpu_s": round(spent, 3),
        "wall_s": round(time.perf_counter() - begin, 3),
        "transport_cpu_s": round(tenant.cpu - transport, 3),
        "graph": {name: n for name, n in made.items() if name in ("users.delta", "$batch")},
        "sharepoint": {name: n for name, n in made.items() if name not in ("users.delta", "$batch")},
        "storage": dict(store.calls - stored),
        "transactions": (store.calls - stored).total(),
        "besides_shards": sum(n for key, n in (store.keys - keys).items() if "/people/" not in key),
        "stored_bytes": dict(store.bytes - moved),
        "wire_bytes": dict(tenant.bytes - bytes_),
        "import_jobs": len(tenant.jobs) - jobs,
        "peak_mib": round(peak(), 1),
    }


def day(people: int, properties: int = 10, azurite: str = "", *, slow: bool = True) -> dict[str, Any]:
    """Run a first full run, a full round without differences, 100 changes, the same slowly, an idle tick."""
    wide = properties if properties > 10 else 0
    store = blob_store_from_connection_string(azurite, f"bench-{people}") if azurite else None
    bench = Bench(pages(people, wide), properties=properties, store=store)
    try:
        return _day(bench, people, properties, slow=slow) | {"store": "azurite" if azurite else "folder"}
    finally:
        bench.close()


def _day(bench: Bench, people: int, properties: int, *, slow: bool) -> dict[str, Any]:
    ports, connector = bench.ports, bench.connector

    def whole(*, full: bool = False) -> None:
        while pull(ports, connector, full=full).status != "sealed":
            pass
        bench.drain()

    made: dict[str, Any] = {"people": people, "properties": properties}
    made["base_mib"] = round(peak(), 1)
    made["first"] = counted(bench, whole)
    made["again"] = counted(bench, lambda: whole(full=True))
    bench.tenant.change(CHANGES, bare=20)
    made["daily"] = counted(bench, whole)
    if slow:
        bench.tenant.change(CHANGES, bare=20)
        bench.tenant.latency, bench.store.latency = LATENCY, LATENCY["storage"]
        bench.store.keys.clear()
        made["slow"] = counted(bench, whole)
        made["slow"]["critical_s"] = round(critical(made["slow"], bench.store.keys), 3)
        bench.tenant.latency, bench.store.latency = {}, 0.0
    made["idle"] = counted(bench, lambda: tick(ports, connector))
    return made


def critical(took: dict[str, Any], keys: Counter[str]) -> float:
    """Return the shortest time that the order of the calls allows: shards are independent of each other."""
    waves = sum(
        1 for operation in ("get", "put") if any(k.startswith(f"{operation} ") and "/people/" in k for k in keys)
    )
    ordered = sum(n for key, n in keys.items() if "/people/" not in key)
    return float(
        sum(took["graph"].values()) * LATENCY["graph"]
        + sum(took["sharepoint"].values()) * LATENCY["sharepoint"]
        + (ordered + waves) * LATENCY["storage"]
    )


if __name__ == "__main__":
    print(json.dumps(day(**json.loads(sys.argv[1]))))
