"""infra/ through the real compiler: what it refuses, azd would refuse before it starts."""

from __future__ import annotations

import pytest

from tests.support import bicep_compiler as bicep

pytestmark = pytest.mark.skipif(bicep.find() is None, reason=bicep.WHY_ABSENT)
MAIN = bicep.INFRA / "main.bicep"


def test_infra_builds_without_an_error_or_a_warning() -> None:
    """main.bicep, from which every module is reached, becomes a template, and the compiler has nothing to say."""
    built = bicep.ask("build", MAIN, "--stdout")

    assert (built.code, built.stderr) == (0, "")
