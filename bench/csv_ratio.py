"""8. A file read under its contract, beside merely reading it with csv: `python -m bench.csv_ratio ROWS`.

Both read the same file in turns of some thousand rows, so that whatever else the machine does slows both.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from bench.joined_file import COLUMNS, write
from bench.measure import median
from upa_core.adapters.sources.place import CHUNK
from upa_core.domain.sources.check import TextFile
from upa_core.domain.sources.contract import Contract, KeyPart

ROUNDS = 7
TURN = 10_000
ORDERS = {"rising": 1, "mixed": 7_919}
"""Keys that rise from row to row, and keys in another order: the step from one to the next, a prime number."""


def run(rows: int, rounds: int = ROUNDS) -> dict[str, Any]:
    """Return by order of the keys the median ratio of processor times, the least and the largest, and the seconds."""
    made: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="upa-bench-ratio-") as folder:
        for order, step in ORDERS.items():
            path = Path(folder) / f"{order}.csv"
            write(path, rows, step=step)
            took = [in_turns(path) for _ in range(rounds)]
            ratios = sorted(ours / bare for ours, bare in took)
            made[order] = {
                "ratio": round(median(ratios), 2),
                "least": round(ratios[0], 2),
                "largest": round(ratios[-1], 2),
                "csv_s": round(median(bare for _, bare in took), 2),
                "ours_s": round(median(ours for ours, _ in took), 2),
            }
            path.unlink()
    return made


def in_turns(path: Path) -> tuple[float, float]:
    """Return processor seconds, user and system: of reading under the contract, and of merely reading.

    Raises `AssertionError` for a file that isn't accepted whole.
    """
    file, took = judged(path), [0.0, 0.0]
    with path.open(encoding="utf-8", newline="") as text:
        both: tuple[Iterator[object], ...] = (iter(file), csv.reader(text))
        while True:
            for at, rows in enumerate(both):
                begin = time.process_time()
                last = deque(islice(rows, TURN), maxlen=1)
                took[at] += time.process_time() - begin
            if not last:
                break
    assert file.verdict.status == "accepted", file.verdict.findings
    assert file.verdict.whole
    return took[0], took[1]


def judged(path: Path) -> TextFile:
    """Return the file, to be read under a contract that names every column."""
    return TextFile(_chunks(path), Contract((KeyPart("EmployeeID", "employeeId"),), COLUMNS))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            yield data


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]))))
