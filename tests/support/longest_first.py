"""Modules of tests that take longest, and how the processes of a run share them: each begins with some.

A process that meets a minute's work when the others have nothing left keeps everybody waiting. Most of these wait for a
server or for a program of their own, so that types and layers, which `make test` checks beside them, have a processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

LONGEST_FIRST = (
    "tests/demo/test_kept_demo.py",
    "tests/azure/test_first.py",
    "tests/distribution/test_wheel.py",
    "tests/functions/test_disturbances.py",
    "tests/azure/test_contract.py",
    "tests/infra/test_deployment.py",
    "tests/functions/test_survival.py",
    "tests/cli/test_transcript.py",
    "tests/demo/test_demo.py",
    "tests/page/test_page_views.py",
    "tests/cli/test_live_check.py",
    "tests/functions_host/test_survival.py",
    "tests/cli/test_operations.py",
    "tests/cli/test_ways_out.py",
    "tests/functions/test_app.py",
    "tests/page/test_page_states.py",
    "tests/functions/test_api_schema.py",
    "tests/infra/test_compiled.py",
    "tests/infra/test_alerts_fire.py",
    "tests/crash/test_crash.py",
    "tests/crash/test_interleaving.py",
    "tests/model/test_model.py",
    "tests/infra/test_queries.py",
)
"""Longest first, by what each takes in all; some of them because their tests share what is expensive to make."""


class Item(Protocol):
    """A collected test."""

    @property
    def nodeid(self) -> str:
        """Return `<module>::<name>`."""


T = TypeVar("T", bound=Item)


def shared_out(items: Sequence[T], processes: int) -> list[T]:
    """Return the items so that each process's share, an equal part of the list, begins with long modules.

    The first module goes to the first process, the second to the second, and so on; the rest keeps its order.
    """
    long: dict[str, list[T]] = {module: [] for module in LONGEST_FIRST}
    rest: list[T] = []
    for item in items:
        long.get(item.nodeid.partition("::")[0], rest).append(item)
    found = [tests for tests in long.values() if tests]
    shares: list[T] = []
    for process in range(processes):
        mine = [test for tests in found[process::processes] for test in tests]
        size = (len(items) - len(shares)) // (processes - process)
        take = max(0, size - len(mine))
        shares += mine + rest[:take]
        rest = rest[take:]
    return shares + rest
