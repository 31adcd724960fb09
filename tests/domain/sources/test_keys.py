"""Keys: one rule for the file and the directory."""

from __future__ import annotations

import pytest

from tests.domain.sources.support import CONTRACT, found, read
from upa_core.domain.sources.contract import Contract, KeyPart
from upa_core.domain.sources.keys import SEPARATOR, normalised


def test_both_sides_are_made_alike() -> None:
    """White space, invisible marks and form C always; letter case for addresses and ids; zeros with `pad`."""
    employee, padded = normalised(KeyPart("A")), normalised(KeyPart("A", pad=5))
    mail = normalised(KeyPart("A", "mail"))

    assert [employee(text) for text in (" 00123 ", "\ufeff00123\u200b", "\xa0a1", "A1", "")] == [
        *("00123", "00123", "a1", "A1", "")
    ]
    assert [padded(text) for text in ("123", "0000123", "A12", "")] == ["00123", "0000123", "A12", ""]
    assert mail("Zoe\u0308@CONTOSO.com") == mail(" zoë@contoso.com")


def test_a_key_of_several_columns_needs_each() -> None:
    """The parts are joined by what no cell holds; a row with an empty part names nobody."""
    contract = Contract((KeyPart("Company"), KeyPart("No")), ("Name",), max_unmatched=50)
    rows, verdict = read("Company,No,Name\r\nA,1,x\r\nA,11,y\r\nA1,1,z\r\n,1,w\r\n", contract)

    assert rows == {f"A{SEPARATOR}1": ("x",), f"A{SEPARATOR}11": ("y",), f"A1{SEPARATOR}1": ("z",)}
    assert found(verdict) == [("set_aside", "empty_key", 5, "Company")]


@pytest.mark.parametrize("odd", ["", '"'])
def test_a_part_with_the_sign_between_the_parts_names_nobody(odd: str) -> None:
    """Otherwise two keys of two people could be one; it holds for a row judged alone, and for many at once."""
    contract = Contract((KeyPart("Company"), KeyPart("No")), ("Name",), max_unmatched=100)
    lines = f"A{SEPARATOR}B,{odd}C{odd},x\r\nA,B{SEPARATOR}C,y\r\nD,E,z\r\n"
    rows, verdict = read("Company,No,Name\r\n" + lines, contract)
    aside = [one for one in found(verdict) if one[0] == "set_aside"]

    assert rows == {f"D{SEPARATOR}E": ("z",)}
    assert aside == [("set_aside", "empty_key", 2, "Company"), ("set_aside", "empty_key", 3, "Company")]


def test_too_many_rows_without_a_key_hold_the_file() -> None:
    """More than five percent of rows that name nobody is a file that matches badly."""
    text = "EmployeeID,Name\r\n" + "".join(f"{'' if at % 10 == 0 else at},x\r\n" for at in range(20))

    verdict = read(text, CONTRACT, columns=("Name",))[1]
    assert verdict.holds == ("key_share_unmatched",)
