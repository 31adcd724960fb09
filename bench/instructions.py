"""Instructions per person: a figure that other work on the machine doesn't change, counted by valgrind.

`python -m bench.instructions [FOLDER]` counts this tree and, beside it, another checkout with its own environment.
A processor's own instructions for SHA-256 are unknown to valgrind, which counts about ten times as many for it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import which

FEW, MANY = 2000, 4000
"""The difference of two sizes leaves out what doesn't depend on the people; both have the same number of shards."""
MARK = "getloadavg"
"""A function of C that nothing else calls: valgrind writes its counts down before each call."""
STEPS = ("pull", "plan and files", "send and settle", "again, pull", "again, plan")


def day(people: int) -> None:
    """Run a first full round and one without differences, with a mark before and after each step."""
    import gc
    import os

    from bench.pages import pages
    from bench.pipeline import Bench
    from upa_core.services.pull import pull

    bench = Bench(pages(people))
    gc.freeze()
    for step in STEPS:
        gc.collect()
        os.getloadavg()
        if step.endswith("pull"):
            pull(bench.ports, bench.connector, full=step != "pull")
        else:
            bench.drain("planned" if step == "plan and files" else "")
        os.getloadavg()
    bench.close()


def count(tree: Path, people: int) -> list[int]:
    """Return the instructions of each step in a tree."""
    python = next((str(one) for one in sorted(tree.glob(".venv-*/bin/python"))), sys.executable)
    command = [python, "-P", __file__, str(people)]
    environment = {"PYTHONPATH": str(tree), "PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin"}
    with tempfile.TemporaryDirectory(prefix="upa-instructions-") as folder:
        counted = ["valgrind", "--tool=callgrind", f"--dump-before={MARK}", f"--callgrind-out-file={folder}/out"]
        subprocess.run(command, env=environment, cwd=tree, check=True)  # renders the pages
        subprocess.run([*counted, *command], env=environment, cwd=tree, check=True, capture_output=True)
        parts = sorted(Path(folder).glob("out.*"), key=lambda path: int(path.suffix[1:]))
        totals = [re.search(r"^(?:totals|summary): (\d+)", part.read_text(), re.MULTILINE) for part in parts]
    return [int(total[1]) for total in totals[1::2] if total is not None]


def per_person(tree: Path) -> dict[str, float]:
    """Return the instructions per person of each step in a tree."""
    few, many = count(tree, FEW), count(tree, MANY)
    made = {step: (b - a) / (MANY - FEW) for step, a, b in zip(STEPS, few, many, strict=True)}
    return made | {"whole": sum(list(made.values())[:3]), "again, whole": sum(list(made.values())[3:])}


def main() -> None:
    """Print instructions per person, of the other tree first; two minutes of processor a tree."""
    if which("valgrind") is None:
        sys.exit("instructions are counted by valgrind, which isn't installed: sudo apt-get install valgrind")
    here = per_person(Path(__file__).parents[1])
    other = per_person(Path(sys.argv[1]).resolve()) if len(sys.argv) > 1 else {}
    for step, made in here.items():
        beside = f"{other[step]:9,.0f} -> {made:9,.0f}  {made / other[step] - 1:+.1%}" if other else f"{made:9,.0f}"
        print(f"{step:16}", beside)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        day(int(sys.argv[1]))
    else:
        main()
