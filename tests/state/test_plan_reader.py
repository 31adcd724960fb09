"""Frozen plans as they are read."""

from __future__ import annotations

import orjson
import pytest

from tests.support.world import World
from upa_core.domain.documents.storage_layout import plan_key
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.plan.entry import Entry
from upa_core.state.plan_reader import PLAN_VERSION, find_in_plan, form_of, people_in, read_known
from upa_core.state.plan_writer import PlanWriter

RUN = "20261122T101500Z-7f3k"
ANN, BOB = (f"{n}000000a-0000-4000-8000-000000000000" for n in (1, 2))


def test_what_was_known_is_read_as_each_release_wrote_it() -> None:
    """The first wrote a list of people with their values; a newer plan than ours isn't guessed at."""
    world = World()
    key = plan_key(RUN, "file")
    world.store.put(key, orjson.dumps([[ANN, {"UpaTitle": "new"}, {"UpaTitle": "old"}]]))
    first = read_known(world.store, RUN, "file")
    world.store.put(key, orjson.dumps({"version": PLAN_VERSION + 1, "old": {}}))
    with pytest.raises(CorruptStateError, match="newer"):
        read_known(world.store, RUN, "file")
    world.store.put(key, b"[[1]]")
    with pytest.raises(CorruptStateError, match="can't be read"):
        read_known(world.store, RUN, "file")

    assert first == {ANN: {"UpaTitle": "old"}}


def test_a_plan_that_changed_since_it_was_frozen_is_no_plan() -> None:
    """Its checksum says so; so does a file, or a route, that isn't there."""
    world = World()
    writer = PlanWriter(world.ports(), world.connector, RUN, 0)
    writer.add([Entry(ANN, {"UpaTitle": "new"}, {"UpaTitle": "old"})])
    (file,) = writer.close()
    found = [find_in_plan(world.ports(), RUN, file, person) for person in (ANN, BOB)]
    key = plan_key(RUN, file.name)
    world.store.put(key, world.store.blobs[key].replace(b'old"}', b'odd"}'))
    with pytest.raises(CorruptStateError, match="checksum"):
        read_known(world.store, RUN, file.name)
    with pytest.raises(CorruptStateError, match="is missing"):
        people_in(world.ports(), RUN, "another", "bulk")
    with pytest.raises(CorruptStateError, match="route unknown"):
        form_of(world.ports(), "unknown")

    assert found == [Entry(ANN, {"UpaTitle": "new"}, {"UpaTitle": "old"}), None]
