"""A plan's values by batch and moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from upa_core.domain.documents.runs import FileState
from upa_core.domain.freshness.age_book import AgeBook
from upa_core.domain.freshness.record import PlannedBatch, Shared
from upa_core.domain.plan.entry import Entry

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=1)
FILES = [FileState(name, n, 0, 0, 0, "") for n, name in enumerate(("a", "b"))]


def entry(person: str, *targets: str, **more) -> Entry:
    return Entry(person, dict.fromkeys(targets, "x"), {}, **more)


def test_values_without_a_moment_of_their_own_wait_since_the_usual_one() -> None:
    """Nothing is noted of each value; who is new is counted by what is known of them."""
    book = AgeBook(NOW)
    book.add([([entry("p", "A", "B"), entry("q", "A", known=True)], [(0, 0, 2)])])

    assert book.planned(FILES) == ({"a": PlannedBatch((NOW,), (3,), (3,), people=2, new=1)}, ())


def test_each_value_bears_its_moment_by_person_and_property() -> None:
    """In the order of the batch, and of the properties' names; a person in escrow is no person who waits anew."""
    book = AgeBook(NOW)
    since = {"B": NOW, "A": OLD}
    book.add([([entry("p", "B", "A", since=since, waits=True), entry("q", "A")], [(0, 0, 2)])])
    (batch,) = book.planned(FILES)[0].values()

    assert list(batch.each()) == [OLD, NOW, NOW]
    assert (batch.moments, batch.values, batch.fresh) == ((OLD, NOW), (1, 2), (0, 1))
    assert (batch.people, batch.new) == (1, 1)


def test_a_batch_that_is_full_is_followed_by_another() -> None:
    """Entries of one route go to two batches, as many as the places say."""
    book = AgeBook(NOW)
    book.add([([entry("p", "A"), entry("q", "A", "B")], [(0, 0, 1), (1, 0, 1)])])

    assert [batch.values for batch in book.planned(FILES)[0].values()] == [(1,), (2,)]


def test_people_in_batches_of_two_routes_are_counted_once_beside_both() -> None:
    """Whoever waits in escrow as well is counted there; both batches know who stands in them together."""
    book = AgeBook(NOW)
    known = {"known": True}
    first = [entry("o", "A"), entry("p", "A"), entry("q", "A", **known), entry("r", "A", waits=True)]
    book.add([(first, [(0, 0, 4)]), ([entry("p", "B"), *(entry(one, "B", **known) for one in "q")], [(1, 0, 2)])])
    batches, shared = book.planned(FILES)

    assert (batches["a"].people, batches["b"].people) == (1, 0)
    assert shared == (Shared(("a", "b"), waiting=2, new=1),)
    assert (list(batches["a"].grouped()), list(batches["b"].grouped())) == ([(1, 1), (2, 1)], [(0, 1), (1, 1)])
