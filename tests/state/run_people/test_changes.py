"""The planned changes of a shard's people, sorted out."""

from __future__ import annotations

from dataclasses import replace

from tests.support.run_people import connector, entry
from upa_core.domain.people.mapping import direct
from upa_core.domain.plan.entry import Entry
from upa_core.domain.redaction import Redactor
from upa_core.state.run_people.changes import MOST_ROWS, Changes

GUID = "-0000-4000-8000-000000000000"
PEOPLE = [entry(number, rare=3) for number in range(0, 20, 2)]
"""They have no known values; every third gets one property more."""


def test_people_with_the_same_properties_are_alike_and_those_with_known_values_are_not() -> None:
    """Everybody is in one place; whoever has a known value stands among the others."""
    changes = Changes([*PEOPLE, entry(1), entry(3)])

    assert [one.targets for one in changes.alike] in (
        [("UpaDepartment", "UpaTitle", "UpaCode"), ("UpaDepartment", "UpaTitle")],
        [("UpaDepartment", "UpaTitle"), ("UpaDepartment", "UpaTitle", "UpaCode")],
    )
    assert sorted(n for one in changes.alike for n in one.numbers) == list(range(10))
    assert sorted(changes.others) == [10, 11]


def test_what_is_hidden_or_apart_changes_no_digest() -> None:
    """The digest is of what is planned; hidden values are in no columns that are stored."""
    hidden = connector(mappings=(replace(direct("department", "UpaDepartment"), redact=True),))
    changes = Changes(PEOPLE)
    shown = changes.shown(Redactor(hidden), {PEOPLE[0].person})
    stored = b"".join(one.columns.data for one in shown.alike)

    assert changes.digest("s") == Changes(PEOPLE[::-1]).digest("s")
    assert shown.others == [0]
    assert b'"***"' in stored
    assert b"Department 2" not in stored
    assert b"Department 2" in b"".join(one.columns.data for one in changes.alike)


def test_columns_are_no_longer_than_a_block() -> None:
    """A shard of many people is cut, and nobody is lost."""
    changes = Changes([entry(number * 2) for number in range(MOST_ROWS + 1)])

    assert sorted(len(one.numbers) for one in changes.alike) == [1, MOST_ROWS]


def test_the_same_values_for_somebody_else_are_another_plan() -> None:
    """Whether their ids are packed or not."""
    for one, other in (("p", "q"), ("0" * 8 + GUID, "f" * 8 + GUID)):
        digests = {Changes([Entry(who, {"UpaTitle": "x"}, {})]).digest("s") for who in (one, other)}
        assert len(digests) == 2
