"""One execution on the virtual clock: the history as the Durable extension writes it, and what is pending."""

from __future__ import annotations

import heapq
import itertools
import json
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from azure.durable_functions import DurableOrchestrationContext, Orchestrator
from azure.durable_functions.models.actions.ActionType import ActionType
from azure.durable_functions.models.history.HistoryEvent import HistoryEvent
from azure.durable_functions.models.history.HistoryEventType import HistoryEventType

from functions_host.replay_outcome import (
    Call,
    Execution,
    NonDeterministicError,
    OrchestratorFailedError,
    Outcome,
    OutstandingError,
    ReplayError,
    StuckError,
)

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


@dataclass
class World:
    """What an orchestrator runs in, from start to end."""

    function: Callable[[Any], Any]
    activities: Mapping[str, Callable[[Any], Any]]
    start: datetime
    instance_id: str
    activity_time: timedelta
    events: list[tuple[datetime, str, Any]]
    limit: timedelta
    now: datetime
    outcome: Outcome


class Run:
    """One execution: its history and what is pending."""

    def __init__(self, world: World, input_: Any) -> None:
        self._world = world
        self._input = json.dumps(input_)
        self._beginning: list[dict[str, Any]] = []
        self._history: list[HistoryEvent] = []
        self._pending: list[tuple[datetime, int, Any, Callable[[], None]]] = []
        self._order = itertools.count()
        self._task_ids = itertools.count()
        self._known: list[dict[str, Any]] = []
        self._timer_of: dict[int, int] = {}
        self._outstanding: dict[int, str] = {}
        self._record = Execution(input_, world.now)
        world.outcome.executions.append(self._record)
        for when, name, data in world.events:
            if when >= world.now:
                self._at(when, None, partial(self._log, "EVENT_RAISED", Name=name, Input=json.dumps(data)))
        self._log("ORCHESTRATOR_STARTED")
        self._log("EXECUTION_STARTED", Name=world.function.__name__, Version="", Input=self._input)

    def to_its_end(self) -> tuple[bool, Any]:
        """Return whether it continued as new, and the new input or the output."""
        world = self._world
        while True:
            state = self._step()
            if "customStatus" in state:
                world.outcome.custom_status = state["customStatus"]
            actions = [action for group in state["actions"] for action in group]
            atoms = list(_atoms(actions))
            again = next((a for a in atoms if a["actionType"] == ActionType.CONTINUE_AS_NEW), None)
            self._take_up(atoms)
            if again is not None:
                if self._outstanding:
                    names = ", ".join(sorted(self._outstanding.values()))
                    msg = f"outstanding at continue_as_new: {names}"
                    raise OutstandingError(msg)
                given = again.get("input")
                return True, json.loads(given) if isinstance(given, str) else given
            if state["isDone"]:
                return False, state.get("output")
            self._advance()

    def _step(self) -> dict[str, Any]:
        self._record.replays += 1
        self._record.history_size = len(self._history)
        first, again = self._execute(), self._execute()
        if first != again:
            msg = f"replayed twice with the same history, it decided differently: {first} / {again}"
            raise NonDeterministicError(msg)
        state: dict[str, Any] = json.loads(first)
        return state

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
        """Carry out the actions that are new, and see that the old ones came out again."""
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
            value = json.loads(given) if given is not None else None
            del self._outstanding[task_id]
            error = None
            try:
                if name not in self._world.activities:
                    msg = f"there is no activity '{name}'"
                    raise LookupError(msg)
                result = json.dumps(self._world.activities[name](value))
                self._log(f"{kind}_COMPLETED", TaskScheduledId=task_id, Result=result)
            except Exception as exc:  # noqa: BLE001 - whatever an activity raises is its failure
                error = f"{type(exc).__name__}: {exc}"
                reason = f"Activity function '{name}' failed: {error}"
                self._log(f"{kind}_FAILED", TaskScheduledId=task_id, Reason=reason, Details=error)
                if retry:
                    self._retry(action, kind, retry, attempt)
            self._world.outcome.calls.append(Call(name, value, self._world.now, error))

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

    def _drop(self, task_id: int) -> None:
        self._outstanding.pop(task_id, None)
        self._pending = [entry for entry in self._pending if entry[2] != task_id]
        heapq.heapify(self._pending)

    def _at(self, when: datetime, task_id: int | None, action: Callable[[], None]) -> None:
        heapq.heappush(self._pending, (when, next(self._order), task_id, action))

    def _advance(self) -> None:
        """Move virtual time to what comes next."""
        if not self._pending:
            msg = "it waits and nothing is outstanding; is an external event missing?"
            raise StuckError(msg)
        when, _, _, action = heapq.heappop(self._pending)
        self._world.now = max(self._world.now, when)
        if self._world.now - self._world.start > self._world.limit:
            msg = f"it still runs after {self._world.limit} of virtual time"
            raise StuckError(msg)
        self._log("ORCHESTRATOR_COMPLETED")
        self._log("ORCHESTRATOR_STARTED")
        action()

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
    """Return an action without what may change from replay to replay: a timer can be cancelled later."""
    return {key: value for key, value in action.items() if key != "isCanceled"}


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
