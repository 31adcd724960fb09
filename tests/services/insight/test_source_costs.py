"""What a source costs is said before it is read again, and holds when it is."""

from __future__ import annotations

import pytest

from bench.pipeline import CountingStore
from tests.support.joined import JoinedWorld, row
from upa_core.domain.documents.rounds import Segment
from upa_core.services.insight.source_costs import in_words, source_costs
from upa_core.services.pull.sources import pull_rows
from upa_core.state.rows import current_rows
from upa_core.state.rows.current_rows import reads_in_order


def test_a_delivery_that_changes_little_takes_no_more_storage_calls_than_it_is_said_to() -> None:
    """Nothing is said before the first delivery; afterwards the rows and the calls are."""
    world = JoinedWorld(20)
    world.pull()
    (before,) = source_costs(world.connector, world.state)
    rows = [row(f"E{n}", f"C{n}") for n in range(20)]
    world.deliver(*rows)
    pull_rows(world.ports(), world.connector, world.connector.secondaries[0])
    (cost,) = source_costs(world.connector, world.state)
    world.deliver(row("E0", "new"), *rows[1:])
    counted = world.store = CountingStore(world.store)
    pull_rows(world.ports(), world.connector, world.connector.secondaries[0])

    assert (before.rows, before.storage_calls, in_words(before)) == (0, 0, "hr asks Graph for nothing")
    assert (cost.rows, cost.calls_a_day) == (20, 0)
    assert f"20 rows are read, with at most {cost.storage_calls} storage calls" in in_words(cost)
    assert 0 < counted.calls.total() <= cost.storage_calls


def test_the_calls_of_a_set_are_few_while_its_segments_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small segment is one call; of a large one its head is another, and as much is read at once as memory allows."""
    monkeypatch.setattr(current_rows, "AHEAD", 2_000_000)
    sizes = (100_000, 900_000)

    assert reads_in_order([Segment(f"s{size}", 1, size) for size in sizes]) == 1 + (1 + 1)
    assert reads_in_order([Segment("s", 1, 900_000)] * 4) == 4 * (1 + 2)
    assert reads_in_order([]) == 0
