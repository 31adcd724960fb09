"""The key index proposes people for keys, and never one where there are several."""

from __future__ import annotations

import tracemalloc
import uuid

import pytest

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


@pytest.mark.parametrize(
    "person",
    [
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "0F8FAD5B-D9CB-469F-A165-70867728950E",
        "0f8fad5bd9cb-469f-a165-708-67728950e",
        "0f8fad5b-d9cb-469f-a165-70867728950g",
        "0f8fad5b-d9cb-469f-a165-7086 728950 ",
        "--------d---d----d----d-------------",
        "0f8fad5b-d9cb-469f-a165-7086772895\u0660e",
        "\1" + 16 * "x",
        "\0anna",
        "Zoë",
        "",
    ],
)
def test_an_id_comes_back_as_it_went_in(person: str) -> None:
    """Whatever it looks like: UUIDs are packed, in the spelling of Graph alone."""
    assert KeyIndex([("E0", "anna"), ("E1", person), ("E2", "bert")]).people_of("E1") == [person]


def test_the_index_takes_few_bytes_also_while_it_is_made() -> None:
    """At most 80 bytes a person, where two sorted lists took 130 more."""
    people = 10_000
    pairs = ((str(number), str(uuid.UUID(int=number))) for number in range(people))
    tracemalloc.start()
    index = KeyIndex(pairs)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(index) == people
    assert most < 80 * people
