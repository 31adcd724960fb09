"""Environments with the wheel alone, and with its extras."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.distribution.environments import PYTHONS, Environment, built, environment


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of this run of the tests share."""
    base = tmp_path_factory.getbasetemp()
    return (base if worker_id == "master" else base.parent) / "packaging"


@pytest.fixture(scope="session")
def wheel(shared: Path) -> Path:
    """The wheel of this checkout."""
    return built(shared)


@pytest.fixture(params=PYTHONS, ids=lambda one: one.name)
def bare(request: pytest.FixtureRequest, shared: Path, tmp_path: Path) -> Environment:
    """The wheel alone."""
    return environment(shared, request.param, "", tmp_path)


@pytest.fixture(params=PYTHONS, ids=lambda one: one.name)
def with_sim(request: pytest.FixtureRequest, shared: Path, tmp_path: Path) -> Environment:
    """The wheel with the extra `sim`."""
    return environment(shared, request.param, "[sim]", tmp_path)


@pytest.fixture(params=PYTHONS, ids=lambda one: one.name)
def with_host(request: pytest.FixtureRequest, shared: Path, tmp_path: Path) -> Environment:
    """The wheel with the extra `host`."""
    return environment(shared, request.param, "[host]", tmp_path)
