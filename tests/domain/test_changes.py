"""Records of a source as rows."""

from __future__ import annotations

from typing import Any

import pytest

from upa_core.domain.people.changes import REMOVED, compile_projection, fill, overlay, remap


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


def test_a_newer_row_keeps_what_it_doesnt_name() -> None:
    """Of the older row, as far as that names it; two that name nothing leave it absent."""
    assert overlay(["p", 0b100, "A", "B", None], ["p", 0b110, "C", None, None]) == ["p", 0b100, "C", "B", None]


@pytest.mark.parametrize("old", [None, ["p", REMOVED]])
def test_nothing_is_kept_of_who_wasnt_there(old: Any) -> None:
    """A person who was removed and is back is new: their old values are nobody's."""
    assert overlay(old, ["p", 0b10, "C", None]) == ["p", 0b10, "C", None]


def test_a_removal_takes_everything() -> None:
    """Whatever was named before."""
    assert overlay(["p", 0, "A"], ["p", REMOVED]) == ["p", REMOVED]


def test_what_a_re_read_doesnt_name_has_no_value() -> None:
    """What the round names wins over it; alone, the round's row is complete as it is."""
    assert fill(["p", 0b10, "new", None], ["p", 0b100, "old", "B", None]) == ["p", 0, "new", "B"]
    assert fill(["p", 0b10, "new", None], None) == ["p", 0, "new", None]
