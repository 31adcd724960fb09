"""A row of a secondary source counts for a person only when their own key is the row's."""

from __future__ import annotations

from typing import Any

import pytest

from upa_core.domain.people.changes import Row
from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.joined.current_rows import HEADER
from upa_core.domain.sources.joined.merge import Join, absent_bits, make_absent
from upa_core.domain.sources.joined.secondary import Secondary, compile_key_of
from upa_core.domain.sources.keys import SEPARATOR

HR = Secondary("hr", (KeyPart("number", "employeeId", pad=4),))
INPUTS = ("department", "employeeId", "hr.cost", "hr.site")


def laid(row: Row, held: list[Any], header: tuple[str, ...] = ("cost", "site")) -> Row:
    make_absent([row], absent_bits(INPUTS, [HR]))
    Join(HR, INPUTS, (*HEADER, *header)).lay({row[0]: row}, {held[0]: held})
    return row


def test_the_row_of_the_persons_key_is_laid() -> None:
    """Nothing is absent any more, and an empty cell is null."""
    assert laid(["anna", 0, "D", "12", None, None], ["anna", 0, "0012", 0, "100", None]) == [
        "anna",
        0,
        "D",
        "12",
        "100",
        None,
    ]


@pytest.mark.parametrize("key", ["0013", "", None, 12])
def test_a_row_under_another_key_leaves_the_inputs_absent(key: object) -> None:
    """Whatever the index proposed, and whatever a record seemed to say of them."""
    row = laid(["anna", 0, "D", key, "smuggled", None], ["anna", 0, "0012", 0, "100", "Berlin"])

    assert row == ["anna", 0b1100, "D", key, None, None]


def test_a_column_that_the_rows_dont_hold_stays_absent() -> None:
    """It was mapped since; the next snapshot brings it."""
    row = laid(["anna", 0, "D", "12", None, None], ["anna", 0, "0012", 0, "100"], header=("cost",))

    assert row == ["anna", 0b1000, "D", "12", "100", None]


def test_a_key_of_several_columns_needs_them_all() -> None:
    """Company and number: with one of them empty there is no key, and parts never run into each other."""
    of = compile_key_of((KeyPart("company", "companyName"), KeyPart("number", "employeeId")), (0, 1))

    assert of(["A", "1"]) == f"A{SEPARATOR}1"
    assert (of(["A", ""]), of([None, "1"])) == ("", "")


def test_without_secondary_sources_nothing_is_absent() -> None:
    """A connector of Entra alone pays nothing."""
    assert absent_bits(("department", "hr.cost"), []) == 0
