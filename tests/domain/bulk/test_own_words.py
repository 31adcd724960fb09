"""SharePoint's own words, kept without anybody's value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upa_core.domain.bulk.own_words import MOST, own_words

SENT = {"Badge": "4711-X", "Office": "Haus der Kunst", "Notes": "E"}


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Property 'Badge' does not exist.", "Property 'Badge' does not exist."),
        ("Property 'badge' is multi-valued.", "Property 'badge' is multi-valued."),
        ("The value of property 'Badge' exceeds 10 characters.", "The value of property 'Badge' exceeds … characters."),
        ("Invalid date for property 'Badge': 4711-X", "Invalid date for property 'Badge': …"),
        ("The value 'Someone Else' is not valid.", "The value … is not valid."),
        ("haus der kunst is no choice of Office", "… is no choice of Office"),
        ("User i:0#.f|membership|ada@contoso.com has no right", "User … has no right"),
        ("Row 17 of 5f05e38c-bd0e-49ec-8c9c-c4cfe370248c failed", "Row … of … failed"),
        ("System.Data.SqlException (0x80131904): It is broken.\r\n   at System.Data", "It is broken."),
        ("", ""),
        ("4711-X", ""),
        ("\n  \n Busy \n more", "Busy"),
    ],
)
def test_words_stay_and_values_go(message: str, words: str) -> None:
    """What is quoted stays where it is a property that was sent; user names, ids, numbers and values never do."""
    assert own_words(message, SENT.values(), SENT) == words


def test_a_long_message_is_cut() -> None:
    """It is stored for each person who is refused."""
    words = own_words("word " * 5000, (), ())

    assert (len(words), words[-1]) == (MOST, "…")


@pytest.mark.slow
@given(
    before=st.text(max_size=30), value=st.text(min_size=3, max_size=20).filter(lambda text: text.strip() == text),
    after=st.text(max_size=30), quote=st.sampled_from(["", "'", '"']),
)  # fmt: skip
def test_a_value_that_was_sent_is_never_kept(before: str, value: str, after: str, quote: str) -> None:
    """Whatever stands around it, in quotes or as a word."""
    words = own_words(f"{before} {quote}{value}{quote} {after}", [value], ["Badge"])

    rest = f"{before} {after}".lower()
    assert value.lower() in rest or value.lower() not in words.lower() or value.lower() in "'badge'…"


@pytest.mark.parametrize(
    ("message", "values", "words"),
    [
        ("Haus der Kunst is no choice", ["Haus", "Haus der Kunst"], "… is no choice"),
        ("The grade E is no choice", ["E"], "The grade … is no choice"),
        ("User ada@contoso.example has no right", [], "User … has no right"),
        ("Invalid date for the property: second of June", [], "Invalid date for the property: …"),
        ("It is bro\x07ken", [], "It is broken"),
    ],
)
def test_what_may_be_somebodys_is_left_out_whole(message: str, values: list[str], words: str) -> None:
    """A longer value goes before one in it; user names, and what follows a colon, go though nobody sent them."""
    assert own_words(message, values, ["Badge"]) == words
