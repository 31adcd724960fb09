"""What a trigger does for several connectors in one invocation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.world import Time, World
from upa_core import triggers
from upa_core.adapters.http.call_log import CallLog
from upa_core.domain.calls import Call
from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_keys import calls_key
from upa_core.domain.documents.rounds import Link
from upa_core.ports.bundle import Ports
from upa_core.ports.change_source import Page
from upa_core.services.health.notify import Alerting
from upa_core.state.document import state_of


@dataclass
class TwoConnectors:
    """An app whose source takes ten minutes a page."""

    world: World
    connectors: Mapping[str, Connector]
    calls: CallLog = field(default_factory=CallLog)

    @property
    def store(self) -> Any:
        return self.world.store

    @property
    def clock(self) -> Time:
        return self.world.time

    @property
    def events(self) -> Any:
        return self.world.events

    def ports(self, connector: Connector, waker: Any = None) -> Ports:
        ports = self.world.ports()
        return replace(ports, source=Slow(ports.source, self.world), waker=waker or ports.waker)

    def alerting(self, connector: Connector) -> Alerting:
        return Alerting(frozenset(), timedelta(days=1))


@dataclass
class Slow:
    """A change source whose pages take ten minutes each."""

    source: Any
    world: World

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    def page(self, link: Link) -> Page:
        self.world.sim.advance(600)
        page: Page = self.source.page(link)
        return page


def test_connectors_share_the_time_of_one_invocation(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a long pull the next connector takes one page and hands itself on, before the host ends both."""
    world = World(30)
    first = replace(world.connector, limits=replace(world.connector.limits, time_budget=timedelta(minutes=25)))
    both = {one.name: one for one in (first, replace(first, name="it"))}
    monkeypatch.setattr(triggers, "app", lambda: TwoConnectors(world, both))

    wakes = triggers.tick()

    opened = [state_of(world.store, name).load().value.open_round for name in both]
    assert [one and one.pages for one in opened] == [3, 1]
    assert ['"it"' in message for message in wakes.pulls] == [False, True]


@dataclass
class Faulty(TwoConnectors):
    """An app whose first connector meets a fault of ours."""

    def ports(self, connector: Connector, waker: Any = None) -> Ports:
        ports = self.world.ports()
        source = Broken() if connector.name == "hr" else ports.source
        return replace(ports, source=source, waker=waker or ports.waker)


class Broken:
    """A source that raises what no source may raise."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError("a value of somebody")


def test_a_fault_of_ours_with_one_connector_stops_no_other_and_fails_the_invocation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second connector is pulled; the event names the kind of fault only, its text may hold a value."""
    world = World(3)
    both = {name: replace(world.connector, name=name) for name in ("hr", "it")}
    monkeypatch.setattr(triggers, "app", lambda: Faulty(world, both))

    with pytest.raises(AttributeError):
        triggers.tick()

    assert [bool(state_of(world.store, name).load().value.sealed) for name in both] == [False, True]
    told = [one.fields for one in world.events.named("upa.trigger.failed")]
    assert told == [{"error": "AttributeError", "reason": "AttributeError"}]


class Calling:
    """A source that tells each page as a call, and finds nothing new."""

    def __init__(self, source: Any, app: OneConnector) -> None:
        self._source, self._app = source, app

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def page(self, link: Link) -> Page:
        now = self._app.clock.now()
        self._app.calls.add(Call(now, "GET", "graph.example", "/v1.0/users/delta", 200), "hr", "graph")
        page: Page = self._source.page(link)
        return page


@dataclass
class OneConnector(TwoConnectors):
    """An app that notes its calls."""

    def ports(self, connector: Connector, waker: Any = None) -> Ports:
        ports = self.world.ports()
        return replace(ports, source=Calling(ports.source, self), waker=waker or ports.waker)


def test_the_calls_of_an_invocation_are_stored_once_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick of any number of calls reads and writes one document; one that makes none doesn't touch it."""
    world = World(30)
    app = OneConnector(world, {"hr": world.connector})
    monkeypatch.setattr(triggers, "app", lambda: app)
    touched: list[str] = []
    for name in ("get", "put"):
        made = getattr(world.store, name)
        monkeypatch.setattr(
            world.store, name, lambda key, *a, made=made, **o: (touched.append(key), made(key, *a, **o))[1]
        )

    triggers.tick()
    first, calls = touched.count(calls_key("hr")), app.calls.total
    triggers.housekeeping()

    assert (first, calls) == (2, 8)
    assert touched.count(calls_key("hr")) == 2
