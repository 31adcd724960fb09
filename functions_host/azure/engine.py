"""Microsoft's triggers as an engine: their program posts each invocation, their extension answers durable clients."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from functions_host.azure.posts import InvocationServer
from functions_host.azure.program import AzureProgram, Supervisor, storage_of
from functions_host.azure.queues import AzureQueues
from functions_host.clock import Clock, RealClock, ScaledClock, clock_from
from functions_host.errors import AzureTriggersError, InvocationFailedError, SettingsError, UnknownFunctionError
from functions_host.http_types import Answer, Request
from functions_host.triggers.cron import parse_schedule
from functions_host.triggers.invoker import Invoker
from functions_host.triggers.values import (
    decode,
    disabled,
    name_of,
    queue_data,
    queue_metadata,
    queue_of,
    schedule_of,
)
from functions_host.worker.function import Function
from functions_host.worker.protos import TypedData

WEBHOOK = "/runtime/webhooks/durabletask"
FINISHED = {"Completed", "Failed", "Canceled", "Terminated"}
PASSED_ON = {"content-type", "location", "retry-after", "x-ms-continuation-token"}
ANSWERS_WITHIN = 60.0
MAX_FACTOR = 60


class AzureEngine:
    """Triggers functions by Microsoft's Durable extension, queue listener and timer, on wall time."""

    rpc_path = ""
    failed = 0
    """Orchestrators are invoked like any function, so the invoker counts those that fail."""

    def __init__(
        self,
        functions: Sequence[Function],
        invoker: Invoker,
        queues: AzureQueues,
        *,
        program: AzureProgram,
        clock: Clock,
        host_json: Path,
        state_dir: Path,
        system_key: str,
    ) -> None:
        """Keep them. Eight parameters: the parts of the host that the engine works with."""
        if not isinstance(clock, RealClock):
            msg = "Microsoft's triggers keep wall time"
            raise SettingsError(msg, "leave --clock away; the app may have a clock of its own in UPA_CLOCK")
        check_app_clock(clock_from(), clock)
        if any(function.over_grpc for function in functions):
            msg = "Microsoft's triggers run apps of azure-functions-durable 1.x only"
            raise AzureTriggersError(msg, "install azure-functions-durable 1.7, or run with --triggers embedded")
        self._functions = functions
        self._active = [function for function in functions if not disabled(function)]
        self._by_name = {(kind, _name(kind, f)): f for f in self._active if (kind := _kind(f))}
        self._invoker, self._queues, self._program, self._clock = invoker, queues, program, clock
        self._host_json, self._state_dir, self._system_key = host_json, state_dir, system_key
        self._server = InvocationServer(self._run)
        self._supervisor = Supervisor(program, state_dir / "azure-triggers.json")

    @property
    def process_id(self) -> int:
        """The process id of Microsoft's triggers; 0 while they aren't running."""
        return self._supervisor.process_id

    def start(self, base_url: str) -> None:
        """Write what the program reads and make the queues, which a deployment makes in Azure."""
        document = self._config(base_url)
        path = self._state_dir / "azure-triggers.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(document, indent=2), encoding="utf-8")
        for queue in document["queues"].values():
            self._queues.create(queue)
        self._server.start()

    def listen(self) -> None:
        """Start the program.

        Raises:
            AzureTriggersError: it can't be started.
        """
        self._supervisor.start()

    def pause(self) -> None:
        """Stop the program, which ends what is under way first."""
        self._supervisor.stop()

    def stop(self) -> None:
        """Take no more invocations."""
        self._supervisor.stop()
        self._server.stop()

    def client_binding(self) -> str:
        """Return what the extension hands to a durable client parameter; waits while the program starts."""
        return json.dumps(self._supervisor.client())

    def answer(self, request: Request, path: list[str], *, from_client: bool) -> Answer:  # noqa: ARG002 - never
        """Pass a request on to the extension."""
        query = {name: value for name, value in request.query.items() if name != "code"}
        where = "/".join(quote(part, safe="") for part in path) + (f"?{urlencode(query)}" if query else "")
        token = request.headers.get("x-ms-continuation-token")
        return self._ask(
            request.method, where, request.body or None, {"x-ms-continuation-token": token} if token else {}
        )

    def fire_timer(self, name: str) -> None:
        """Run a timer's function by hand, beside its schedule.

        Raises:
            InvocationFailedError: the function failed.
        """
        info = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": False}
        function = next(f for f in self._functions if f.name == name)
        self._invoker.invoke(function, TypedData(json=json.dumps(info)), reason="Timer fired by hand")

    def next_run(self, name: str) -> datetime | None:
        """Return when a timer is due next, by its schedule."""
        function = next((f for f in self._active if f.name == name), None)
        return None if function is None else parse_schedule(schedule_of(function)).next_after(self._clock.now())

    def orchestrations(self) -> list[dict[str, Any]]:
        """Return every orchestration as the status query shows it, oldest first."""
        rows: list[dict[str, Any]] = []
        headers: dict[str, str] = {}
        while True:
            answer = self._ask("GET", "instances?showInput=true", None, headers)
            if answer.status != 200:
                msg = f"the durable extension answers {answer.status} when asked for its instances"
                raise AzureTriggersError(msg, "see its lines in the log")
            rows += json.loads(answer.body)
            token = {key.lower(): value for key, value in answer.headers.items()}.get("x-ms-continuation-token")
            if not token:
                return sorted(rows, key=lambda row: str(row["createdTime"]))
            headers = {"x-ms-continuation-token": token}

    def start_orchestration(self, name: str, input_: Any, instance_id: str | None) -> str:
        """Start an orchestration as the client of 1.x does, and return its instance id.

        Raises:
            UnknownFunctionError: there is no such orchestrator.
            InvocationFailedError: one of that id isn't finished.
        """
        where = f"orchestrators/{quote(name, safe='')}" + (f"/{quote(instance_id, safe='')}" if instance_id else "")
        body = json.dumps(json.dumps(input_)).encode()
        answer = self._ask("POST", where, body, {"Content-Type": "application/json"})
        if answer.status == 400:
            raise UnknownFunctionError(answer.body.decode(), "choose an orchestrator of the app")
        if answer.status != 202:
            raise InvocationFailedError(f"{answer.status} {answer.body.decode()}")
        return str(json.loads(answer.body)["id"])

    def busy(self, *, orchestrations: bool) -> bool:
        """Return whether a message waits and is visible; with `orchestrations`, an unfinished one counts as well."""
        if any(self._queues.messages(queue_of(f)) for f in self._active if f.kind == "queueTrigger"):
            return True
        idle = FINISHED if orchestrations else FINISHED | {"Running", "Suspended"}
        return any(row["runtimeStatus"] not in idle for row in self.orchestrations())

    def _config(self, base_url: str) -> dict[str, Any]:
        settings = {"RoleInstanceId": self._program.instance, "WEBSITE_CURRENT_STAMPNAME": "local"}
        named: dict[str, list[Function]] = {}
        for function in self._active:
            named.setdefault(_kind(function), []).append(function)
        status = self._state_dir / "timers"
        status.mkdir(exist_ok=True)
        return {
            "storage": storage_of(os.environ),
            "host": str(self._host_json),
            "worker": self._server.address,
            "orchestrators": [name_of(f) for f in named.get("orchestrator", ())],
            "activities": [name_of(f) for f in named.get("activity", ())],
            "queues": {f.name: queue_of(f) for f in named.get("queue", ())},
            "timers": {f.name: schedule_of(f) for f in named.get("timer", ())},
            "settings": settings,
            "webhook": f"{base_url}{WEBHOOK}?code={self._system_key}",
            "log": self._program.log_level,
            "timer_status": str(status),
            "until_stdin_ends": True,
        }

    def _run(self, kind: str, name: str, body: bytes, headers: Mapping[str, str]) -> str:
        """Run one invocation; the answer is JSON.

        Raises:
            InvocationFailedError: it failed.
            UnknownFunctionError: there is no such function.
        """
        function = self._by_name.get((kind, name))
        if function is None:
            msg = f"there is no {kind} '{name}'"
            raise UnknownFunctionError(msg)
        match kind:
            case "orchestrator":
                data = TypedData(string=body.decode())
                return _text(self._invoker.invoke(function, data, reason="(null)"))
            case "activity":
                data = TypedData(json=body.decode())
                return json.dumps(decode(self._invoker.invoke(function, data, reason="(null)")))
            case "queue":
                message_id, count = headers.get("x-message-id", ""), int(headers.get("x-dequeue-count", "1"))
                details = f"MessageId: {message_id}, DequeueCount: {count}"
                reason = f"New queue message detected on '{queue_of(function)}'."
                metadata = queue_metadata(message_id, count)
                self._invoker.invoke(function, queue_data(body), reason=reason, metadata=metadata, details=details)
            case _:
                info = {"Schedule": {"AdjustForDST": True}, **json.loads(body)}
                reason = f"Timer fired at {self._clock.now().isoformat()}"
                self._invoker.invoke(function, TypedData(json=json.dumps(info)), reason=reason)
        return ""

    def _ask(self, method: str, where: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        base = str(self._supervisor.client()["rpcBaseUrl"]).rstrip("/")
        request = urllib.request.Request(f"{base}/{where}", body, dict(headers), method=method)  # noqa: S310 - loopback
        if body is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=ANSWERS_WITHIN) as answer:  # noqa: S310
                return _answer(answer.status, answer.read(), dict(answer.headers))
        except urllib.error.HTTPError as exc:
            with exc:
                return _answer(exc.code, exc.read(), dict(exc.headers))
        except OSError as exc:
            msg = f"the durable extension doesn't answer: {exc}"
            raise AzureTriggersError(msg, "it is starting again; ask once more") from exc


