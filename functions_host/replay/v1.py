"""An execution by the executor of azure-functions-durable 1.7, on the history as the Durable extension writes it."""

from __future__ import annotations

import itertools
import json
import warnings
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.durable_functions import DurableOrchestrationContext, Orchestrator
from azure.durable_functions.models.actions.ActionType import ActionType
from azure.durable_functions.models.history.HistoryEvent import HistoryEvent
from azure.durable_functions.models.history.HistoryEventType import HistoryEventType

from functions_host.replay.execution import Ended, Run, World
from functions_host.replay.outcome import NonDeterministicError, OrchestratorFailedError, ReplayError

EXECUTOR_WARNINGS = (
    "azure.functions df_loads was called without expected_type",
    r"Potential duplicate Task completion for TaskId: \D",  # an event that came before anybody waited for it
)
STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"
TASKS = {
    ActionType.CALL_ACTIVITY: "TASK",
    ActionType.CALL_ACTIVITY_WITH_RETRY: "TASK",
    ActionType.CALL_SUB_ORCHESTRATOR: "SUB_ORCHESTRATION_INSTANCE",
    ActionType.CALL_SUB_ORCHESTRATOR_WITH_RETRY: "SUB_ORCHESTRATION_INSTANCE",
}


class RunV1(Run):
    """One execution: its history in JSON."""

    def __init__(self, world: World, input_: Any) -> None:
        super().__init__(world, input_)
        self._input = json.dumps(input_)
        self._beginning: list[dict[str, Any]] = []
        self._history: list[HistoryEvent] = []
        self._task_ids = itertools.count()
        self._known: list[dict[str, Any]] = []
        self._timer_of: dict[int, int] = {}
        self._log("ORCHESTRATOR_STARTED")
        self._log("EXECUTION_STARTED", Name=world.function.__name__, Version="", Input=self._input)

    def _history_size(self) -> int:
        return len(self._history)

    def _begin_turn(self) -> None:
        self._log("ORCHESTRATOR_COMPLETED")
        self._log("ORCHESTRATOR_STARTED")

    def _raise_event(self, name: str, data: str) -> None:
        self._log("EVENT_RAISED", Name=name, Input=data)

    def _step(self) -> Ended | None:
        first, again = self._execute(), self._execute()
        if first != again:
            msg = f"replayed twice with the same history, it decided differently: {first} / {again}"
            raise NonDeterministicError(msg)
        state: dict[str, Any] = json.loads(first)
        if "customStatus" in state:
            self._world.outcome.custom_status = state["customStatus"]
        atoms = list(_atoms([action for group in state["actions"] for action in group]))
        self._take_up(atoms)
        for action in atoms:
            if action["actionType"] == ActionType.CONTINUE_AS_NEW:
                given = action.get("input")
                return Ended(continued=True, value=json.loads(given) if isinstance(given, str) else given)
        return Ended(continued=False, value=state.get("output")) if state["isDone"] else None

    def _execute(self) -> str:
        context = DurableOrchestrationContext(
            history=self._beginning,
            instanceId=self._world.instance_id,
            isReplaying=False,
            parentInstanceId=None,
            input=self._input,
            upperSchemaVersion=2,
            upperSchemaVersionNew=2,
            maximumShortTimerDuration="6.00:00:00",
            longRunningTimerIntervalDuration="3.00:00:00",
        )
        # The executor only reads events, and spends four fifths of its time in parsing their dates: parse each once.
        context._histories = list(self._history)
        try:
            with warnings.catch_warnings():
                for message in EXECUTOR_WARNINGS:
                    warnings.filterwarnings("ignore", message=message)
                return str(Orchestrator(self._world.function).handle(context))
        except Exception as exc:  # noqa: BLE001 - whatever an orchestrator raises is its failure
            raise OrchestratorFailedError(str(exc).split("\n\n$OutOfProcData$:", maxsplit=1)[0]) from exc.__cause__

    def _take_up(self, atoms: list[dict[str, Any]]) -> None:
        """Carry out the new actions, and check that the old ones came out again."""
        known = len(self._known)
        if [_identity(a) for a in atoms[:known]] != [_identity(a) for a in self._known]:
            msg = f"a replay decided differently from the first run: {atoms[:known]} / {self._known}"
            raise NonDeterministicError(msg)
        for index, action in enumerate(atoms):
            if index >= known:
                self._schedule(index, action)
            elif action.get("isCanceled") and index in self._timer_of:
                self._drop(self._timer_of.pop(index))
        self._known = atoms

    def _schedule(self, index: int, action: dict[str, Any]) -> None:
        kind = ActionType(action["actionType"])
        if kind in TASKS:
            self._call(action, TASKS[kind], attempt=1)
        elif kind == ActionType.CREATE_TIMER:
            task_id = next(self._task_ids)
            if not action.get("isCanceled"):
                self._timer_of[index] = task_id
            self._timer(task_id, _moment(action["fireAt"]), lambda: None)
            if action.get("isCanceled"):
                self._drop(task_id)
        elif kind not in (ActionType.WAIT_FOR_EXTERNAL_EVENT, ActionType.CONTINUE_AS_NEW):
            msg = f"the replayer can't do {kind.name}"
            raise ReplayError(msg)

    def _call(self, action: dict[str, Any], kind: str, attempt: int) -> None:
        task_id, name, given = next(self._task_ids), action["functionName"], action.get("input")
        scheduled = "TASK_SCHEDULED" if kind == "TASK" else "SUB_ORCHESTRATION_INSTANCE_CREATED"
        self._log(scheduled, task_id, Name=name, Version="", Input=given)
        self._outstanding[task_id] = name
        retry = action.get("retryOptions")

        def complete() -> None:
            del self._outstanding[task_id]
            result, error = self._perform(name, given)
            if error is None:
                self._log(f"{kind}_COMPLETED", TaskScheduledId=task_id, Result=result)
                return
            details = f"{type(error).__name__}: {error}"
            reason = f"Activity function '{name}' failed: {details}"
            self._log(f"{kind}_FAILED", TaskScheduledId=task_id, Reason=reason, Details=details)
            if retry:
                self._retry(action, kind, retry, attempt)

        self._at(self._world.now + self._world.activity_time, task_id, complete)

    def _retry(self, action: dict[str, Any], kind: str, retry: dict[str, Any], attempt: int) -> None:
        """Wait and call again; after the last attempt the extension waits once more, and so does the executor."""
        pause = timedelta(milliseconds=retry["firstRetryIntervalInMilliseconds"])

        def fired() -> None:
            if attempt < retry["maxNumberOfAttempts"]:
                self._call(action, kind, attempt + 1)

        self._timer(next(self._task_ids), self._world.now + pause, fired)

    def _timer(self, task_id: int, fire_at: datetime, then: Callable[[], None]) -> None:
        stamp = fire_at.strftime(STAMP)
        self._log("TIMER_CREATED", task_id, FireAt=stamp)
        self._outstanding[task_id] = f"timer for {stamp}"

        def fire() -> None:
            del self._outstanding[task_id]
            self._log("TIMER_FIRED", TimerId=task_id, FireAt=stamp)
            then()

        self._at(fire_at, task_id, fire)

    def _log(self, kind: str, event_id: int = -1, **fields: Any) -> None:
        head = {
            "EventType": int(HistoryEventType[kind]),
            "EventId": event_id,
            "IsPlayed": False,
            "Timestamp": self._world.now.strftime(STAMP),
        }
        event = {**head, **fields}
        if len(self._beginning) < 2:  # OrchestratorStarted, ExecutionStarted: what the context itself reads
            self._beginning.append(event)
        self._history.append(HistoryEvent(**event))


def _atoms(actions: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Yield the single actions inside compound ones, in order."""
    for action in actions:
        if action["actionType"] in (ActionType.WHEN_ALL, ActionType.WHEN_ANY):
            yield from _atoms(action["compoundActions"])
        else:
            yield action


def _identity(action: dict[str, Any]) -> dict[str, Any]:
    """Return an action without the parts that may change between replays: a timer can be cancelled later."""
    return {key: value for key, value in action.items() if key != "isCanceled"}


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
