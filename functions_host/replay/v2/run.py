"""An execution by the worker of azure-functions-durable 2.x: OrchestratorRequest in, OrchestratorResponse out.

2.x answers with what is new alone, and compares a replay with the history by names. So what the orchestrator asks of
its context is noted as well: the same calls, inputs included, must come out again at every replay.
"""

from __future__ import annotations

import base64
import inspect
import json
import warnings
from collections.abc import Callable, Generator
from datetime import UTC
from functools import partial, wraps
from importlib import import_module
from typing import Any

import durabletask.internal.orchestrator_service_pb2 as pb
from durabletask.internal import helpers

from functions_host.replay.execution import Ended, Run, World
from functions_host.replay.outcome import NonDeterministicError, OrchestratorFailedError, ReplayError

NOTED = ("call_", "create_timer", "continue_as_new", "signal_entity", "wait_for_external_event", "lock_entities")
WORKER_WARNINGS = ("azure.functions df_loads was called without expected_type", ".*is deprecated; use")
STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"


class RunV2(Run):
    """One execution: its history in protobuf."""

    def __init__(self, world: World, input_: Any) -> None:
        super().__init__(world, input_)
        self._history: list[pb.HistoryEvent] = []
        self._new: list[pb.HistoryEvent] = []
        self._known: list[str] = []
        self._notes = _Notes()
        self._function = _noting(world.function, lambda: self._notes)
        # Present in 2.x only, so neither the type checker nor an import at the top may meet it under 1.x.
        self._worker = import_module("azure.durable_functions.worker").DurableFunctionsWorker()
        self._begin_turn()
        name = world.function.__name__
        self._new.append(helpers.new_execution_started_event(name, world.instance_id, json.dumps(input_)))

    def _history_size(self) -> int:
        return len(self._history) + len(self._new)

    def _begin_turn(self) -> None:
        self._new.append(helpers.new_orchestrator_started_event(self._world.now))

    def _raise_event(self, name: str, data: str) -> None:
        self._new.append(helpers.new_event_raised_event(name, data))

    def _step(self) -> Ended | None:
        (first, notes), (again, noted_again) = self._execute(), self._execute()
        if first != again or notes.calls != noted_again.calls:
            msg = f"replayed twice with the same history, it decided differently: {notes.calls} / {noted_again.calls}"
            raise NonDeterministicError(msg)
        if notes.calls[: len(self._known)] != self._known:
            msg = f"a replay decided differently from the first run: {notes.calls} / {self._known}"
            raise NonDeterministicError(msg)
        self._known = notes.calls
        if first.HasField("customStatus"):
            self._world.outcome.custom_status = json.loads(first.customStatus.value)
        self._history += self._new
        self._new = []
        ended = None
        for action in first.actions:
            ended = self._take_up(action) or ended
        for timer_id, timer in notes.timers.items():
            if getattr(timer, "is_cancelled", False):
                self._drop(timer_id)
        return ended

    def _execute(self) -> tuple[pb.OrchestratorResponse, _Notes]:
        self._notes = _Notes()
        request = pb.OrchestratorRequest(
            instanceId=self._world.instance_id, pastEvents=self._history, newEvents=self._new
        )
        body = base64.b64encode(request.SerializeToString()).decode()
        with warnings.catch_warnings():
            for message in WORKER_WARNINGS:
                warnings.filterwarnings("ignore", message=message)
            answer = self._worker.execute_orchestration_request(self._function, body)
        return pb.OrchestratorResponse.FromString(base64.b64decode(answer)), self._notes

    def _take_up(self, action: pb.OrchestratorAction) -> Ended | None:
        """Carry out an action."""
        match action.WhichOneof("orchestratorActionType"):
            case "scheduleTask":
                task = action.scheduleTask
                self._history.append(helpers.new_task_scheduled_event(action.id, task.name, _text(task)))
                done, failed = helpers.new_task_completed_event, helpers.new_task_failed_event
                self._call(action.id, task.name, _text(task), done, failed)
            case "createSubOrchestration":
                child = action.createSubOrchestration
                self._history.append(
                    helpers.new_sub_orchestration_created_event(action.id, child.name, child.instanceId, _text(child))
                )
                completed = helpers.new_sub_orchestration_completed_event
                self._call(action.id, child.name, _text(child), completed, helpers.new_sub_orchestration_failed_event)
            case "createTimer":
                self._timer(action)
            case "completeOrchestration":
                return self._end(action.completeOrchestration)
            case kind:
                msg = f"the replayer can't do {kind}"
                raise ReplayError(msg)
        return None

    def _call(
        self,
        task_id: int,
        name: str,
        given: str | None,
        done: Callable[[int, str | None], pb.HistoryEvent],
        failed: Callable[[int, Exception], pb.HistoryEvent],
    ) -> None:
        self._outstanding[task_id] = name

        def complete() -> None:
            del self._outstanding[task_id]
            result, error = self._perform(name, given)
            if error is None:
                self._new.append(done(task_id, result))
            else:
                reason = f"Activity function '{name}' failed: {type(error).__name__}: {error}"
                self._new.append(failed(task_id, Exception(reason)))

        self._at(self._world.now + self._world.activity_time, task_id, complete)

    def _timer(self, action: pb.OrchestratorAction) -> None:
        fire_at = action.createTimer.fireAt.ToDatetime(tzinfo=UTC)
        self._history.append(helpers.new_timer_created_event(action.id, fire_at))
        self._outstanding[action.id] = f"timer for {fire_at.strftime(STAMP)}"

        def fire() -> None:
            del self._outstanding[action.id]
            self._new.append(helpers.new_timer_fired_event(action.id, fire_at))

        self._at(fire_at, action.id, fire)

    def _end(self, action: pb.CompleteOrchestrationAction) -> Ended:
        if action.orchestrationStatus == pb.ORCHESTRATION_STATUS_FAILED:
            details = action.failureDetails
            kind = NonDeterministicError if "NonDeterminism" in details.errorType else OrchestratorFailedError
            raise kind(details.errorMessage)
        value = json.loads(action.result.value) if action.HasField("result") and action.result.value else None
        return Ended(continued=action.orchestrationStatus == pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW, value=value)


