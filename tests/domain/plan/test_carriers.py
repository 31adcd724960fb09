"""Attributes that nobody carries."""

from __future__ import annotations

from upa_core.domain.plan.carriers import Carriers
from upa_core.domain.plan.entry import Entry

READS = {"Cost": frozenset({"cost"}), "Phone": frozenset({"work", "mobile"}), "Type": frozenset({"type"})}


def carriers() -> Carriers:
    return Carriers({"cost": 2, "work": 3, "mobile": 4, "type": 5}, READS)


def test_what_one_person_carries_is_no_suspect() -> None:
    """One value in any row takes the attribute out; null, an empty text and an empty list are no value."""
    book = carriers()
    book.see([["a", 0, None, [], "", "x"], ["b", 0, "", ["1"], None, None]])

    assert set(book.uncarried) == {"cost", "mobile"}


def test_false_and_zero_are_values() -> None:
    """Somebody whose attribute is false or 0 carries it."""
    book = carriers()
    book.see([["a", 0, 0, False, "m", "t"]])

    assert book.uncarried == {}


def test_a_plan_that_empties_for_want_of_an_attribute_names_it_with_the_number_of_people() -> None:
    """The reason names attribute, property and people."""
    book = carriers()
    book.see([["a", 0, None, "1", None, "t"], ["b", 0, None, None, None, "t"]])
    book.count([Entry("a", {"Cost": ""}, {}), Entry("b", {"Cost": "", "Type": "t"}, {})])

    assert book.reason_to_hold() == "nobody carries cost: Cost of 2 people would be cleared"


def test_a_property_that_reads_one_uncarried_attribute_of_two_is_a_suspect() -> None:
    """Who has no work phone would be cleared for want of the mobile phone that nobody shows any more."""
    book = carriers()
    book.see([["a", 0, "c", "1", None, "t"], ["b", 0, "c", None, None, "t"]])
    book.count([Entry("b", {"Phone": ""}, {"Phone": "2"})])

    assert book.reason_to_hold() == "nobody carries mobile: Phone of 1 people would be cleared"


def test_an_attribute_found_in_a_later_part_of_the_round_clears_the_suspicion() -> None:
    """What was counted before is forgotten where somebody carries it after all."""
    book = carriers()
    book.see([["a", 0, None, "1", "2", "t"]])
    book.count([Entry("a", {"Cost": ""}, {})])
    book.see([["b", 0, "c", "1", "2", "t"]])

    assert book.reason_to_hold() == ""
