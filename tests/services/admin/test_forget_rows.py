"""A person is forgotten in the rows of other sources and in the key index; everybody else's rows stay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.joined import JoinedWorld, row
from upa_core.domain.documents.sources import SourceState
from upa_core.services.admin.forget_rows import forget_rows
from upa_core.services.pull.directory import pull_directory
from upa_core.state.document import state_of
from upa_core.state.rows.current_rows import RowSet


@pytest.fixture
def world() -> JoinedWorld:
    """Return three people with a row each, and two rows of nobody."""
    made = JoinedWorld(3)
    made.deliver(*(row(f"E{n}", f"v{n}") for n in range(3)), row("E7", "seven"), row("E8", "eight"))
    made.pull()
    return made


def forget(world: JoinedWorld, person: str) -> int:
    """Forget a person once the outbox is settled."""
    state_of(world.store, "hr").update(lambda state: replace(state, sealed=()))
    return forget_rows(world.ports(), world.connector, person)


def values(world: JoinedWorld) -> dict[str, str]:
    """Return each person's current value."""
    held = world.source.current
    assert held is not None
    return {one[0]: one[-1] for one in RowSet(world.store, held.segments).rows()}


def keyed(world: JoinedWorld) -> set[str]:
    """Return whom the key index holds."""
    keys = world.state.keys
    assert keys is not None
    return {one[0] for one in RowSet(world.store, keys.segments).rows()}


def naming(world: JoinedWorld, *texts: str) -> list[str]:
    """Return the blobs of sources and of the key index in which one of the texts stands."""
    blobs = {key: data for key, data in world.store.blobs.items() if "/sources/" in key or "/keys/" in key}
    return [key for key, data in blobs.items() if any(text.encode() in data for text in texts)]


def test_only_the_persons_rows_go(world: JoinedWorld) -> None:
    """From the current rows and the key index; a pull that reads them now fails for the new generation."""
    person, *others = world.people
    before = world.source.current
    assert before is not None
    assert forget(world, person) == 2
    held = world.source.current
    assert held is not None

    assert (values(world), keyed(world)) == (dict(zip(others, ("v1", "v2"), strict=True)), set(others))
    assert naming(world, person, "v0") == []
    assert (held.generation, held.waiting) == (before.generation + 1, before.waiting)
    assert set(world.waiting()) == {"E7", "E8"}


def test_a_row_that_waits_under_the_persons_key_goes_too(world: JoinedWorld) -> None:
    """It may be theirs; rows of other keys keep waiting."""
    person = world.people[0]
    world.deliver(row("E0", "v0"), row("E0", "other"), row("E7", "seven"), row("E1", "v1"), row("E2", "v2"))
    world.pull()
    assert set(world.waiting()) == {"E0", "E7"}
    forget(world, person)

    assert set(world.waiting()) == {"E7"}
    assert naming(world, person, "v0", "other") == []


def test_somebody_whom_nothing_names_changes_no_segment(world: JoinedWorld) -> None:
    """The state moves all the same, so that a pull at work can't bring them."""
    before = world.source.current
    assert before is not None
    assert forget(world, "00000000-0000-4000-8000-000000000000") == 0
    held = world.source.current
    assert held is not None
    assert (held.segments, held.waiting, held.generation) == (before.segments, before.waiting, before.generation + 1)


def test_a_first_snapshot_that_is_being_read_fails(world: JoinedWorld) -> None:
    """Its source has no rows yet: only the count tells that something has changed."""
    state_of(world.store, "hr").update(lambda state: state.with_source(SourceState("new", snapshots=3)))
    forget(world, world.people[0])

    assert world.state.source("new") == SourceState("new", snapshots=4)


def test_every_segment_that_names_the_person_is_written_again(world: JoinedWorld) -> None:
    """Also where they are named several times, beside others or alone; segments of earlier generations go."""
    person = world.people[0]
    world.edit(person, mail="a@contoso.com")
    world.renumber(person, "E7")
    world.pull()
    world.hire("E8")
    pull_directory(world.ports(), world.connector)
    assert values(world)[person] == "seven"
    assert len(naming(world, person)) > 2
    forget(world, person)

    assert person not in values(world)
    assert person not in keyed(world)
    assert naming(world, person, "seven") == []
    assert len(keyed(world)) == 3
