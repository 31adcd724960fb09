"""Generated examples: the same at every run, so that a change is judged by itself; `make explore` tries new ones."""

import gc
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.collected_apart import in_one_order, parts_from
from tests.support.longest_first import shared_out

TESTS = Path(__file__).parent

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


def pytest_configure(config: pytest.Config) -> None:
    """Let each process of a parallel run of all tests begin to collect elsewhere."""
    worker = getattr(config, "workerinput", None)
    if worker is not None and [config.invocation_params.dir / given for given in config.args] == [TESTS]:
        config.args = parts_from(TESTS, int(worker["workerid"].removeprefix("gw")), worker["workercount"])


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector away from what is collected: it lives to the end, and there is a million of it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None, object, object]:
    """Let each process of a parallel run begin with tests that take long; `make test-azure` has an order of its own.

    First of all the tests get one order, wherever a process began to collect: it may be made random then.
    """
    items[:] = in_one_order(items)
    result = yield
    worker = getattr(config, "workerinput", None)
    if worker is not None and not config.option.loadgroup:
        items[:] = shared_out(items, worker["workercount"])
    return result
