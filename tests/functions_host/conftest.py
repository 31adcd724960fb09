"""Fixtures for the functions host: each host runs in a process of its own, because a process can host one app."""

import sys
from pathlib import Path

import pytest

from tests.support.host_process import APPS, HostError, HostProcess, Log, eventually

REASON = "the functions host needs Python 3.13: Microsoft publishes the Python worker library for 3.13 and later only"


class _Skipped(pytest.Module):
    def collect(self):
        pytest.skip(REASON, allow_module_level=True)


def pytest_pycollect_makemodule(module_path, parent):
    """Skip every module of this folder, unimported, where the worker library can't be installed."""
    if sys.version_info < (3, 13) and Path(__file__).parent in module_path.parents:
        return _Skipped.from_parent(parent, path=module_path)
    return None


@pytest.fixture(scope="module")
def start_host(tmp_path_factory):
    """Return a function that starts a host; all are stopped at the end."""
    running = []

    def start(app="good", state=None, *, settings=None, **options):
        state = state or tmp_path_factory.mktemp("state") / "state"
        sample = {
            "TICK_SCHEDULE": "0 0 0 1 1 *",
            "SAMPLE_HUB": "SampleHub",
            "SAMPLE_LOG": str(state.with_suffix(".notes")),
        }
        host = HostProcess(APPS / app, state, settings={**sample, **(settings or {})}, **options)
        host.state = state
        host.notes = Log(state.with_suffix(".notes"))
        running.append(host)
        return host

    yield start
    for host in running:
        host.begin_to_stop()
    for host in running:
        host.stop()


@pytest.fixture(scope="module")
def host(start_host):
    """A host of the sample app, shared by the tests of a module."""
    return start_host()


@pytest.fixture(name="eventually")
def eventually_fixture():
    """Return the helper that polls for a condition with a deadline."""
    return eventually


@pytest.fixture(name="host_error")
def host_error_fixture():
    """Return the exception that a host's error becomes here."""
    return HostError
