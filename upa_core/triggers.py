"""The work of each trigger of the function app: one use case for one connector or all; its wake-ups are returned.

A wake-up is answered even where a connector fails: the failure is an event, the next tick tries again, and one
connector's error never stops another connector.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from upa_core.adapters.waker import GatheringWaker
from upa_core.bootstrap import App, app
from upa_core.domain.connector import Connector
from upa_core.domain.documents.codec import instant
from upa_core.domain.documents.ids import is_connector_name, parse_file_name
from upa_core.domain.documents.watcher import file_of
from upa_core.domain.errors import ConfigError, FatalError, UpaError
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.domain.http import Request, Response, own_origin, problem
from upa_core.http_api import serve as http_api
from upa_core.http_api.idempotency import forget_old_requests
from upa_core.http_api.page import page
from upa_core.ports.bundle import Ports
from upa_core.services.drive.advance import advance_far
from upa_core.services.drive.due import what_is_due
from upa_core.services.drive.tick import tick as tick_connector
from upa_core.services.drive.watch_file import watch_file
from upa_core.services.drive.watcher import see_that_it_is_watched
from upa_core.services.health.notify import count_library, notify
from upa_core.services.insight.last_calls import keep_calls
from upa_core.services.upkeep.housekeeping import housekeeping as keep_house

HISTORY_KEPT = timedelta(days=7)
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
"""Earlier than any orchestration of ours; azure-functions-durable 1.7 needs a start."""
ALIVE = frozenset({"Running", "Pending", "ContinuedAsNew", "Suspended"})
"""Runtime statuses of an orchestration that will still run."""
ANSWER_WITHIN = 30.0
"""Seconds for Durable Functions to answer about one orchestration."""


@dataclass(slots=True)
class Wakes:
    """Wake-ups that the trigger sends: queue messages as text, and files to watch."""

    pulls: list[str] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)
    watches: list[tuple[str, str, str]] = field(default_factory=list)
    """Connector, import file and the orchestration's instance id."""


def connector_of(body: bytes) -> str:
    """Return the connector in a queue message.

    Raises `ConfigError` for a message of another form: it ends in the poison queue, where an administrator can read it.
    """
    try:
        message = json.loads(body)
        name = message["connector"]
        if message["v"] != 1 or not is_connector_name(name):
            raise ValueError(name)
    except (ValueError, KeyError, TypeError) as exc:
        raise ConfigError('not a wake-up: expected {"v": 1, "connector": name, "run": id}') from exc
    return str(name)


def tick(connector: str | None = None) -> Wakes:
    """Pull the changes of one connector or of all, and wake what is due.

    Connectors share the invocation's time: what one has used is missing for the next, which hands itself over earlier.
    """
    began = app().clock.now()

    def within_budget(ports: Ports, one: Connector) -> None:
        left = max(one.limits.time_budget - (ports.clock.now() - began), timedelta(0))
        tick_connector(ports, replace(one, limits=replace(one.limits, time_budget=left)))

    return _each(connector, within_budget, notifying=True)


def export(connector: str) -> Wakes:
    """Plan and send what is due for one connector; a file that is in the lane afterwards is to be watched."""

    def go_on(ports: Ports, one: Connector) -> None:
        advance_far(ports, one)
        flight = what_is_due(ports, one).flight
        if flight is not None:
            see_that_it_is_watched(ports, one, flight)

    return _each(connector, go_on)


def watch_step(connector: str, file: str) -> tuple[dict[str, Any], str | None]:
    """Continue with one import file; return the orchestration's next step and the export message to send, if any.

    Raises `RetryLaterError` and others as the use case does: the orchestration retries, and the next tick does too.
    """
    built = app()
    one = built.connectors.get(connector)
    if one is None:
        return {"done": True, "at": None, "why": f"no connector named {connector} any more"}, None
    waker = GatheringWaker()
    try:
        watched = watch_file(built.ports(one, waker), one, file)
    finally:
        keep_calls(built.store, built.calls.take())
    step = {"done": watched.done, "at": instant(watched.at) if watched.at else None, "why": watched.why}
    wakes = _messages(waker)
    return step, wakes.exports[0] if wakes.exports else None


async def start_watchers(watches: Iterable[tuple[str, str, str]], client: Any) -> None:
    """Start the orchestrations that don't run, side by side; the trouble of one, or its silence, costs nobody else.

    `client` is the Durable client. The invocation's messages are sent when it ends, so none is waited for in vain.
    """
    await asyncio.gather(*(_start_watcher(client, *watch) for watch in watches))


async def _start_watcher(client: Any, connector: str, file: str, instance: str) -> None:
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            status = await client.get_status(instance)
            if status is None or status.runtime_status is None or status.runtime_status.value not in ALIVE:
                await client.start_new("watch_import_job", instance, {"connector": connector, "file": file})
    except Exception as error:  # noqa: BLE001 - one watcher's trouble must not cost the messages that were set
        _watcher_not_started(connector, file, error)


