"""Sets of rows by person, in segments."""

from __future__ import annotations

from tests.fakes import MemoryStore
from upa_core.domain.people.changes import REMOVED, Row, compile_projection
from upa_core.state.rows.current_rows import RowSet, RowWriter, count
from upa_core.state.rows.segments import write_segment

INPUTS = ("a", "b")


def row(person: str, **values: str) -> Row:
    return compile_projection(INPUTS)({"id": person, **values})


def writer(store: MemoryStore, most: int = 2) -> RowWriter:
    return RowWriter(store, lambda number: f"segments/{number}", most)


def test_the_last_row_of_a_person_counts_with_what_it_leaves_out_from_before() -> None:
    """Whoever was removed is gone, and comes back with nothing from before."""
    store = MemoryStore()
    removed: Row = ["gone", REMOVED, None, None]
    back: Row = ["back", REMOVED, None, None]
    rounds = [
        [row("p", a="a1", b="b1"), row("gone", a="x"), row("back", a="x")],
        [removed, back],
        [row("p", a="a2"), row("back", b="b3")],
    ]
    segments = [write_segment(store, f"segments/{number}", rows) for number, rows in enumerate(rounds)]
    found = {line[0]: line for line in RowSet(store, segments).rows()}

    assert set(found) == {"p", "back"}
    assert (found["p"], found["back"]) == (row("p", a="a2", b="b1"), row("back", b="b3"))


def test_everybody_in_a_set_is_read_whatever_their_partition() -> None:
    """From the first to the last."""
    store = MemoryStore()
    one = writer(store, 1000)
    one.add(row(f"person-{number}", a="x") for number in range(500))

    assert len(list(RowSet(store, one.close()).rows())) == 500


def test_segments_hold_so_many_rows_and_the_last_one_the_rest() -> None:
    """Each under its own name; those that nobody needs any more are deleted."""
    store = MemoryStore()
    one = writer(store)
    one.add(row(f"p{number}", a="x") for number in range(5))
    segments = one.close()

    assert [(segment.key, segment.rows) for segment in segments] == [
        (f"segments/{n}", rows) for n, rows in ((1, 2), (2, 2), (3, 1))
    ]
    assert count(segments) == 5
    one.discard()
    assert (store.blobs, writer(store).close()) == ({}, ())
