"""Records of a source as rows."""

from __future__ import annotations

from typing import Any

import pytest

from upa_core.domain.changes import compile_projection


@pytest.mark.parametrize("odd", ["x", 1, True, ["x"], 1.5])
def test_what_stands_in_place_of_a_complex_value_is_kept_for_the_mapping_to_refuse(odd: Any) -> None:
    """It raises nothing, and the other attributes of the record are read."""
    project = compile_projection(["onPremisesExtensionAttributes.extensionAttribute1", "department"])

    row = project({"id": "p", "onPremisesExtensionAttributes": odd, "department": "B"})

    assert row == ["p", 0, odd, "B"]
