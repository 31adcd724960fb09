"""What a source costs is said before it is read again, and holds when it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bench.pipeline import CountingStore
from tests.support.joined import JoinedWorld, row
from tests.support.related import BOSS, MANAGER
from tests.support.world import MAPPINGS, World
from upa_core.domain.documents.connector_state import PeopleIndex
from upa_core.domain.documents.rounds import Segment
from upa_core.services.insight.source_costs import SourceCost, in_words, source_costs
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


def test_a_cost_is_said_in_a_sentence() -> None:
    """What Graph is asked for, how many rows are read, and at most how many storage calls; one row is one row."""
    graph = SourceCost("crew", 1_200, 2_400, "a page", 1_010)

    assert in_words(graph) == (
        "crew asks Graph about 2,400 times a day where nothing changes (a page); where a delivery changes little, "
        "1,200 rows are read, with at most 1,010 storage calls"
    )
    assert in_words(SourceCost("hr", 1, 0, "", 9)).endswith("1 row is read, with at most 9 storage calls")
    assert in_words(SourceCost("hr", 5, 0, "", 0)) == "hr asks Graph for nothing"


def test_a_slower_rhythm_asks_graph_less_often() -> None:
    """A day has 96 ticks of a quarter of an hour; nobody ticks more often."""
    world = World(mappings=(*MAPPINGS, BOSS), secondaries=(MANAGER,))
    state = replace(world.state, people=PeopleIndex(known=100_000))

    def calls(every: timedelta | None) -> int:
        (one,) = source_costs(replace(world.connector, every=every), state)
        return one.calls_a_day

    assert calls(None) == calls(timedelta(minutes=15)) == calls(timedelta(minutes=5))
    assert calls(timedelta(hours=6)) < calls(None)
