"""How the processes of a parallel run share the tests that take long."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.longest_first import LONGEST_FIRST, shared_out

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class One:
    """A test."""

    nodeid: str


@pytest.mark.parametrize("processes", [1, 2, 3, 4])
def test_each_process_begins_with_a_long_module_and_no_test_is_lost(processes: int) -> None:
    """The longest goes to the first process, the next to the second; each gets an equal part of all, as before."""
    items = [One(f"tests/short.py::test_{n}") for n in range(60 - 2 * len(LONGEST_FIRST))]
    items += [One(f"{module}::test_{n}") for module in reversed(LONGEST_FIRST) for n in range(2)]
    shared = shared_out(items, processes)
    size = len(items) // processes
    firsts = [shared[process * size].nodeid.partition("::")[0] for process in range(processes)]

    assert sorted(shared, key=repr) == sorted(items, key=repr)
    assert firsts == list(LONGEST_FIRST[:processes])


def test_a_few_tests_of_one_module_are_shared_too() -> None:
    """More of them than a process's share lose none."""
    items = [One(f"{LONGEST_FIRST[0]}::test_{n}") for n in range(5)]

    assert shared_out(items, 3) == items


def test_modules_named_as_long_are_there() -> None:
    """A module that moved would lose its place silently."""
    assert [module for module in LONGEST_FIRST if not (ROOT / module).is_file()] == []


@pytest.mark.parametrize(("checks", "tests", "code"), [(0, 0, 0), (3, 0, 3), (0, 4, 4), (3, 4, 4)])
def test_checks_beside_the_tests_fail_the_whole_and_are_told_last(checks: int, tests: int, code: int) -> None:
    """What the checks say never stands between the lines of the tests, and either may fail."""
    commands = (f"echo checked; exit {checks}", f"echo tested; exit {tests}")
    done = subprocess.run([ROOT / "scripts" / "beside", *commands], capture_output=True, text=True, check=False)

    assert (done.stdout, done.returncode) == ("tested\nchecked\n", code)
