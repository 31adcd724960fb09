"""Rows that say nothing new are recognised; comparing the others alone finds what comparing all of them finds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upa_core.domain.people.changes import PARTITIONS, bucket
from upa_core.domain.sources.joined.current_rows import propose
from upa_core.domain.sources.joined.key_index import KeyIndex
from upa_core.domain.sources.joined.missing import Missing
from upa_core.domain.sources.joined.snapshot import compare
from upa_core.domain.sources.joined.unchanged import Unchanged

VALUES = st.lists(st.sampled_from([None, "a", "b"]), min_size=2, max_size=2)


def part_of(person: str) -> int:
    return bucket(person) % PARTITIONS


PEOPLE = [name for n in range(300) if part_of(name := f"person-{n}") in (3, 4, 5)][:9]
OWN = {person: f"E{n}" for n, person in enumerate(PEOPLE)}
KEYS = st.sampled_from(["", *OWN.values()])
SOME = st.dictionaries(st.sampled_from(PEOPLE), KEYS, max_size=3)
OFFER = st.lists(st.tuples(KEYS, VALUES), max_size=3)


def told(difference, rows):
    """Return what a comparison found, whatever the order in which its rows came."""
    found = [sorted(set(map(str, part))) for part in (difference.named, difference.noted, difference.waiting)]
    return found, difference.after, difference.missing, difference.overdue, rows


@pytest.mark.slow
@settings(max_examples=60)
@given(SOME, SOME, st.sets(KEYS, max_size=2), OFFER, st.booleans(), st.data())
def test_what_is_left_out_changes_no_comparison(moved, matched, void, offer, complete, data) -> None:
    """Keys that moved or are shared, people who are missing, rows twice: each partition has the same differences."""
    keys = OWN | moved
    index = KeyIndex((key, person) for person, key in keys.items())
    current = {}
    for person, key in (OWN | matched).items():
        if key and data.draw(st.integers(0, 9)):
            current[person] = [person, 0, key, max(data.draw(st.integers(-9, 3)), 0), *data.draw(VALUES)]
    # most rows say what the current ones say
    same = [(row[2], row[4:]) for row in current.values() if data.draw(st.integers(0, 9))]
    offer = data.draw(st.permutations([*offer, *same]))
    known = Unchanged(index)
    for number in range(PARTITIONS):
        known.hold(number, [row for person, row in current.items() if part_of(person) == number])
    everything, spilt = [], []
    for key, values in offer:
        person, row = propose(index, key, 0, values)
        everything += [row] if person else []
        if not known.meets(key, values) and person:
            spilt.append(row)
            known.look_at(person)
    known.close(void, complete=complete)

    for number in range(PARTITIONS):
        mine = {person: row for person, row in current.items() if part_of(person) == number}

        def compared(rows, mine=mine):
            missing = Missing(4, clear_after=2, allowed=True)
            return compare(mine, rows, keys, missing, complete=complete, void=frozenset(void))

        whole = compared([row for row in everything if part_of(row[0]) == number])
        if (rows := known.rows_of(number)) is not None:
            assert told(whole, len(whole.after)) == ([[], [], []], mine, 0, 0, rows)
        else:
            few = compared([*known.named(mine.values()), *(row for row in spilt if part_of(row[0]) == number)])
            assert told(few, 0) == told(whole, 0)


def test_most_rows_of_a_usual_offer_are_recognised() -> None:
    """Of a thousand rows one changed, and one contradicts another: their partitions alone are compared."""
    index = KeyIndex((f"E{n}", f"person-{n}") for n in range(1000))
    known = Unchanged(index)
    for number in range(PARTITIONS):
        people = [n for n in range(1000) if part_of(f"person-{n}") == number]
        known.hold(number, [[f"person-{n}", 0, f"E{n}", 0, f"value {n}"] for n in people])

    new = [n for n in range(1000) if not known.meets(f"E{n}", ["new" if n == 7 else f"value {n}"])]
    known.look_at("person-7")
    known.close({"E9"}, complete=True)
    compared = {number for number in range(PARTITIONS) if known.rows_of(number) is None}
    assert (new, compared) == ([7], {part_of("person-7"), part_of("person-9")})
