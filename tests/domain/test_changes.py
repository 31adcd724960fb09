"""Records of a source as rows."""

from __future__ import annotations

from typing import Any

import pytest

from upa_core.domain.changes import REMOVED, compile_projection, remap


@pytest.mark.parametrize("odd", ["x", 1, True, ["x"], 1.5])
def test_what_stands_in_place_of_a_complex_value_is_kept_for_the_mapping_to_refuse(odd: Any) -> None:
    """It raises nothing, and the other attributes of the record are read."""
    project = compile_projection(["onPremisesExtensionAttributes.extensionAttribute1", "department"])

    row = project({"id": "p", "onPremisesExtensionAttributes": odd, "department": "B"})

    assert row == ["p", 0, odd, "B"]


def test_a_row_of_another_header_is_brought_into_todays_order() -> None:
    """Three of four attributes were tracked, one of them absent; what wasn't tracked is absent too."""
    row = remap(["p", 0b010, "A", None, "C"], ["a", "b", "c"], ["new", "c", "b", "a"])

    assert row == ["p", 0b0101, None, "C", None, "A"]


def test_a_removal_has_no_header() -> None:
    """It stays what it is."""
    assert remap(["p", REMOVED], ["a"], ["b", "a"]) == ["p", REMOVED]
