"""Processor time of each step, and memory, in turns with another checkout: what else the machine does falls on both.

`python -m bench.compare.in_turns FOLDER`. A figure is the median of all rounds; a ratio is the median of the rounds'
ratios, with the smallest and the largest. The other checkout has its own environment.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.compare.steps import PEAK, STEPS

Round = Sequence[float]
"""A figure for each step, and perhaps the peak."""
WHOLE = {"whole": slice(0, 3), "again, whole": slice(3, 5)}
"""Sums of steps."""


def command(tree: Path, people: int) -> list[str]:
    """Return the command that runs the steps in a tree."""
    python = next((str(one) for one in sorted(tree.glob(".venv-*/bin/python"))), sys.executable)
    return [python, "-P", str(Path(__file__).with_name("steps.py")), str(people)]


def environment(tree: Path) -> dict[str, str]:
    """Return the environment of that command."""
    return {"PYTHONPATH": str(tree), "PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin"}


def seconds(tree: Path, people: int) -> Round:
    """Run the steps in a tree."""
    done = subprocess.run(
        command(tree, people), env=environment(tree), cwd=tree, check=True, capture_output=True, text=True
    )
    return list(json.loads(done.stdout.splitlines()[-1]).values())


def table(here: Sequence[Round], other: Sequence[Round], form: str) -> Iterator[str]:
    """Yield a line for each step, each sum of steps, and the peak if it was measured; the other tree first."""
    parts = {name: slice(at, at + 1) for at, name in enumerate(STEPS)} | WHOLE
    parts |= {PEAK: slice(5, 6)} if len(here[0]) > len(STEPS) else {}
    for name, part in parts.items():
        mine, theirs = ([sum(one[part]) for one in rounds] for rounds in (here, other))
        line = f"{name:16} {form.format(statistics.median(mine)):>12}"
        if theirs:
            ratios = [a / b for a, b in zip(mine, theirs, strict=True)]
            spread = f"  ({min(ratios):.2f} to {max(ratios):.2f})" if len(ratios) > 1 else ""
            before = form.format(statistics.median(theirs))
            line = f"{name:16} {before:>12} -> {line[17:].strip():>12}  {statistics.median(ratios) - 1:+.1%}{spread}"
        yield line


def main() -> None:
    """Print the processor seconds of both trees."""
    parser = argparse.ArgumentParser(prog="python -m bench.compare.in_turns", description=__doc__)
    parser.add_argument("folder", type=Path, help="the other checkout; its figures come first")
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    trees = [Path(__file__).parents[2], options.folder.resolve()]
    seconds(trees[0], options.people)  # renders the pages, in memory of its own
    here: list[Round] = []
    other: list[Round] = []
    for number in range(options.rounds):
        measured = {tree: seconds(tree, options.people) for tree in (trees if number % 2 else trees[::-1])}
        here.append(measured[trees[0]])
        other.append(measured[trees[1]])
    for line in table(here, other, "{:.3f}"):
        print(line)


if __name__ == "__main__":
    main()
