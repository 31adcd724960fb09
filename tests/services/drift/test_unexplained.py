"""People whose import ended without naming anybody: which ended runs are searched for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.ended import planned
from tests.support.world import World
from upa_core.domain.documents.runs import FileState, Report
from upa_core.domain.documents.storage_layout import file_key, report_key
from upa_core.domain.drift.record import DriftIndex
from upa_core.services.drift.unexplained import note_unexplained
from upa_core.state.document import put_document, state_of
from upa_core.state.drift.documents import part_of, parts_of


def report(world: World, name: str, *, connector: str = "hr", **file: Any) -> str:
    """Store the report of an ended run whose only file is the open run's; return its id."""
    run = world.state.run
    assert run is not None
    (sent,) = run.files
    ended = f"20261122T1{name}00Z-aaaa"
    blob = world.store.get(file_key(run.id, sent.name))
    assert blob is not None
    world.store.put(file_key(ended, sent.name), blob.data)
    files = (replace(sent, **{"settled": True, "confirmed": False, **file}),)
    told = Report(1, connector, ended, world.now, world.now, "failed", (), run.counts, files)
    put_document(world.store, report_key(ended), told)
    if connector == "hr":
        state_of(world.store, "hr").update(lambda state: replace(state, last_run=ended))
    return ended


def first(world: World) -> set[str]:
    """Return everybody who is read before others."""
    return {person for _, stored in parts_of(world.store, "hr") for person in stored.value.first}


def test_the_people_of_a_file_that_confirmed_nobody_are_read_first() -> None:
    """Each in their partition, with how many are; to search again changes nothing."""
    world = planned(3)
    ended = report(world, "101")
    found = [note_unexplained(world.ports(), world.connector, DriftIndex()) for _ in range(2)]

    assert first(world) == set(world.people)
    assert found[0] == found[1]
    assert (found[0][0], sum(found[0][1].values())) == (ended, 3)
    for number, people in found[0][1].items():
        assert len(part_of(world.store, "hr", number).load().value.first) == people


def test_a_file_that_confirmed_somebody_or_was_never_sent_says_nothing_of_its_people() -> None:
    """Whom an answer names is told apart; what wasn't settled was dropped."""
    for fields in ({"confirmed": True}, {"settled": False}):
        world = planned(2)
        ended = report(world, "101", **fields)

        assert note_unexplained(world.ports(), world.connector, DriftIndex()) == (ended, {})
        assert first(world) == set()


def test_only_runs_that_ended_since_the_last_search_are_searched() -> None:
    """Neither an earlier one, nor another connector's; where none ended, nothing is read."""
    world = planned(2)
    earlier = report(world, "101")
    nothing = note_unexplained(world.ports(), world.connector, DriftIndex(last_run=earlier))
    report(world, "102", connector="sales")
    later = report(world, "103", confirmed=True)
    found = note_unexplained(world.ports(), world.connector, DriftIndex(last_run=earlier))

    assert (nothing, found, first(world)) == ((earlier, {}), (later, {}), set())


def test_a_file_that_is_gone_hides_no_other() -> None:
    """Its people are unknown, and sent again in any case."""
    world = planned(2)
    run = world.state.run
    assert run is not None
    lost = FileState("lost", 1, 1, 1, 1, "", settled=True)
    report(world, "101")
    ended = report(world, "102")
    told = Report(1, "hr", ended, world.now, world.now, "failed", (), run.counts, (lost,))
    put_document(world.store, report_key(ended), told)
    note_unexplained(world.ports(), world.connector, DriftIndex())

    assert first(world) == set(world.people)


def test_people_who_are_read_first_already_stay_so() -> None:
    """Somebody of an earlier search, beside the new ones."""
    world = planned(2)
    report(world, "101")
    number = next(iter(note_unexplained(world.ports(), world.connector, DriftIndex())[1]))
    document = part_of(world.store, "hr", number)
    stored = document.load()
    before = stored.value.first
    stored.value.first = ("somebody",)
    document.save(stored, stored.value)
    found = note_unexplained(world.ports(), world.connector, DriftIndex())

    assert set(document.load().value.first) == {"somebody", *before}
    assert found[1][number] == len(before) + 1
