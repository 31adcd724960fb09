"""The key index proposes people for keys, and never one where there are several."""

from __future__ import annotations

from upa_core.domain.sources.joined.key_index import KeyIndex


def test_a_key_of_one_person_proposes_them() -> None:
    """Every key leads to its person, in a crowd too."""
    index = KeyIndex((f"E{n}", f"person-{n}") for n in range(1000))

    assert [index.people_of(f"E{n}") for n in (0, 1, 500, 999)] == [[f"person-{n}"] for n in (0, 1, 500, 999)]
    assert len(index) == 1000


def test_a_key_that_nobody_has_proposes_nobody() -> None:
    """Neither does the empty key, which a person without an employee id has."""
    index = KeyIndex([("E1", "anna"), ("", "bert")])

    assert (index.people_of("E2"), index.people_of("")) == ([], [])


def test_a_key_of_several_people_proposes_them_all() -> None:
    """Whoever asks sees that it is ambiguous."""
    assert sorted(KeyIndex([("E1", "anna"), ("E2", "carl"), ("E1", "bert")]).people_of("E1")) == ["anna", "bert"]
