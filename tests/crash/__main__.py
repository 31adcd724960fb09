"""The crash campaign: die at every port call of every scenario, and be overtaken at every conditional write and read.

python -m tests.crash [--every N] [--scenario NAME] [--kind KIND] [--jobs N]

Each point has a copy of one world in a process of its own; nothing here may start a thread.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from time import perf_counter

from tests.crash.campaign import Tally, campaign
from tests.crash.faults import lasting_faults
from tests.crash.rivals import interleavings
from tests.crash.scenarios import SCENARIOS
from tests.crash.stalls import stalls

KINDS: dict[str, Callable[..., Tally]] = {
    "crash points": partial(campaign, forks=True),
    "interleavings": partial(interleavings, forks=True),
    "overtaken reads": partial(interleavings, place="read", forks=True),
    "lasting faults": lasting_faults,
    "stalled writes": stalls,
}


def work(kind: str, number: int, every: int) -> tuple[Tally, float]:
    """Try one scenario in one way; returns what came of it and the seconds it took."""
    began = perf_counter()
    return KINDS[kind](SCENARIOS[number], every=every), perf_counter() - began


def results(scenario: str, wanted: str, every: int, jobs: int) -> Iterator[tuple[str, str, Tally, float]]:
    """Yield kind, scenario and result, as they are done."""
    chosen = [(kind, n) for kind in KINDS if wanted in kind for n, one in enumerate(SCENARIOS) if scenario in one.name]
    with ProcessPoolExecutor(jobs) as pool:
        tasks = {pool.submit(work, kind, n, every): (kind, SCENARIOS[n].name) for kind, n in chosen}
        for task in as_completed(tasks):
            yield *tasks[task], *task.result()


def main() -> int:
    """Run the campaign and print points tried and passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="only every N-th point")
    parser.add_argument("--scenario", default="", help="only scenarios whose name holds this text")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default 1)")
    parser.add_argument("--kind", default="", choices=KINDS, help="only this way of trying")
    asked = parser.parse_args()
    totals = {kind: [0, 0] for kind in KINDS}
    for kind, name, tally, seconds in results(asked.scenario, asked.kind, asked.every, asked.jobs):
        totals[kind][0] += tally.tried
        totals[kind][1] += tally.passed
        print(f"{name:38} {kind:15} tried {tally.tried:5}, passed {tally.passed:5}, {seconds:.0f} s")
        for failure in tally.failures[:5]:
            print(f"    {failure}")
        sys.stdout.flush()
    for kind, (tried, passed) in totals.items():
        print(f"{kind} tried {tried}, passed {passed}")
    return 1 if any(tried != passed for tried, passed in totals.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
