"""Runs an orchestrator through azure-functions-durable's own 1.7 executor, with fake activities, on a virtual clock.

    replay = Replay(orchestrator, {"poll": lambda n: "done"})
    outcome = replay.run({"job": 1})
    outcome.output, outcome.virtual_time, [e.history_size for e in outcome.executions]

Stands in for the Durable extension: it writes the history that the extension would write, has the executor replay all
of it at every step, and carries out the actions that come back. A day of polling takes seconds. Every step is
replayed twice, and what an earlier step decided must come out again at every later one. Not covered: entities,
`call_http`.
"""

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.durable_functions import DurableOrchestrationContext, Orchestrator
from azure.durable_functions.models.actions.ActionType import ActionType
from azure.durable_functions.models.history.HistoryEventType import HistoryEventType

STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"
START = datetime(2026, 1, 1, tzinfo=UTC)
TASKS = {
    ActionType.CALL_ACTIVITY: "TASK",
    ActionType.CALL_ACTIVITY_WITH_RETRY: "TASK",
    ActionType.CALL_SUB_ORCHESTRATOR: "SUB_ORCHESTRATION_INSTANCE",
    ActionType.CALL_SUB_ORCHESTRATOR_WITH_RETRY: "SUB_ORCHESTRATION_INSTANCE",
}


class ReplayError(Exception):
    """The orchestrator can't be run to its end."""


class OrchestratorFailedError(ReplayError):
    """The orchestrator raised; the exception is the cause."""


class NonDeterministicError(ReplayError):
    """The same history led to other actions, output or custom status."""


class OutstandingError(ReplayError):
    """An activity, timer or sub-orchestration was outstanding when the orchestrator continued as new.

    Ids restart with the next run, so its completion could be taken for another task's.
    """


class StuckError(ReplayError):
    """The orchestrator waits and nothing will ever come, or it runs beyond the limits."""


@dataclass(frozen=True)
class Call:
    """One call of an activity or sub-orchestrator."""

    name: str
    input: Any
    at: datetime
    error: str | None = None


@dataclass
class Execution:
    """One run, from start or continue-as-new to the next."""

    input: Any
    began: datetime
    history_size: int = 0
    """Events at the last replay: what the executor has to work through at the most."""
    replays: int = 0
    ended: datetime | None = None


@dataclass
class Outcome:
    """How it went."""

    output: Any = None
    custom_status: Any = None
    executions: list[Execution] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    virtual_time: timedelta = timedelta(0)

    @property
    def continued(self) -> int:
        """How often it continued as new."""
        return len(self.executions) - 1

    @property
    def longest_history(self) -> int:
        """The most events that any run came to."""
        return max(execution.history_size for execution in self.executions)

    @property
    def replays(self) -> int:
        """How many steps there were; each was replayed twice."""
        return sum(execution.replays for execution in self.executions)


class Replay:
    """An orchestrator with its surroundings.

    Args:
        orchestrator: the generator function, or the decorated function of an app.
        activities: what each activity (or sub-orchestrator) returns for its input; raising is failing.
        start: virtual time at the start.
        instance_id: as the orchestrator sees it.
        activity_time: how long each activity takes, in virtual time.
        events: external events: when after the start, name, data.
        limit: virtual time after which the run counts as stuck.
    """

    def __init__(
        self,
        orchestrator: Any,
        activities: Mapping[str, Callable[[Any], Any]],
        *,
        start: datetime = START,
        instance_id: str = "replay",
        activity_time: timedelta = timedelta(seconds=1),
        events: Iterable[tuple[timedelta, str, Any]] = (),
        limit: timedelta = timedelta(days=400),
    ) -> None:
        self._function = _generator(orchestrator)
        self._activities = activities
        self._start = start
        self._instance_id = instance_id
        self._activity_time = activity_time
        self._events = [(start + after, name, data) for after, name, data in events]
        self._limit = limit
        self.now = start
        """Virtual time; an activity may read it."""
        self.outcome = Outcome()

    def run(self, input_: Any = None) -> Outcome:
        """Run to the end.

        Raises:
            ReplayError: one of its kinds.
        """
        self.now = self._start
        self.outcome = Outcome()
        going = True
        while going:
            going, input_ = _Run(self, input_).to_its_end()
            self.outcome.executions[-1].ended = self.now
        self.outcome.output = input_
        self.outcome.virtual_time = self.now - self._start
        return self.outcome


