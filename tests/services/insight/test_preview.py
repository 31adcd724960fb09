"""Previews: what a run would do, without doing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.crash.scenarios import quick, settled
from tests.support.single import SingleWorld
from tests.support.world import LIMITS, NO_THRESHOLD, World
from upa_core.domain.documents.rounds import Link
from upa_core.domain.people_calls import load_of
from upa_core.domain.plan.entry import Entry
from upa_core.ports.change_source import Page
from upa_core.services.insight.preview import preview


def test_a_preview_writes_nothing_anywhere() -> None:
    """Old → new of everything that is due, read from the source, without a trace in storage or at SharePoint."""
    world = settled(threshold=replace(NO_THRESHOLD, clears_absolute=0))
    world.edit(world.people[0], department="B", jobTitle=None)
    world.join(department="new")
    before, calls = world.store.blobs, len(world.sim.jobs)
    seen: list[Entry] = []

    class Sink:
        def add(self, entries: list[Entry], left_out: object = ()) -> None:
            seen.extend(entries)

    shown = preview(world.ports(), world.connector, sink=Sink(), most=1)
    assert world.store.blobs == before
    assert (len(world.sim.jobs), world.library()) == (calls, [])
    assert (shown.pulled, shown.import_jobs, shown.complete, len(shown.entries)) == ("sealed", 1, False, 1)
    assert shown.held.startswith("clears of 1")
    first = next(entry for entry in seen if entry.person == world.people[0])
    assert first.new == {"UpaDepartment": "B", "UpaTitle": ""}
    assert first.old == {"UpaDepartment": "D0", "UpaTitle": "T0"}
    assert preview(world.ports(), world.connector, source=False).import_jobs == 0


def test_a_full_preview_of_a_new_connector_counts_everybody() -> None:
    """Before anything was ever pulled."""
    world = quick(World(5))
    shown = preview(world.ports(), world.connector, full=True)
    assert (shown.counts.people, shown.counts.updated, world.store.blobs) == (5, 5, {})


def test_values_that_may_be_rewritten_are_named() -> None:
    """A property whose values look like date-times is named once; without any, none is."""
    world = World(2)
    assert preview(world.ports(), world.connector).rewritable == ()
    world.edit(world.people[0], department="2026-06-23T00:00:00Z")
    world.edit(world.people[1], department="2026-06-23T00:00:00+02:00")

    assert preview(world.ports(), world.connector).rewritable == ("UpaDepartment",)


def test_a_preview_that_is_overtaken_begins_again() -> None:
    """Another instance seals a round while the preview pulls: it is planned anew, not refused."""
    world = settled(3)
    world.edit(world.people[0], department="new")
    ports = world.ports()

    class Overtaken:
        """Implements `ChangeSource`: at the first page another instance pulls."""

        raced = False

        def begin(self, select: Sequence[str]) -> Link:
            return ports.source.begin(select)

        def page(self, link: Link) -> Page:
            if not self.raced:
                self.raced = True
                world.pull()
            return ports.source.page(link)

        def read(self, ids: Sequence[str], select: Sequence[str]) -> Mapping[str, dict[str, Any] | None]:
            return ports.source.read(ids, select)

    found = preview(replace(ports, source=Overtaken()), world.connector)

    assert (found.pulled, len(found.entries)) == ("sealed", 1)


def test_what_travels_singly_and_in_files_is_counted_apart() -> None:
    """Each file is an import job; single writes cost calls, and time."""
    bulk = quick(World(4, limits=replace(LIMITS, max_pairs=6)))
    single = SingleWorld(4, targets=("UpaTitle",))
    files, both = (preview(world.ports(), world.connector, full=True) for world in (bulk, single))

    assert (files.import_jobs, files.load) == (4, None)
    assert (both.import_jobs, both.load is not None) == (1, True)
    assert both.load == load_of(4, 4, single.connector.individual, single.now)


def test_as_many_entries_are_kept_as_were_asked_for() -> None:
    """It says whether these are all; who isn't kept is counted all the same."""
    world = quick(World(4))
    kept = {most: preview(world.ports(), world.connector, full=True, most=most) for most in (0, 3, 4, 9)}

    assert {most: len(one.entries) for most, one in kept.items()} == {0: 0, 3: 3, 4: 4, 9: 4}
    assert {most: one.complete for most, one in kept.items()} == {0: False, 3: False, 4: True, 9: True}
    assert {one.people.table.people for one in kept.values()} == {4}


def test_without_reading_the_source_only_what_was_pulled_is_planned() -> None:
    """A round in the outbox, and nothing that changed since."""
    world = settled(3)
    world.edit(world.people[0], department="pulled")
    world.pull()
    world.edit(world.people[1], department="later")
    found = preview(world.ports(), world.connector, source=False)

    assert (found.pulled, [entry.person for entry in found.entries]) == ("", [world.people[0]])
    assert (found.held, found.held_plan) == ("", None)
