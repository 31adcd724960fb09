"""Records of a source as rows."""

from __future__ import annotations

from typing import Any

import pytest

from upa_core.domain.people.changes import REMOVED, Merged, as_spelled, compile_projection, fill, overlay, remap


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


def merge(*rounds: tuple[str, list[list[object]]]) -> Merged:
    merged = Merged()
    for number, (kind, rows) in enumerate(rounds):
        merged.add(f"r{number}", kind, [list(row) for row in rows], ["a", "b"], ["a", "b"])
    return merged


def test_absent_null_and_empty_are_three_things() -> None:
    """A partial record leaves the value it doesn't name, an explicit null doesn't, "" is a value of its own."""
    merged = merge(("delta", [["p", 0, "x", "y"], ["p", 2, None, None]]))
    assert merged.rows["p"] == ["p", 0, None, "y"]
    assert merge(("delta", [["p", 0, "x", "y"], ["p", 1, None, ""]])).rows["p"] == ["p", 0, "x", ""]


def test_absent_in_a_full_round_is_no_value_and_in_a_delta_is_unknown() -> None:
    """Only a delta's absent value must be read again."""
    assert merge(("full", [["p", 1, None, "y"]])).incomplete() == []
    assert merge(("delta", [["p", 1, None, "y"]])).incomplete() == ["p"]
    assert merge(("delta", [["p", 1, None, "y"]])).incomplete(needed=2) == []


def test_removed_and_restored_in_one_round_is_ended_and_planned() -> None:
    """Who left and came back is in both books: the shadow goes, the row stays; the other way round only ended."""
    back = merge(("delta", [["p", -1], ["p", 0, "x", "y"]]))
    assert (back.ended, list(back.rows)) == ({"p"}, ["p"])
    gone = merge(("delta", [["p", 0, "x", "y"], ["p", -1]]))
    assert (gone.ended, gone.rows) == ({"p"}, {})


def test_a_full_round_replaces_the_rows_before_it_but_not_who_left() -> None:
    """Earlier rows of people it doesn't name are void; who left is still ended."""
    merged = merge(
        ("delta", [["p", 0, "x", "y"], ["q", -1]]), ("full", [["r", 0, "1", "2"]]), ("delta", [["s", 0, "", ""]])
    )
    assert set(merged.rows) == {"r", "s"}
    assert (merged.ended, merged.full_round) == ({"q"}, "r1")


def test_a_row_of_another_header_has_absent_values_where_it_wasnt_tracked() -> None:
    """An attribute that wasn't selected then is unknown, not empty."""
    assert remap(["p", 1, None, "y"], ["a", "b"], ["b", "c", "a"]) == ["p", 6, "y", None, None]
    assert remap(["p", -1], ["a"], ["b"]) == ["p", -1]
    assert overlay(None, ["p", 1, None]) == ["p", 1, None]


def test_names_are_found_in_the_letter_case_of_the_answer() -> None:
    """A page that spells a name its own way is projected by that spelling; children keep theirs."""
    inputs = ("extension_1_costcode", "onPremisesExtensionAttributes.extensionAttribute1", "gone")
    record = {"id": "p", "Extension_1_CostCode": "C", "onPremisesExtensionAttributes": {"extensionAttribute1": "E"}}
    spelled = as_spelled(inputs, [{"id": "q", "@removed": {}}, {"id": "o"}, record])

    assert spelled == ("Extension_1_CostCode", inputs[1], "gone")
    assert compile_projection(spelled)({**record, "gone": 1}) == ["p", 0, "C", "E", 1]
    assert compile_projection(inputs)(record) == ["p", 4, "C", "E", None]


@pytest.mark.parametrize("inputs", [["a"], ["a", "b.c"]])
def test_a_record_of_somebody_who_left_is_a_removal(inputs: list[str]) -> None:
    """Whatever else it names."""
    assert compile_projection(inputs)({"id": "p", "@removed": {"reason": "deleted"}, "a": "A"}) == ["p", REMOVED]


def test_somebody_who_left_during_a_full_round_isnt_somebody_without_values() -> None:
    """They end; they aren't cleared."""
    merged = merge(("full", [["p", REMOVED], ["q", 0, "A", "B"]]))

    assert (merged.rows, merged.ended) == ({"q": ["q", 0, "A", "B"]}, {"p"})


def test_a_person_whom_a_full_round_names_twice_keeps_what_the_second_record_leaves_out() -> None:
    """A change during the round comes as a record of what changed."""
    merged = merge(("full", [["p", 0, "A", "B"], ["p", 0b10, "C", None]]))

    assert merged.rows == {"p": ["p", 0, "C", "B"]}


def test_a_full_round_of_another_header_is_brought_into_todays_order() -> None:
    """What it didn't track is absent: it isn't known to have no value."""
    merged = Merged()
    merged.add("r", "full", [["p", 0, "B", "A"]], ["b", "a"], ["a", "b", "new"])

    assert merged.rows == {"p": ["p", 0b100, "A", "B", None]}


def test_of_two_names_that_differ_in_case_the_first_counts() -> None:
    """A record's own order decides, and the exact name before both."""
    project = compile_projection(["costCode", "gone"])

    assert project({"id": "p", "CostCode": 1, "COSTCODE": 2}) == ["p", 2, 1, None]
    assert project({"id": "p", "CostCode": 1, "costCode": 2}) == ["p", 2, 2, None]