class _Run:
    """One execution: its history and what is pending."""

    def __init__(self, replay: Replay, input_: Any) -> None:
        self._replay = replay
        self._input = json.dumps(input_)
        self._history: list[dict[str, Any]] = []
        self._pending: list[tuple[datetime, int, Any, Callable[[], None]]] = []
        self._order = itertools.count()
        self._task_ids = itertools.count()
        self._known: list[dict[str, Any]] = []
        self._timer_of: dict[int, int] = {}
        self._outstanding: dict[int, str] = {}
        self._record = Execution(input_, replay.now)
        replay.outcome.executions.append(self._record)
        for when, name, data in replay._events:
            if when >= replay.now:
                self._at(when, None, lambda n=name, d=data: self._log("EVENT_RAISED", Name=n, Input=json.dumps(d)))
        self._log("ORCHESTRATOR_STARTED")
        self._log("EXECUTION_STARTED", Name=replay._function.__name__, Version="", Input=self._input)

    def to_its_end(self) -> tuple[bool, Any]:
        """Return whether it continued as new, and the new input or the output."""
        replay = self._replay
        while True:
            state = self._step()
            if "customStatus" in state:
                replay.outcome.custom_status = state["customStatus"]
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
        body = json.dumps(
            {
                "history": self._history,
                "instanceId": self._replay._instance_id,
                "isReplaying": False,
                "parentInstanceId": None,
                "input": self._input,
                "upperSchemaVersion": 2,
                "upperSchemaVersionNew": 2,
                "maximumShortTimerDuration": "6.00:00:00",
                "longRunningTimerIntervalDuration": "3.00:00:00",
            }
        )
        first, again = self._execute(body), self._execute(body)
        if first != again:
            msg = f"replayed twice with the same history, it decided differently: {first} / {again}"
            raise NonDeterministicError(msg)
        state: dict[str, Any] = json.loads(first)
        return state

    def _execute(self, body: str) -> str:
        context = DurableOrchestrationContext.from_json(body)
        try:
            return str(Orchestrator(self._replay._function).handle(context))
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
                if name not in self._replay._activities:
                    msg = f"there is no activity '{name}'"
                    raise LookupError(msg)
                result = json.dumps(self._replay._activities[name](value))
                self._log(f"{kind}_COMPLETED", TaskScheduledId=task_id, Result=result)
            except Exception as exc:  # noqa: BLE001 - whatever an activity raises is its failure
                error = f"{type(exc).__name__}: {exc}"
                reason = f"Activity function '{name}' failed: {error}"
                self._log(f"{kind}_FAILED", TaskScheduledId=task_id, Reason=reason, Details=error)
                if retry:
                    self._retry(action, kind, retry, attempt)
            self._replay.outcome.calls.append(Call(name, value, self._replay.now, error))

        self._at(self._replay.now + self._replay._activity_time, task_id, complete)

    def _retry(self, action: dict[str, Any], kind: str, retry: dict[str, Any], attempt: int) -> None:
        """Wait and call again; after the last attempt the extension waits once more, and so does the executor."""
        pause = timedelta(milliseconds=retry["firstRetryIntervalInMilliseconds"])

        def fired() -> None:
            if attempt < retry["maxNumberOfAttempts"]:
                self._call(action, kind, attempt + 1)

        self._timer(next(self._task_ids), self._replay.now + pause, fired)

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
        self._replay.now = max(self._replay.now, when)
        if self._replay.now - self._replay._start > self._replay._limit:
            msg = f"it still runs after {self._replay._limit} of virtual time"
            raise StuckError(msg)
        self._log("ORCHESTRATOR_COMPLETED")
        self._log("ORCHESTRATOR_STARTED")
        action()

    def _log(self, kind: str, event_id: int = -1, **fields: Any) -> None:
        head = {
            "EventType": int(HistoryEventType[kind]),
            "EventId": event_id,
            "IsPlayed": False,
            "Timestamp": self._replay.now.strftime(STAMP),
        }
        self._history.append({**head, **fields})


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


def _generator(orchestrator: Any) -> Callable[[Any], Any]:
    """Return the generator function inside a decorated orchestrator, or what was given."""
    builder = getattr(orchestrator, "_function", None)
    handle = builder.get_user_function() if builder is not None else orchestrator
    function: Callable[[Any], Any] = getattr(handle, "orchestrator_function", handle)
    return function
