"""Fixtures for the functions host: each host runs in a process of its own, because a process can host one app."""

import sys
from pathlib import Path

import pytest

from tests.support.host_process import APPS, HostError, eventually, hosts

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
    with hosts(tmp_path_factory) as start:
        yield lambda app="good", *state, **options: start(APPS / app, *state, **options)


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
