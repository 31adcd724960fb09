"""Lists, terms and people as one text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upa_core.domain.errors import InvalidValueError
from upa_core.domain.language.values import (
    MAX_LENGTH,
    MAX_VALUE,
    MAX_VALUES,
    as_person,
    as_strings,
    as_terms,
    formatter,
    list_text,
    values_of,
)

VALUE = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="|\ufffe\uffff"), min_size=1)


@given(st.lists(VALUE, max_size=5))
def test_a_list_comes_back_as_it_was(values: list[str]) -> None:
    """Commas, quotes and all scripts survive; equal lists have equal texts."""
    text = as_strings(values)

    assert list(values_of(text)) == values
    assert text == list_text(values)


def test_one_text_is_a_list_of_one() -> None:
    """A text is never cut at commas."""
    assert as_strings("SPFx, PnP") == '["SPFx, PnP"]'


def test_nothing_is_no_value() -> None:
    """An empty list, null, and values without text give no value."""
    assert [as_strings([]), as_strings(["", None]), as_strings(None), as_terms([" "]), as_person(" ")] == [""] * 5


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (["a", "b|c"], r"\|, which SharePoint reads as two values"),
        (["x"] * 10_000, "10000 values"),
        (["x"] * (MAX_VALUES + 1), "more than"),
        (["x" * (MAX_VALUE + 1)], "3600 characters"),
        (["x" * 3_000] * 20, str(MAX_LENGTH)),
        (["a", 5], "isn't a text"),
        ([["a"]], "isn't a text"),
        ({"a": "b"}, "isn't a text"),
        (["a\x00"], r"U\+0000"),
        (["a\ud800"], r"U\+D800"),
    ],
)
def test_what_a_list_cannot_hold(value: object, words: str) -> None:
    """A bar, too many or too long values, other kinds and what can't be stored are invalid, by name."""
    with pytest.raises(InvalidValueError, match=words):
        as_strings(value)


def test_terms_are_labels_once() -> None:
    """Spaces around a label go, and a label that differs by letter case only is the same term."""
    assert as_terms([" Python ", "PYTHON", "C#"]) == '["Python","C#"]'


@pytest.mark.parametrize("label", ["a;b", 'a"b', "a<b", "x" * 256])
def test_what_no_term_can_be_called(label: str) -> None:
    """Signs that the term store refuses and labels over 255 characters are invalid."""
    with pytest.raises(InvalidValueError, match="label"):
        as_terms([label])


def test_people_by_any_name() -> None:
    """A user principal name and an account name give the account name, in small letters."""
    ada = "i:0#.f|membership|ada@contoso.com"

    assert [as_person("Ada@contoso.com"), as_person(ada.upper()), as_person(f" {ada} ")] == [ada] * 3
    assert as_person("bob_f.com#EXT#@c.onmicrosoft.com") == "i:0#.f|membership|bob_f.com#ext#@c.onmicrosoft.com"


@pytest.mark.parametrize("value", ["Ada", "a b@c", "i:0#.w|contoso\\ada", "a|b@c", 5, ["a@b"]])
def test_who_is_nobody(value: object) -> None:
    """Other texts name nobody."""
    with pytest.raises(InvalidValueError, match="user principal name"):
        as_person(value)


@pytest.mark.parametrize("text", ["a", "[1]", '{"a":"b"}', '[ "a" ]', '["\\u0061"]'])
def test_only_the_canonical_text_is_a_list(text: str) -> None:
    """Another spelling of a list isn't one: equal lists would differ."""
    with pytest.raises(InvalidValueError, match="canonical"):
        values_of(text)


def test_the_types_use_these_forms() -> None:
    """The declared types write lists, terms and people."""
    assert [formatter("strings")("a"), formatter("terms")("a"), formatter("person")("a@b")] == [
        '["a"]',
        '["a"]',
        "i:0#.f|membership|a@b",
    ]
