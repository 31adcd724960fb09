"""A store whose writes stay in memory."""

from __future__ import annotations

import pytest

from tests.fakes import MemoryStore
from tests.fakes.clock import FakeClock
from upa_core.domain.errors import ConflictError
from upa_core.state.overlay import OverlayStore


def over(**blobs: bytes) -> tuple[MemoryStore, OverlayStore]:
    below = MemoryStore()
    for key, data in blobs.items():
        below.put(key, data)
    return below, OverlayStore(below, FakeClock())


def test_what_is_written_or_deleted_is_seen_here_and_nowhere_below() -> None:
    """In whole, in part, and in a list by prefix."""
    below, store = over(a1=b"one", a2=b"two", b1=b"three")
    store.put("a1", b"other")
    store.put("a3", b"new")
    store.put("b2", b"new")
    store.delete("a2")

    assert [(one.key, one.size) for one in store.list("a")] == [("a1", 5), ("a3", 3)]
    assert [store.read_range("a1", 1, 2), store.read_range("a2", 0, 9), store.get("a2")] == [b"th", None, None]
    assert below.blobs == {"a1": b"one", "a2": b"two", "b1": b"three"}


def test_conditions_hold_as_in_storage() -> None:
    """A preview that loses a race would lose it in earnest."""
    _, store = over(a=b"one")
    before = store.get("a")
    assert before is not None
    store.put("a", b"two", if_match=before.etag)
    with pytest.raises(ConflictError):
        store.put("a", b"three", if_match=before.etag)
    with pytest.raises(ConflictError):
        store.put("a", b"three", if_absent=True)
    store.delete("a")
    with pytest.raises(ConflictError):
        store.put("a", b"three", if_match=before.etag)
    store.put("a", b"three", if_absent=True)
    kept = store.get("a")

    assert kept is not None
    assert kept.data == b"three"
