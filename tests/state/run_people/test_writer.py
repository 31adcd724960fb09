"""Writing the people of a run: a plan's hash, and who is listed apart."""

from __future__ import annotations

import pytest

from tests.fakes import MemoryStore
from tests.support.run_people import NOW, RUN, connector, entry, write_run
from upa_core.domain.documents.connector_state import PeopleIndex
from upa_core.domain.plan.entry import Entry
from upa_core.state.run_people import listings
from upa_core.state.run_people.writer import PeopleWriter


def hash_of(entries: list[Entry], *, salt: str = "s") -> str:
    """Return the hash of a plan of one shard."""
    writer = PeopleWriter(MemoryStore(), connector(), RUN, PeopleIndex(1, 1, 9, "f"), salt=salt)
    writer.add(entries)
    return writer.close((), NOW).hash


def test_a_plans_hash_tells_what_is_planned_and_not_in_which_order() -> None:
    """Neither the order of people nor that of properties counts; a value, a person, what was there and the salt do."""
    people = [entry(number, rare=2, clears=5) for number in range(9)]
    turned = [one._replace(new=dict(reversed([*one.new.items()]))) for one in reversed(people)]
    others = [
        [people[0]._replace(new={**people[0].new, "UpaTitle": "another"}), *people[1:]],
        [people[0]._replace(old={"UpaTitle": "before"}), *people[1:]],
        people[1:],
    ]

    assert hash_of(turned) == hash_of(people)
    assert len({hash_of(people), hash_of(people, salt="t"), *map(hash_of, others)}) == 5


def test_a_label_of_too_many_people_is_counted_and_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """However its people come, together or one by one, a list is whole or isn't there."""
    monkeypatch.setattr(listings, "LISTED", 40)
    monkeypatch.setattr(listings, "FEW_ROWS", 0)
    table, _ = write_run(MemoryStore(), 3000, of={"rare": 75, "clears": 60})
    found = {one.label: (one.people, sum(extent.rows for extent in one.extents)) for one in table.listings}

    assert found["set:UpaCode"] == (40, 40)
    assert found["cleared:UpaTitle"] == (50, 0)
