"""The host: connects worker, queues, timers, durable engine and HTTP front around one app."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from functions_host.azure.program import AzureProgram
from functions_host.clock import Clock, clock_from
from functions_host.engines import Makers
from functions_host.errors import AppError, InvocationFailedError, UnknownFunctionError
from functions_host.http.front import DEFAULT_BODY_LIMIT, HttpFront
from functions_host.http.keys import Keys
from functions_host.settings import Environment, load_app_settings, load_host_config
from functions_host.store import StateLock
from functions_host.triggers.queues import QueueMessage
from functions_host.triggers.values import BY_HAND, disabled, queue_of, run_by_hand, schedule_of
from functions_host.worker.function import Function
from functions_host.worker.python_worker import PythonWorker, load_runtime

log = logging.getLogger(__name__)


class FunctionsHost:
    """Runs one function app; a context manager, or `start()` and `stop()`.

    Args:
        app_dir: folder with host.json and function_app.py.
        state_dir: folder for queues, timers, orchestrations and keys; made if missing.
        clock: a clock, or the text that `clock_from` reads, which the app then finds as its setting `UPA_CLOCK`;
            default: `UPA_CLOCK`, else wall time.
        settings: app settings on top of the environment and local.settings.json.
        port: of the HTTP front on 127.0.0.1; 0 takes a free one.
        keys: whether HTTP functions and management addresses ask for keys.
        azure: Microsoft's triggers on the storage that the setting AzureWebJobsStorage names; default: the embedded
            ones on `state_dir`.
    """

    def __init__(
        self,
        app_dir: str | Path,
        state_dir: str | Path,
        *,
        clock: Clock | str | None = None,
        settings: Mapping[str, str] | None = None,
        port: int = 0,
        keys: bool = True,
        azure: AzureProgram | None = None,
    ) -> None:
        """Keep them. Seven parameters: the choices about a host, all but two with defaults."""
        self.app_dir = Path(app_dir).resolve()
        self.state_dir = Path(state_dir).resolve()
        self.clock: Clock = clock_from(clock) if clock is None or isinstance(clock, str) else clock
        self._extra = {**({"UPA_CLOCK": clock} if isinstance(clock, str) else {}), **(settings or {})}
        self._port = port
        self._ask_for_keys = keys
        self._azure = azure
        self._environment = Environment()
        self._closers: list[Callable[[], Any]] = []
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Index the app, load the state, begin to work.

        Raises:
            HostError: with the next step.
        """
        load_runtime()
        self._stopped.clear()
        if not self.app_dir.is_dir():
            msg = f"{self.app_dir} is no folder"
            raise AppError(msg, "name the folder that holds host.json and function_app.py")
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self._environment.set(load_app_settings(self.app_dir, self._extra))
        self.config = load_host_config(self.app_dir, os.environ)
        self.state_dir.mkdir(parents=True, exist_ok=True)
        lock = StateLock(self.state_dir)
        self._closers.append(lock.release)
        self._worker = PythonWorker(self.app_dir)
        self._worker.start()
        self._closers.append(self._worker.stop)
        if not self._worker.functions:
            msg = "the app has no functions"
            raise AppError(msg, "decorate functions of `app` in function_app.py")
        self._keys = Keys(self.state_dir / "keys.json", list(self._worker.functions), required=self._ask_for_keys)
        make = Makers(self._worker, self._keys, self.config, self.clock, self.app_dir, self.state_dir, self._closers)
        self._engine, self._invoker, self._queues = make.azure(self._azure) if self._azure else make.embedded()
        self._open_http()
        self._invoker.client_binding = self._engine.client_binding
        self._closers.append(self._engine.stop)
        self._engine.start(self._front.base_url)
        self._front.serve()
        self._closers.append(self._invoker.drain)
        self._closers.append(self._engine.pause)
        self._engine.listen()

    def _active(self) -> list[Function]:
        return [function for function in self._worker.functions.values() if not disabled(function)]

    def stop(self) -> None:
        """Stop in order; work that doesn't end soon is continued at the next start."""
        self._stopped.set()
        while self._closers:
            closer = self._closers.pop()
            try:
                closer()
            except Exception:
                log.exception("while stopping")
        self._environment.restore()

    # ------------------------------------------------------------------ what is there

    @property
    def base_url(self) -> str:
        """The address of the HTTP front."""
        return self._front.base_url

    @property
    def functions(self) -> dict[str, list[dict[str, Any]]]:
        """Each function's bindings, as the real worker indexed them."""
        return {name: function.bindings for name, function in self._worker.functions.items()}

    @property
    def keys(self) -> Keys:
        """The function keys."""
        return self._keys

    @property
    def abandoned(self) -> int:
        """How many invocations ran out of time; their threads may still be running."""
        return self._invoker.abandoned

    @property
    def failures(self) -> int:
        """How many invocations and orchestrations failed since the start."""
        return self._invoker.failed + self._engine.failed

    @property
    def not_run_here(self) -> dict[str, list[str]]:
        """Bindings that this host doesn't run, by function."""
        found = {name: function.not_run_here() for name, function in self._worker.functions.items()}
        return {name: kinds for name, kinds in found.items() if kinds}

    def url(self, function: str) -> str:
        """Return the address of an HTTP function."""
        self._function(function, "httpTrigger")
        return self._front.url(function)

    def schedule(self, function: str) -> str:
        """Return a timer's schedule, with settings filled in."""
        return schedule_of(self._function(function, "timerTrigger"))

    def queue_name(self, function: str) -> str:
        """Return the queue of a queue trigger, with settings filled in."""
        return queue_of(self._function(function, "queueTrigger"))

    def next_run(self, function: str) -> Any:
        """Return when a timer fires next."""
        return self._engine.next_run(function)

    def queue(self, name: str) -> list[QueueMessage]:
        """Return a queue's messages, hidden ones included, oldest first."""
        return self._queues.messages(name)

    def orchestrations(self) -> list[dict[str, Any]]:
        """Return every orchestration as the status query shows it, oldest first."""
        return self._engine.orchestrations()

    # ------------------------------------------------------------------ what can be done

    def invoke(self, name: str, value: Any = None) -> Any:
        """Run any function except an orchestrator and return its result (JSON decoded).

        `value` is the trigger's value: a message for a queue trigger, JSON for an activity.

        Raises:
            InvocationFailedError: it failed.
        """
        function = self._function(name)
        if function.kind == "timerTrigger":
            return self.fire_timer(name)
        return run_by_hand(self._invoker, function, value)

    def fire_timer(self, name: str) -> None:
        """Fire a timer by hand and wait for it.

        Raises:
            InvocationFailedError: it failed.
        """
        self._function(name, "timerTrigger")
        self._engine.fire_timer(name)

    def enqueue(self, queue: str, body: str | bytes, *, delay: timedelta = timedelta(0)) -> str:
        """Put a message into a queue and return its id."""
        return self._queues.put(queue, body, delay=delay)

    def start_orchestration(self, name: str, input_: Any = None, instance_id: str | None = None) -> str:
        """Start an orchestration without a client function and return its instance id."""
        return self._engine.start_orchestration(name, input_, instance_id)

    def wait_idle(self, timeout: float, *, orchestrations: bool = True) -> bool:
        """Wait until nothing is left to do now; return whether that happened within `timeout` seconds of wall time.

        With `orchestrations`, an unfinished orchestration counts as something to do even while it waits for a durable
        timer or an event. Timers that are due in the future never count.
        """
        deadline = time.monotonic() + timeout
        calm = 0
        while calm < 3:  # work moves between the parts, so they must be idle several times in a row
            calm = 0 if self._busy(orchestrations=orchestrations) else calm + 1
            if time.monotonic() > deadline:
                return False
            self._stopped.wait(0.02)
        return True

    def _busy(self, *, orchestrations: bool) -> bool:
        return self._invoker.busy() or self._engine.busy(orchestrations=orchestrations)

    def _function(self, name: str, kind: str | None = None) -> Function:
        function = self._worker.functions.get(name)
        if function is None or (kind is not None and function.kind != kind):
            known = ", ".join(n for n, f in self._worker.functions.items() if kind in (None, f.kind))
            msg = f"no function '{name}'" + (f" with a {kind}" if kind else "")
            raise UnknownFunctionError(msg, f"choose one of: {known or 'none'}")
        return function

    def _open_http(self) -> None:
        self._front = HttpFront(
            self._active(),
            self._keys,
            prefix=self.config.route_prefix,
            invoke=lambda function, value: self._invoker.invoke(function, value, reason=BY_HAND),
            admin=self._run_by_hand,
            durable=self._engine,
            body_limit=int(os.environ.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", DEFAULT_BODY_LIMIT)),
        )
        self._front.listen(self._port)
        self._closers.append(self._front.stop)

    def _run_by_hand(self, name: str, text: str) -> None:
        """Run a function in the background, as the admin address does."""
        function = self._function(name)
        value: Any = text
        if function.kind == "activityTrigger":
            value = json.loads(text) if text else None

        def run() -> None:
            try:
                self.invoke(name, value)
            except InvocationFailedError:
                log.debug("%s failed; it was logged", name)
            except UnknownFunctionError as exc:
                log.warning("%s", exc)

        threading.Thread(target=run, daemon=True, name=f"by-hand-{name}").start()
