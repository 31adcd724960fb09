"""7. The cost model: quantities a day, computed from what was measured."""

from __future__ import annotations

from typing import Any

from upa_core.domain.connector import Limits
from upa_core.domain.people.shadow import shards_for

TICKS = 96
POLL_GB = 2.0
"""Memory of an instance, GB."""
CALL_S = {"graph": 0.2, "sharepoint": 0.3, "storage": 0.01}


def quantities(people: int, run: dict[str, Any]) -> dict[str, Any]:
    """Return a day of 1 % changed people (a tenth in mapped properties) in one run, 95 idle ticks; full round weekly.

    `run` is a measured day (bench.worker) at the nearest size.
    """
    scale = people / run["people"]
    idle, first, again, daily = run["idle"], run["first"], run["again"], run["daily"]
    pages = -(-people // 100 // 200)
    # The plan reads the shards of all who changed; settling reads (where they are too much to keep) and writes those of
    # the people who were sent.
    touched = _touched(people // 100, _shards(people)) + 2 * _touched(people // 1000, _shards(people))
    fixed = daily["transactions"] - 2 * _touched(100, _shards(run["people"]))
    transactions = idle["transactions"] * (TICKS - 1) + touched + fixed + again["transactions"] * scale / 7
    graph = sum(idle["graph"].values()) * (TICKS - 1) + pages + again["graph"]["users.delta"] * scale / 7
    sharepoint = sum(daily["sharepoint"].values())
    cpu = idle["cpu_s"] * TICKS + daily["cpu_s"] + again["cpu_s"] * scale / 7
    waiting = graph * CALL_S["graph"] + sharepoint * CALL_S["sharepoint"] + transactions * CALL_S["storage"]
    return {
        "people": people,
        "gb_seconds": round((cpu + waiting) * POLL_GB),
        "storage_transactions": round(transactions),
        "graph_resource_units": round(graph),
        "sharepoint_calls": sharepoint,
        "first_run_import_jobs": max(1, round(first["import_jobs"] * scale)),
        "first_run_hours": round(max(1, round(first["import_jobs"] * scale)) * 2.6, 1),
    }


def _shards(people: int) -> int:
    limits = Limits()
    return shards_for(people, limits.people_per_shard, limits.shards_spread_over)


def _touched(changes: int, shards: int) -> int:
    """Return how many shards so many changes fall into, on average."""
    return round(shards * (1 - (1 - 1 / shards) ** changes))


def run(day: dict[str, Any]) -> list[dict[str, Any]]:
    return [quantities(people, day) for people in (1_000, 100_000, 1_000_000, 10_000_000)]
