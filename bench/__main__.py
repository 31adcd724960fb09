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
from bench.table import calls_of, rows

RESULTS = Path(__file__).parent / "results"
PARTS = ("floor", "day", "azurite", "cold", "peers", "growth", "file")


def main() -> None:
    """Measure and print one table; with all parts measured, write one file."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="with a million people")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}: printed, not kept")
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
    whole = set(wanted) == set(PARTS)  # some parts alone would replace the results of the others
    if whole:
        _keep(made, options.full)
    if "file" in wanted:
        made["file"] = _in_process("bench.joined_file", str(largest))
        made["file"]["csv"] = _in_process("bench.csv_ratio", str(largest))
    if "cold" in wanted:
        made["cold"] = cold.run()
    if "peers" in wanted:
        made["peers"] = peers.run()
    made["seconds"] = round(time.perf_counter() - began)
    if whole:
        _keep(made, options.full)
    for row in rows(made):
        print("| " + " | ".join(row) + " |")


def _keep(made: dict[str, Any], full: bool) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{'full' if full else 'quick'}.json").write_text(json.dumps(made, indent=1) + "\n")


def _day(**options: Any) -> dict[str, Any]:
    return _in_process("bench.worker", json.dumps(options))


def _in_process(module: str, argument: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", module, argument], capture_output=True, text=True, check=False)
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
        | {"calls": round(calls_of(large) / calls_of(small), 2)},
    }


if __name__ == "__main__":
    main()