def _watcher_not_started(connector: str, file: str, error: Exception) -> None:
    """Report that an orchestration couldn't be started; the next tick tries again, and polls itself when it is overdue.

    Only the error's kind is reported: its text may hold an address with a key.
    """
    fields: Fields = {"reason": type(error).__name__, "file": file}
    run = (parse_file_name(file) or ("", ""))[1]
    app().events.emit(Event(EventName.WAKE_UP_LOST, connector, run, Level.WARNING, fields))


def housekeeping() -> None:
    """Run housekeeping for every connector; raises a fault of ours once each part of each had its turn."""
    _each(None, _keep_house)


def history_end() -> datetime:
    """Return the moment before which finished orchestrations may be deleted."""
    return app().clock.now() - HISTORY_KEPT


def http(operation: str, request: Request) -> tuple[Response, Wakes]:
    """Answer one operation of the HTTP API; return its wake-ups too."""
    waker = GatheringWaker()
    answer = _answer(operation, request, waker)
    return http_api.guarded(answer), _messages(waker)


def openapi() -> Response:
    """Return the OpenAPI document."""
    return http_api.guarded(Response(200, _asset("openapi.json"), {"Content-Type": "application/json"}))


def status_page(request: Request) -> Response:
    """Return the page: its first lines say how every connector is, its script loads the rest.

    What the address names beside the key is the script's: which connector, run, person, hold.
    """
    answer = _answer("get_status", replace(request, query={}), GatheringWaker())
    known = answer.body["connectors"] if answer.status == 200 else []
    trouble = "" if answer.status == 200 else str(answer.body["detail"])
    return page(known, trouble, css=_asset("page/page.css"), script=_script(), status=answer.status)


def _answer(operation: str, request: Request, waker: GatheringWaker) -> Response:
    try:
        built = app()
        everyone = {name: (one, built.ports(one, waker)) for name, one in built.connectors.items()}
        asked = replace(request, origin=own_origin(request.url, built.settings.hostname))
        try:
            return http_api.serve(everyone, operation, asked, entra=built.settings.entra_auth)
        finally:
            keep_calls(built.store, built.calls.take())
    except FatalError as exc:
        return problem(500, "An administrator must act", str(exc))
    except UpaError as exc:
        return problem(503, "Try again later", str(exc), Retry_After="60")


def _script() -> str:
    """Return the page's script: each file one idea, in the order of their names, `start.js` at the end."""
    names = sorted(one.name for one in (files("upa_core") / "assets" / "page").iterdir() if one.name.endswith(".js"))
    ordered = [*(name for name in names if name != "start.js"), "start.js"]
    return '"use strict";(() => {\n' + "".join(_asset(f"page/{name}") for name in ordered) + "})();"


def _asset(name: str) -> str:
    return (files("upa_core") / "assets" / name).read_text(encoding="utf-8")


def _keep_house(ports: Ports, connector: Connector) -> None:
    keep_house(ports, connector, {"requests": forget_old_requests, "library size": count_library})


def _notify(built: App, one: Connector, trouble: str) -> None:
    """Tell administrators what changed; a message that can't be sent stops nothing."""
    try:
        notify(built.ports(one), one, built.alerting(one), trouble=trouble)
    except UpaError as exc:
        fields: Fields = {"channel": "", "occasion": "", "tries": 0, "error": str(exc)}
        built.events.emit(Event(EventName.NOTIFICATION_FAILED, one.name, level=Level.WARNING, fields=fields))


def _each(connector: str | None, use: Callable[[Ports, Connector], object], *, notifying: bool = False) -> Wakes:
    """Use one connector or each of them; the trouble of one never stops another.

    A fault of ours is raised again once each had its turn, so that the invocation is seen to fail.
    """
    built = app()
    waker = GatheringWaker()
    faults = []
    for one in _chosen(built, connector):
        trouble = ""
        try:
            use(built.ports(one, waker), one)
        except Exception as exc:  # noqa: BLE001 - raised below
            ours = not isinstance(exc, UpaError)
            faults += [exc] if ours else []
            trouble = type(exc).__name__ if ours else str(exc)
            level = Level.ERROR if ours or isinstance(exc, FatalError) else Level.WARNING
            fields = {"error": type(exc).__name__, "reason": trouble}
            built.events.emit(Event(EventName.TRIGGER_FAILED, one.name, level=level, fields=fields))
        if notifying:
            _notify(built, one, trouble)
    keep_calls(built.store, built.calls.take())
    if faults:
        raise faults[0]
    return _messages(waker)


def _chosen(built: App, connector: str | None) -> Iterable[Connector]:
    if connector is None:
        return built.connectors.values()
    return [built.connectors[connector]] if connector in built.connectors else []


def _messages(waker: GatheringWaker) -> Wakes:
    def message(connector: str, run: str) -> str:
        return json.dumps({"v": 1, "connector": connector, "run": run})

    return Wakes(
        pulls=[message(wake.connector, wake.run) for wake in waker.pulls],
        exports=[message(wake.connector, wake.run) for wake in waker.exports],
        watches=[(connector, file_of(instance), instance) for connector, instance in waker.watches],
    )