def check_app_clock(clock: Clock, wall: Clock) -> None:
    """Refuse a clock of the app that Microsoft's triggers, on wall time, can't serve.

    Raises:
        SettingsError: it runs so fast that a short stand-still looks like hours, or is ahead, so that waiting for a
            moment of it never ends.
    """
    if isinstance(clock, ScaledClock) and (clock.factor > MAX_FACTOR or clock.now() > wall.now()):
        msg = f"the app's clock must run at most {MAX_FACTOR} times as fast as the wall's, and stay behind it"
        raise SettingsError(msg, "change UPA_CLOCK, or run with --triggers embedded")


def _kind(function: Function) -> str:
    """Return the program's word for a trigger; nothing for one that it doesn't run."""
    words = {"orchestrationTrigger": "orchestrator", "activityTrigger": "activity"}
    return words.get(function.kind) or {"queueTrigger": "queue", "timerTrigger": "timer"}.get(function.kind, "")


def _name(kind: str, function: Function) -> str:
    return name_of(function) if kind in ("orchestrator", "activity") else function.name


def _text(value: TypedData | None) -> str:
    """Return an orchestrator's answer, which is JSON text, whatever type the worker says it is."""
    return "" if value is None or value.value is None else str(value.value)


def _answer(status: int, body: bytes, headers: Mapping[str, str]) -> Answer:
    return Answer(status, body, {name: value for name, value in headers.items() if name.lower() in PASSED_ON})
