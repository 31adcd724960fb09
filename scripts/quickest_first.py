"""A pytest plugin for `make mutation`: the quickest tests judge first, until ten seconds are spent on a mutant.

mutmut runs the tests that reach a mutated function in no order, and all of them on what they don't notice; a function
that every service test reaches would cost minutes a survivor. What this leaves out can only lower the score.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

BUDGET = float(os.environ.get("MUTANT_SECONDS", "10"))
"""Seconds of processor time, fixtures included."""


def _judging() -> bool:
    return "__mutmut_" in os.environ.get("MUTANT_UNDER_TEST", "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests of one mutant, the API's last, which set a tenant up; twenty times its time is without an end."""
    if not _judging():
        return
    seconds = json.loads(Path("mutmut-stats.json").read_text(encoding="utf-8"))["duration_by_test"]

    def place(item: pytest.Item) -> tuple[int, float]:
        folder = item.nodeid.split("/")[1]
        return {"domain": 0, "functions": 2}.get(folder, 1), seconds.get(item.nodeid, 0.0)

    items.sort(key=place)
    for item in items:
        item.add_marker(pytest.mark.timeout(10 + 20 * seconds.get(item.nodeid, 0.0)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Skip what is left when the time is spent: processor time of this process, which is forked for its mutant."""
    if _judging() and time.process_time() > BUDGET:
        pytest.skip("the time for this mutant is spent")
