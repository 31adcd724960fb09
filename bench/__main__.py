"""`python -m bench`: everything in minutes; `--full`: a million people; `--only floor,day,…`: some of it."""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import cold, cost, floor, peers
from bench.measure import machine

RESULTS = Path(__file__).parent / "results"
PARTS = ("floor", "day", "azurite", "cold", "peers", "growth")


def main() -> None:
    """Measure, print one table, write one file."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="with a million people")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    options = parser.parse_args()
    wanted = options.only.split(",")
    largest = 1_000_000 if options.full else 100_000
    began = time.perf_counter()
    made: dict[str, Any] = {
        "made": datetime.now(UTC).isoformat(),
        "machine": machine(),
        "seeds": {"people": 1, "changes": 1},
    }
    if "floor" in wanted:
        made["floor"] = floor.run()
    if "day" in wanted or "growth" in wanted:
        sizes = (10_000, 100_000, 1_000_000) if options.full else (10_000, 100_000)
        made["days"] = [_day(people=n) for n in sizes]
        made["cost"] = cost.run(made["days"][-1])
    if "growth" in wanted:
        made["widths"] = [_day(people=10_000, properties=n, slow=False) for n in (1, 10, 100)]
        made["growth"] = growth(made["days"], made["widths"])
    if "azurite" in wanted:
        made["azurite"] = _azurite(min(largest, 100_000))
    _keep(made, options.full)
    if "cold" in wanted:
        made["cold"] = cold.run()
    if "peers" in wanted:
        made["peers"] = peers.run()
    made["seconds"] = round(time.perf_counter() - began)
    _keep(made, options.full)
    for row in rows(made):
        print("| " + " | ".join(row) + " |")


def _keep(made: dict[str, Any], full: bool) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{'full' if full else 'quick'}.json").write_text(json.dumps(made, indent=1) + "\n")


def _day(**options: Any) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.worker", json.dumps(options)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _azurite(people: int) -> dict[str, Any]:
    from tests.support.azurite import AzuriteMissingError, running  # not everybody has it

    try:
        with running() as azurite:
            return _day(people=people, azurite=azurite.connection, slow=False)
    except AzuriteMissingError as error:
        return {"missing": str(error)}


def growth(days: list[dict[str, Any]], widths: list[dict[str, Any]]) -> dict[str, Any]:
    """Return exponents between the smallest and the largest: 1 is linear, 0 is flat."""

    def exponent(runs: list[dict[str, Any]], by: str, part: str, what: str) -> float:
        low, high = runs[0], runs[-1]
        return round(math.log(high[part][what] / low[part][what]) / math.log(high[by] / low[by]), 2)

    small, large = days[0]["daily"], days[-1]["daily"]
    return {
        "people": {what: exponent(days, "people", "first", what) for what in ("cpu_s", "peak_mib", "transactions")},
        "properties": {
            what: exponent(widths, "properties", "first", what) for what in ("cpu_s", "peak_mib", "transactions")
        },
        "daily_largest_over_smallest": {what: round(large[what] / small[what], 2) for what in ("cpu_s", "transactions")}
        | {"calls": round(_calls(large) / _calls(small), 2)},
    }


def _calls(part: dict[str, Any]) -> int:
    return int(sum(part["graph"].values()) + sum(part["sharepoint"].values()))


def rows(made: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return the table: what, measured, goal, met."""
    table: list[tuple[str, str, str, str]] = [("what", "measured", "goal", "met"), ("---", "---", "---", "---")]

    def add(what: str, value: float, goal: float, unit: str = "", *, least: bool = False) -> None:
        met = value >= goal if least else value <= goal
        table.append((what, f"{value:g}{unit}", f"{'≥' if least else '≤'} {goal:g}{unit}", "yes" if met else "NO"))

    if found := made.get("floor"):
        table.append((f"floor, {found['people']} people", f"{found['floor_us_per_user']} µs a user", "", ""))
        ratios = found["ratios"]
        for what, goal in (("pull", 1.8), ("whole", 5), ("again, whole", 3)):
            add(f"{what} / floor, processor time", ratios[what], goal, " ×")
        table.append(
            (
                "plan and files, send and settle / floor",
                f"{ratios['plan and files']}, {ratios['send and settle']} ×",
                "",
                "",
            )
        )
        share = f"{found['transport_share_of_floor']:.1%} of floor, {found['transport_share_of_ours']:.1%} of ours"
        table.append(("transport's share (taken off)", share, "", ""))
    days = {day["people"]: day for day in made.get("days", ())}
    for people, day in days.items():
        add(
            f"peak memory, {people} people, {day['first']['import_jobs']} import files",
            day["first"]["peak_mib"],
            200,
            " MiB",
        )
        table.append(
            (
                f"first run, {people} people",
                f"{day['first']['cpu_s']} s processor, {day['first']['transactions']} storage transactions",
                "",
                "",
            )
        )
        add(f"import jobs of a full round without differences, {people}", day["again"]["import_jobs"], 0)
        daily, slow, idle = day["daily"], day["slow"], day["idle"]
        add(f"100 changes among {people}: storage transactions", daily["transactions"], 260)
        add(f"100 changes among {people}: processor time", daily["cpu_s"], 1, " s")
        table.append(
            (
                f"100 changes among {people}: Graph, SharePoint calls",
                f"{daily['graph']}, {sum(daily['sharepoint'].values())}",
                "",
                "",
            )
        )
        add(
            f"100 changes among {people}, slow services: over the critical path",
            round((slow["wall_s"] / slow["critical_s"] - 1) * 100, 1),
            15,
            " %",
        )
        add(f"idle tick, {people}: storage transactions", idle["transactions"], 6)
        add(f"idle tick, {people}: Graph, SharePoint calls", _calls(idle), 1)
    if 1_000_000 in days:
        add(
            "peak memory, 1M / 100k people",
            round(days[1_000_000]["first"]["peak_mib"] / days[100_000]["first"]["peak_mib"], 2),
            1.2,
            " ×",
        )
    if (found := made.get("azurite")) and "first" in found:
        add(f"peak memory on Azurite, {found['people']} people", found["first"]["peak_mib"], 200, " MiB")
    if found := made.get("cold"):
        add("cold start: indexing / Functions libraries alone", found["indexed_ratio"], 1.15, " ×")
        add("cold start: ready / Functions libraries alone", found["ready_ratio"], 1.9, " ×")
        add("cold start: more memory", found["ready_extra_mib"], 45, " MiB")
        table.append(
            (
                "cloud SDKs imported before use",
                found["cloud_sdks_imported"] or "none",
                "none",
                "yes" if not found["cloud_sdks_imported"] else "NO",
            )
        )
    if found := made.get("peers"):
        if "floor" in made:
            base, sdk = made["floor"]["floor_us_per_user"], found["sdk"]["us_per_user"]
            add(
                "msgraph-sdk + json.dumps / our pull",
                round(sdk / (base * made["floor"]["ratios"]["pull"])),
                300,
                " ×",
                least=True,
            )
            add(
                "msgraph-sdk + json.dumps / our whole run",
                round(sdk / (base * made["floor"]["ratios"]["whole"])),
                100,
                " ×",
                least=True,
            )
        add("PnP's bytes / ours, a week (computed)", found["week"]["bytes_ratio"], 5, " ×", least=True)
        add("PnP's polls / ours, a week (computed)", found["week"]["polls_ratio"], 10, " ×", least=True)
    if found := made.get("growth"):
        for by in ("people", "properties"):
            for what, value in found[by].items():
                add(f"exponent of {what} by {by}", value, 1.05)
        for what, value in found["daily_largest_over_smallest"].items():
            add(f"100 changes, largest / smallest tenant: {what}", value, 1.3, " ×")
    return table


if __name__ == "__main__":
    main()
