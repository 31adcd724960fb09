"""The tenant that most facts of the use cases start from."""

from __future__ import annotations

import pytest

from tests.crash.scenarios import settled
from tests.support.world import World


@pytest.fixture
def world() -> World:
    """Four people at rest; a module that starts from something else has a fixture of the same name."""
    return settled(4)
