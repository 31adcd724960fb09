"""Documents that several processes change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes import MemoryStore
from tests.fakes.hooks import Call, nothing
from tests.support.world import World
from upa_core.domain.documents.connector_keys import freshness_key
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.storage_layout import lane_key, state_key, watcher_key
from upa_core.domain.errors import ConflictError, CorruptStateError
from upa_core.state.document import Document, freshness_of, get_document, lane_of, put_document, state_of, watcher_of


def counting(store: MemoryStore) -> Document[ConnectorState]:
    return Document(store, state_key("hr"), ConnectorState())


def one_more(state: ConnectorState) -> ConnectorState:
    return replace(state, runs=state.runs + 1)


def test_of_two_who_write_a_document_for_the_first_time_one_loses() -> None:
    """As of two who write over the same version."""
    document = counting(MemoryStore())
    empty = document.load()
    first = document.save(empty, one_more(empty.value))
    with pytest.raises(ConflictError):
        document.save(empty, ConnectorState(runs=9))
    document.save(first, one_more(first.value))
    with pytest.raises(ConflictError):
        document.save(first, ConnectorState(runs=9))

    assert document.load().value.runs == 2


def test_a_change_is_made_again_on_what_somebody_else_wrote() -> None:
    """Also where the version was given that was to be tried first."""
    store = MemoryStore()
    document = counting(store)
    old = document.update(one_more)
    document.update(one_more)

    assert document.update(one_more, old).value.runs == 3
    assert document.load().value.runs == 3


def test_what_doesnt_change_is_not_written() -> None:
    """Neither an equal document nor an empty one."""
    store = MemoryStore()
    counting(store).update(lambda state: replace(state, runs=0))

    assert (store.blobs, store.hooks.count("put")) == ({}, 0)


def test_a_document_that_is_always_overtaken_is_given_up() -> None:
    """Nobody tries for ever."""
    store = MemoryStore()
    document = counting(store)

    def overtake(call: Call) -> None:
        if call.operation == "put":
            store.hooks.before = nothing
            document.update(one_more)
            store.hooks.before = overtake

    store.hooks.before = overtake
    with pytest.raises(ConflictError, match="too many at once"):
        counting(store).update(lambda state: replace(state, paused=True))


def test_only_what_can_be_made_anew_counts_as_empty_where_it_is_damaged() -> None:
    """A watcher's note and the ages can; state and lane never: nobody would know what is on its way."""
    world = World()
    lane = world.connector.target.lane
    kept: list[tuple[str, Callable[[], Any]]] = [
        (state_key("hr"), lambda: state_of(world.store, "hr")),
        (lane_key(lane), lambda: lane_of(world.store, world.connector)),
    ]
    disposable: list[tuple[str, Callable[[], Any]]] = [
        (watcher_key(lane), lambda: watcher_of(world.store, world.connector)),
        (freshness_key("hr"), lambda: freshness_of(world.store, "hr")),
    ]
    for key, document in kept:
        world.store.put(key, b"{")
        with pytest.raises(CorruptStateError, match=key):
            document().load()
    for key, document in disposable:
        world.store.put(key, b"{")
        read = document().load()
        document().save(read, read.value)

        assert world.store.blobs[key] != b"{"


def test_a_document_whose_checksum_doesnt_fit_is_damaged() -> None:
    """Though it is JSON, and of the right kind."""
    store = MemoryStore()
    put_document(store, "key", ConnectorState(runs=1))
    store.put("key", store.blobs["key"].replace(b'"runs":1', b'"runs":2'))
    with pytest.raises(CorruptStateError, match="checksum"):
        get_document(store, "key", ConnectorState)
