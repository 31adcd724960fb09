"""How wake-ups leave an invocation: messages as outputs, watchers as orchestrations, each by itself."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from tests.fakes import RecordingEvents
from tests.functions.shim import Out, load
from upa_core import triggers
from upa_core.domain.health.events import EventName
from upa_core.triggers import Wakes

FILES = ("upa-hr-20261122T101500Z-aaaa-1.json", "upa-it-20261122T101500Z-bbbb-1.json")


class Client:
    """A durable client: one instance's calls fail, others are started."""

    def __init__(self, failing: str, operation: str) -> None:
        self.started: list[str] = []
        self._failing = (failing, operation)

    async def get_status(self, instance: str) -> Any:
        if self._failing == (instance, "get_status"):
            raise RuntimeError("https://account.example/?sig=SECRET")

    async def start_new(self, name: str, instance: str, spec: dict[str, str]) -> None:
        if self._failing == (instance, "start_new"):
            raise RuntimeError("https://account.example/?sig=SECRET")
        self.started.append(instance)


@pytest.mark.parametrize("operation", ["get_status", "start_new"])
def test_one_watcher_that_cant_be_started_costs_no_message_and_no_other_watcher(
    operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outputs are set, the second watcher starts, and an event names the first file and the error's kind alone."""
    events = RecordingEvents()
    monkeypatch.setattr(triggers, "app", lambda: SimpleNamespace(events=events))
    pulls, exports = Out(), Out()
    client = Client(FILES[0], operation)
    wakes = Wakes(["pull"], ["export"], [("hr", FILES[0], FILES[0]), ("it", FILES[1], f"{FILES[1]}~2")])

    asyncio.run(load()._hand_on(wakes, pulls, exports, client))

    assert (pulls.messages, exports.messages) == (["pull"], ["export"])
    assert client.started == [f"{FILES[1]}~2"]
    (lost,) = events.named(EventName.WAKE_UP_LOST)
    assert (lost.connector, lost.run) == ("hr", "20261122T101500Z-aaaa")
    assert lost.fields == {"reason": "RuntimeError", "file": FILES[0]}
