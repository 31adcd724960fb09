"""1. The floor (requests + orjson reading the same pages and doing nothing) against each part of the pipeline."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import orjson

from bench.measure import cpu, median
from bench.pages import GRAPH, pages
from bench.pipeline import Bench
from bench.tenant import Clock, Tenant
from upa_core.services.pull import pull


def floor(count: int, wide: int = 0) -> tuple[float, float]:
    """Read all pages; returns our processor time and the transport's."""
    tenant = Tenant(pages(count, wide), Clock())
    session = tenant.session()

    def read() -> None:
        url = f"{GRAPH}/v1.0/users/delta?$select=id"
        while url:
            document = orjson.loads(session.get(url, headers={"Authorization": "Bearer t"}).content)
            url = document.get("@odata.nextLink")

    spent = cpu(read, off=lambda: tenant.cpu)
    tenant.folder.cleanup()
    return spent, tenant.cpu


def ours(count: int, properties: int = 10, wide: int = 0) -> dict[str, float]:
    """Run everything from nothing, then a full round without differences."""
    bench = Bench(pages(count, wide), properties=properties)

    def off() -> float:
        return bench.tenant.cpu

    made: dict[str, float] = {}
    made["pull"] = cpu(lambda: pull(bench.ports, bench.connector), off=off)
    made["plan and files"] = cpu(lambda: bench.drain("planned"), off=off)
    made["send and settle"] = cpu(bench.drain, off=off)
    made["whole"] = sum(made.values())
    made["again, pull"] = cpu(lambda: pull(bench.ports, bench.connector, full=True), off=off)
    files = len(bench.tenant.jobs)
    made["again, plan"] = cpu(bench.drain, off=off)
    made["again, whole"] = made["again, pull"] + made["again, plan"]
    bench.close()
    assert files == len(bench.tenant.jobs), "a full round without differences made a file"
    made["transport"] = bench.tenant.cpu
    made["import jobs"] = files
    return made


def run(count: int = 50_000, rounds: int = 9) -> dict[str, Any]:
    """Interleave rounds of both; a round of ours is held against the floors before and after it."""
    floors, transports, parts = [], [], []
    for turn in range(rounds + 1):
        low, transport = floor(count)
        floors.append(low)
        transports.append(transport)
        if turn < rounds:
            parts.append(ours(count))
    around = [(before + after) / 2 for before, after in pairwise(floors)]
    ratios = {name: median(p[name] / low for p, low in zip(parts, around, strict=True)) for name in parts[0]}
    return {
        "people": count,
        "rounds": rounds,
        "bytes_per_user": round(pages(count).bytes / count),
        "floor_us_per_user": round(median(floors) / count * 1e6, 2),
        "transport_share_of_floor": round(median(transports) / (median(transports) + median(floors)), 3),
        "ratios": {name: round(value, 2) for name, value in ratios.items() if name not in ("import jobs", "transport")},
        "transport_share_of_ours": round(
            median(p["transport"] / (p["transport"] + p["whole"] + p["again, whole"]) for p in parts), 3
        ),
    }
