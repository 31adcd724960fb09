"""Plans as they are frozen."""

from __future__ import annotations

from typing import Any

from tests.support.single import SingleWorld
from tests.support.world import World, with_limits
from upa_core.domain.documents.runs import FileState
from upa_core.domain.plan.entry import Entry
from upa_core.state.plan_reader import read_known, read_plan
from upa_core.state.plan_writer import SMALL_FILES, PlanWriter

RUN = "20261122T101500Z-7f3k"


def entries(people: int, **fields: Any) -> list[Entry]:
    return [Entry(f"{n:08x}-0000-4000-8000-000000000000", {"UpaTitle": "new"}, {}, **fields) for n in range(people)]


def written(plan: list[Entry], *, people: int = 0, **limits: int) -> tuple[World, tuple[FileState, ...], PlanWriter]:
    world = World()
    connector = with_limits(world.connector, **limits)
    writer = PlanWriter(world.ports(), connector, RUN, 7, people=people)
    writer.add(plan[:5])
    writer.add(plan[5:])
    return world, writer.close(), writer


def test_after_a_failure_the_first_files_are_small_and_the_rest_is_large() -> None:
    """Small ones are as small as was asked for, across shards; they have to fit into the day's import jobs."""
    _, files, writer = written(entries(40), people=3)

    assert [one.people for one in files] == [3] * SMALL_FILES + [40 - 3 * SMALL_FILES]
    assert [one.sequence for one in files] == list(range(8, 8 + SMALL_FILES + 1))
    assert writer.batches == list(files)


def test_files_are_cut_at_their_limit_and_name_everybody_once() -> None:
    """Whatever was added at a time."""
    world, files, _ = written(entries(12), max_pairs=5)
    named = [entry.person for one in files for entry in read_plan(world.ports(), RUN, one)]

    assert [one.people for one in files] == [5, 5, 2]
    assert named == [one.person for one in entries(12)]


def test_a_file_counts_what_is_new_to_the_change_threshold() -> None:
    """A value that was sent before and only waits isn't; a clear of a confirmed value is counted apart."""
    plan = entries(3)
    plan[0] = plan[0]._replace(again=True)
    plan[1] = Entry(plan[1].person, {"UpaTitle": ""}, {"UpaTitle": "old"})
    _, (file,), _ = written(plan)

    assert (file.updated, file.cleared, file.pairs) == (1, 1, 3)
    _, small, _ = written(entries(6, again=True), max_pairs=4)
    assert [one.updated for one in small] == [0, 0]


def test_a_plan_keeps_what_was_known_and_nobody_of_whom_nothing_was() -> None:
    """Also where SharePoint was known to hold nothing."""
    plan = entries(3)
    plan[0] = plan[0]._replace(old={"UpaTitle": "old"})
    plan[1] = plan[1]._replace(old={"UpaTitle": None})
    world, (file,), _ = written(plan)

    assert read_known(world.store, RUN, file.name) == {
        plan[0].person: {"UpaTitle": "old"},
        plan[1].person: {"UpaTitle": None},
    }
    assert [entry.old for entry in read_plan(world.ports(), RUN, file)] == [one.old for one in plan]


def test_only_import_files_become_small() -> None:
    """What is written person by person names whoever fails."""
    world = SingleWorld(targets=("UpaTitle",))
    writer = PlanWriter(world.ports(), world.connector, RUN, 0, people=3)
    writer.add([one._replace(account="i:0#.f|membership|p@contoso.com") for one in entries(9)])

    assert [(one.route, one.people) for one in writer.close()] == [("individual", 9)]
