"""Azurite for the contracts, started once and only when asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import azurite as azurite_tool


@pytest.fixture(scope="session")
def azurite() -> Iterator[azurite_tool.Azurite]:
    """A running Azurite; a test that asks for it fails with the command to run where it can't be installed."""
    with azurite_tool.running() as running:
        yield running
