"""Fixtures of Microsoft's triggers: Azurite and hosts on it, each with a task hub of its own."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import azurite
from tests.support.azure_triggers import PROGRAM, why_absent
from tests.support.host_process import APPS, HostProcess, hosts

ABSENT = why_absent()
ALL = "UPA_TEST_AZURE" in os.environ
LONGEST_FIRST = ["test_transactions.py", "test_pipeline.py", "test_kills.py", "test_instances.py", "test_activities.py"]
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the long tests to `make test-azure`, and the contract's, which share hosts, to a process for each kind."""
    for item in items:
        if Path(__file__).parent not in item.path.parents:
            continue
        if item.get_closest_marker("long") is not None and not ALL:
            item.add_marker(pytest.mark.skip(reason="long: `make test-azure` runs it"))
        if item.path.name == "test_contract.py":
            item.add_marker(pytest.mark.xdist_group("azure" if "[azure" in item.name else "embedded"))
    if ALL:
        places = {name: place for place, name in enumerate(LONGEST_FIRST)}
        items.sort(key=lambda item: places.get(item.path.name, len(places)))


class _Skipped(pytest.Module):
    def collect(self) -> Any:
        pytest.skip(ABSENT, allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Skip every module of this folder, unimported, where Microsoft's triggers can't run."""
    if ABSENT and Path(__file__).parent in module_path.parents:
        return _Skipped.from_parent(parent, path=module_path)
    return None


@pytest.fixture(scope="session")
def storage() -> Iterator[azurite.Azurite]:
    """An Azurite in memory, shared by the tests of a process."""
    with azurite.running() as running:
        yield running


@pytest.fixture
def own_storage() -> Iterator[azurite.Azurite]:
    """An Azurite of a test's own: the locks of timers are named by the app, and one account is one app's."""
    with azurite.running() as running:
        yield running


@pytest.fixture(scope="module")
def start_host(storage: azurite.Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """Return a function that starts a host of an app on Microsoft's triggers; all are stopped at the end."""
    with hosts(tmp_path_factory) as start_any:

        def start(
            app: Path = APPS / "contract",
            state: Path | None = None,
            *,
            triggers: str = "azure",
            settings: dict[str, str] | None = None,
            azure: dict[str, Any] | None = None,
            **options: Any,
        ) -> HostProcess:
            return start_any(
                app,
                state,
                hub=f"Hub{os.getpid()}x{next(_numbers)}",
                settings={"AzureWebJobsStorage": storage.connection, **(settings or {})},
                azure={"path": str(PROGRAM), **(azure or {})} if triggers == "azure" else None,
                **options,
            )

        yield start