class _Notes:
    """The calls of an orchestrator to its context in one replay."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.timers: dict[int, Any] = {}


class _NotedContext:
    """The context of 2.x, which notes the calls to it."""

    def __init__(self, inner: Any, notes: _Notes) -> None:
        self._inner = inner
        self._notes = notes

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return partial(self._note, name, found) if name.startswith(NOTED) else found

    def _note(self, name: str, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        shown = [arg if isinstance(arg, (str, int, float, bool, dict, list, tuple)) else str(arg) for arg in args]
        self._notes.calls.append(f"{name}{shown}{kwargs or ''}" if name != "call_activity_with_retry" else _retry(args))
        task = method(*args, **kwargs)
        if name == "create_timer":
            self._notes.timers[self._inner._ctx._sequence_number] = task
        return task


def _retry(args: tuple[Any, ...]) -> str:
    name, options, *rest = args
    return f"call_activity_with_retry {name} {vars(options)} {rest}"


def _noting(function: Callable[[Any], Any], notes: Callable[[], _Notes]) -> Callable[[Any], Any]:
    """Return the orchestrator with its context's calls noted; a generator function stays one."""
    if inspect.isgeneratorfunction(function):

        @wraps(function)
        def generator(context: Any) -> Generator[Any, Any, Any]:
            result: Any = yield from function(_NotedContext(context, notes()))
            return result

        return generator

    @wraps(function)
    def plain(context: Any) -> Any:
        return function(_NotedContext(context, notes()))

    return plain


def _text(action: Any) -> str | None:
    return action.input.value if action.HasField("input") else None
