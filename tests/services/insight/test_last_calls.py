"""The last calls, stored at the end of an invocation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes import MemoryStore
from upa_core.domain.calls import Call
from upa_core.domain.documents.connector_keys import calls_key
from upa_core.domain.errors import AccessDeniedError, UnavailableError
from upa_core.services.insight.last_calls import WantedCalls, call_json, keep_calls, last_calls

BEGAN = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
CALLS = [
    Call(BEGAN, "GET", "graph.example", "/v1.0/users/delta", 200, service="graph", seconds=0.5),
    Call(
        BEGAN + timedelta(minutes=1), "GET", "graph.example", "/v1.0/users/delta", 429, "busy", "r", "o", 1.0, "graph"
    ),
    Call(BEGAN + timedelta(minutes=2), "POST", "admin.example", "ProcessQuery X", None, service="admin"),
]


def _statuses(store: MemoryStore, wanted: WantedCalls, most: int = 200) -> list[int | None]:
    return [call.status for call in last_calls(store, "hr", wanted, most)]


def test_another_process_reads_them_newest_first() -> None:
    """By service, by status (0: nobody answered), only failures, and not more than asked for."""
    store = MemoryStore()
    keep_calls(store, {"hr": CALLS[:1]})
    keep_calls(store, {"hr": CALLS[1:]})

    assert _statuses(store, WantedCalls()) == [None, 429, 200]
    assert _statuses(store, WantedCalls(), most=1) == [None]
    assert _statuses(store, WantedCalls(service="graph")) == [429, 200]
    assert _statuses(store, WantedCalls(status=200)) == [200]
    assert _statuses(store, WantedCalls(status=0)) == [None]
    assert _statuses(store, WantedCalls(failed=True)) == [None, 429]
    assert last_calls(store, "it", WantedCalls(), 200) == []


def test_a_call_is_told_with_both_ids_and_its_code() -> None:
    """The columns of CSV and the keys of JSON are the same."""
    assert call_json(CALLS[1]) == {
        "at": "2026-11-22T10:16:00Z", "service": "graph", "method": "GET", "host": "graph.example",
        "name": "/v1.0/users/delta", "status": 429, "code": "busy", "seconds": 1.0, "request_id": "r",
        "client_request_id": "o",
    }  # fmt: skip


def test_nothing_is_written_where_no_call_was_made() -> None:
    """An invocation without a call doesn't touch storage."""
    store = MemoryStore()
    keep_calls(store, {})
    keep_calls(store, {"hr": []})

    assert store.blobs == {}


@pytest.mark.parametrize("error", [UnavailableError("gone"), AccessDeniedError("read only")])
def test_storage_that_refuses_stops_nobody(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls are there to be looked at: a run whose calls can't be stored is a good run, and others' are stored."""
    store, put = MemoryStore(), MemoryStore.put

    def refuse(self: MemoryStore, key: str, data: bytes, **conditions: object) -> str:
        if key == calls_key("hr"):
            raise error
        return put(self, key, data, **conditions)

    monkeypatch.setattr(MemoryStore, "put", refuse)
    keep_calls(store, {"hr": CALLS, "it": CALLS})

    assert _statuses(store, WantedCalls()) == []
    assert list(store.blobs) == [calls_key("it")]


def test_a_damaged_document_is_begun_again() -> None:
    """What can't be read isn't worth an error."""
    store = MemoryStore()
    store.put(calls_key("hr"), b"{")
    keep_calls(store, {"hr": CALLS})

    assert _statuses(store, WantedCalls()) == [None, 429, 200]
