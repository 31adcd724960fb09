"""Generated examples: the same at every run, so that a change is judged by itself; `make explore` tries new ones."""

import gc
import os
from collections.abc import Generator

import pytest
from hypothesis import settings

from tests.support.longest_first import shared_out

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("new", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return one process more than there are processors, up to four: many tests wait for a server half the time.

    `make quick`, which has no such tests, asks for `logical`: one a processor.
    """
    processors = os.cpu_count() or 1
    return processors if config.option.numprocesses == "logical" else min(processors + 1, 4)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector away from what is collected: it lives to the end, and there is a million of it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let each process of a parallel run begin with tests that take long; `make test-azure` has an order of its own."""
    worker = getattr(config, "workerinput", None)
    if worker is not None and not config.option.loadgroup:
        items[:] = shared_out(items, worker["workercount"])
