"""How wake-ups leave an invocation: messages as outputs, watchers as orchestrations, each by itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from inspect import unwrap
from types import SimpleNamespace
from typing import Any

import pytest

from tests.fakes import RecordingEvents
from tests.functions.shim import Out, load
from upa_core import triggers
from upa_core.domain.health.events import EventName
from upa_core.triggers import Wakes

FILES = ("upa-hr-20261122T101500Z-aaaa-1.json", "upa-it-20261122T101500Z-bbbb-1.json")


class Hub:
    """A durable client that only deletes history."""

    def __init__(self) -> None:
        self.purged: list[tuple[Any, ...]] = []

    async def purge_instance_history_by(self, *asked: Any) -> None:
        self.purged.append(asked)


def test_housekeeping_that_fails_every_day_keeps_no_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """The history of finished, failed and terminated orchestrations goes, and the invocation is seen to fail."""
    (function,) = (one for one in load().app.get_functions() if one.get_function_name() == "housekeeping")
    house, hub = unwrap(function.get_user_function()), Hub()

    def broken() -> None:
        raise KeyError("a defect")

    clock = SimpleNamespace(now=lambda: datetime(2026, 11, 22, tzinfo=UTC))
    monkeypatch.setattr(triggers, "housekeeping", broken)
    monkeypatch.setattr(triggers, "app", lambda: SimpleNamespace(clock=clock))
    with pytest.raises(KeyError):
        asyncio.run(house(None, hub))
    ((since, until, states),) = hub.purged

    assert (since, until) == (triggers.BEGINNING, datetime(2026, 11, 15, tzinfo=UTC))
    assert [state.name for state in states] == ["Completed", "Failed", "Terminated"]


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


class Hanging(Client):
    """Durable Functions that never answers about one file."""

    async def get_status(self, instance: str) -> Any:
        if instance == FILES[0]:
            await asyncio.Event().wait()


def test_a_watcher_that_never_answers_keeps_back_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The invocation ends in time with its messages, the other watcher starts, and an event names the silent one."""
    events = RecordingEvents()
    monkeypatch.setattr(triggers, "app", lambda: SimpleNamespace(events=events))
    monkeypatch.setattr(triggers, "ANSWER_WITHIN", 0.0)
    exports, client = Out(), Hanging("", "")
    wakes = Wakes([], ["export"], [("hr", FILES[0], FILES[0]), ("it", FILES[1], FILES[1])])

    asyncio.run(load()._hand_on(wakes, Out(), exports, client))

    assert (exports.messages, client.started) == (["export"], [FILES[1]])
    assert [one.fields for one in events.named(EventName.WAKE_UP_LOST)] == [
        {"reason": "TimeoutError", "file": FILES[0]}
    ]
