"""Instructions per person: a figure that other work on the machine doesn't change, counted by valgrind.

`python -m bench.compare.instructions [FOLDER]` counts this tree and, beside it, another checkout with its own
environment.

Valgrind doesn't know a processor's own instructions for SHA-256, and counts ten times as many for it: 27.9 a byte
instead of 2.7, counted step by step on such a processor. So a tenth of what the library of hashes takes is counted.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import which

from bench.compare.in_turns import command, environment, table

FEW, MANY = 4000, 8000
"""The difference of two sizes leaves out what doesn't depend on the people; both have the same number of shards."""
MARK = "getloadavg"
"""Valgrind writes its counts down before each call of it."""
HASHES = "libcrypto"
_LINE = re.compile(r"(?:(ob|cob)=\((\d+)\)(?: (.*))?)|(calls=)|[+\-*\d]\S* (\d+)$", re.MULTILINE)


def counted(part: str) -> float:
    """Return the instructions of a part; of those that hash, a tenth."""
    total = re.search(r"^(?:totals|summary): (\d+)", part, re.MULTILINE)
    return (int(total[1]) if total is not None else 0) - 0.9 * sum(_hashing(part))


def _hashing(part: str) -> Iterator[int]:
    """Yield the instructions of each line of the library of hashes itself; the line behind `calls=` is the callee's."""
    names: dict[str, str] = {}
    here, inside = "", False
    for which_object, number, name, calls, cost in _LINE.findall(part):
        if which_object:
            names[number] = name or names.get(number, "")
            here = number if which_object == "ob" else here
        elif calls:
            inside = True
        elif inside:
            inside = False
        elif HASHES in names.get(here, ""):
            yield int(cost)


def count(tree: Path, people: int) -> list[float]:
    """Return the instructions of each step in a tree."""
    run = command(tree, people)
    with tempfile.TemporaryDirectory(prefix="upa-instructions-") as folder:
        valgrind = ["valgrind", "--tool=callgrind", f"--dump-before={MARK}", f"--callgrind-out-file={folder}/out"]
        subprocess.run(run, env=environment(tree), cwd=tree, check=True, capture_output=True)  # renders the pages
        subprocess.run([*valgrind, *run], env=environment(tree), cwd=tree, check=True, capture_output=True)
        parts = sorted(Path(folder).glob("out.*"), key=lambda path: int(path.suffix[1:]))
        return [counted(part.read_text()) for part in parts[1::2]]


def per_person(tree: Path) -> list[float]:
    """Return the instructions per person of each step in a tree."""
    few, many = count(tree, FEW), count(tree, MANY)
    return [(b - a) / (MANY - FEW) for a, b in zip(few, many, strict=True)]


def main() -> None:
    """Print instructions per person, of the other tree first; two minutes of processor a tree."""
    if which("valgrind") is None:
        sys.exit("instructions are counted by valgrind, which isn't installed: sudo apt-get install valgrind")
    here = [per_person(Path(__file__).parents[2])]
    other = [per_person(Path(sys.argv[1]).resolve())] if len(sys.argv) > 1 else []
    for line in table(here, other, "{:,.0f}"):
        print(line)


if __name__ == "__main__":
    main()
