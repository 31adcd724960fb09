"""Durable 1.x orchestrators on durabletask: the context and the tasks that azure-functions-durable 1.7 hands out."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from azure.durable_functions.models.utils.df_serialization import df_dumps, df_loads
from durabletask import task
from durabletask.task import CancellableTask, OrchestrationContext, RetryPolicy, TaskFailedError


class V1Task:
    """A task as 1.x shows it: `result` holds the value, or the exception of a failed one."""

    def __init__(self, inner: Any, context: V1Context, expected_type: type | None = None) -> None:
        self.inner = inner
        self.expected_type = expected_type
        self._context = context

    @property
    def is_completed(self) -> bool:
        """Return whether the task has ended, well or not."""
        return bool(self.inner.is_complete)

    @property
    def is_cancelled(self) -> bool:
        """Return whether the timer was cancelled."""
        return bool(getattr(self.inner, "is_cancelled", False))

    @property
    def result(self) -> Any:
        """Return the value or the exception; None while the task runs."""
        if not self.inner.is_complete or self.is_cancelled:
            return None
        if self.inner.is_failed:
            return v1_error(self.inner.get_exception())
        return self._context.outcome(self.inner)

    def cancel(self) -> None:
        """Cancel a timer.

        Raises:
            ValueError: it has fired.
        """
        if self.inner.is_complete:
            msg = "Cannot cancel a completed task."
            raise ValueError(msg)
        if not isinstance(self.inner, CancellableTask):
            msg = "only timers can be cancelled"
            raise TypeError(msg)
        self.inner.cancel()


class V1Context:
    """The orchestration context of 1.x on that of durabletask."""

    def __init__(self, inner: OrchestrationContext, input_: Any) -> None:
        self._inner = inner
        self._input = input_
        self._tasks: dict[int, V1Task] = {}
        self.custom_status: Any = None
        self.will_continue_as_new = False

    @property
    def instance_id(self) -> str:
        """The instance's id."""
        return self._inner.instance_id

    @property
    def parent_instance_id(self) -> str | None:
        """The parent's id, for a sub-orchestration."""
        return self._inner.parent_instance_id

    @property
    def is_replaying(self) -> bool:
        """Whether what runs has run before."""
        return self._inner.is_replaying

    @property
    def version(self) -> str | None:
        """The version the instance was started with."""
        return self._inner.version

    @property
    def current_utc_datetime(self) -> datetime:
        """The orchestration's time, aware, on the host's clock."""
        moment = self._inner.current_utc_datetime
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def get_input(self, expected_type: type | None = None) -> Any:
        """Return the input."""
        return _load(_decoded(self._input), expected_type)

    def call_activity(self, name: Any, input_: Any = None, expected_type: type | None = None) -> V1Task:
        """Schedule an activity."""
        return self._task(self._inner.call_activity(_name(name), input=_plain(input_)), expected_type)

    def call_activity_with_retry(
        self, name: Any, retry_options: Any, input_: Any = None, expected_type: type | None = None
    ) -> V1Task:
        """Schedule an activity that is retried."""
        policy = _policy(retry_options)
        inner: Any = self._inner.call_activity(_name(name), input=_plain(input_), retry_policy=policy)
        return self._task(inner, expected_type)

    def call_sub_orchestrator(
        self,
        name: Any,
        input_: Any = None,
        instance_id: str | None = None,
        version: str | None = None,
        expected_type: type | None = None,
    ) -> V1Task:
        """Schedule a sub-orchestration."""
        return self._task(
            self._inner.call_sub_orchestrator(
                _name(name), input=json.dumps(_plain(input_)), instance_id=instance_id, version=version
            ),
            expected_type,
        )

    def call_sub_orchestrator_with_retry(
        self,
        name: Any,
        retry_options: Any,
        input_: Any = None,
        instance_id: str | None = None,
        version: str | None = None,
        expected_type: type | None = None,
    ) -> V1Task:
        """Schedule a sub-orchestration that is retried.

        Six parameters: the signature is that of the library.
        """
        return self._task(
            self._inner.call_sub_orchestrator(
                _name(name),
                input=json.dumps(_plain(input_)),
                instance_id=instance_id,
                version=version,
                retry_policy=_policy(retry_options),
            ),
            expected_type,
        )

    def create_timer(self, fire_at: datetime) -> V1Task:
        """Create a timer for a moment of the orchestration's clock."""
        return self._task(self._inner.create_timer(fire_at))

    def wait_for_external_event(self, name: str, expected_type: type | None = None) -> V1Task:
        """Wait for an event."""
        return self._task(self._inner.wait_for_external_event(name), expected_type)

    def task_all(self, activities: list[V1Task]) -> V1Task:
        """Wait for all tasks."""
        return self._task(task.when_all([one.inner for one in activities]))

    def task_any(self, activities: list[V1Task]) -> V1Task:
        """Wait for the first task."""
        return self._task(task.when_any([one.inner for one in activities]))

    def set_custom_status(self, status: Any) -> None:
        """Set what the status query shows."""
        self.custom_status = status
        self._inner.set_custom_status(_plain(status))

    def continue_as_new(self, input_: Any) -> None:
        """End this run and begin the next with a new input."""
        self.will_continue_as_new = True
        self._inner.continue_as_new(json.dumps(_plain(input_)))

    def new_guid(self) -> UUID:
        """Return an id that is the same in every replay."""
        return UUID(self._inner.new_uuid())

    def new_uuid(self) -> str:
        """Return an id that is the same in every replay, as text."""
        return self._inner.new_uuid()

    def call_http(self, *_args: Any, **_kwargs: Any) -> V1Task:
        """Durable HTTP belongs to the extension, which isn't here."""
        msg = "call_http is not run by this host; call the address from an activity"
        raise NotImplementedError(msg)

    def call_entity(self, *_args: Any, **_kwargs: Any) -> V1Task:
        """Durable entities aren't run by this host."""
        msg = "durable entities are not run by this host"
        raise NotImplementedError(msg)

    signal_entity = call_entity

    def outcome(self, inner: Any) -> Any:
        """Return a completed task's value as 1.x shows it."""
        if isinstance(inner, task.WhenAnyTask):
            return self._tasks[id(inner.get_result())]
        if isinstance(inner, task.WhenAllTask):
            return [self.outcome(child) for child in inner.get_tasks()]
        return _load(inner.get_result(), self._tasks[id(inner)].expected_type)

    def _task(self, inner: Any, expected_type: type | None = None) -> V1Task:
        return self._tasks.setdefault(id(inner), V1Task(inner, self, expected_type))


def adapt(name: str, function: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return a durabletask orchestrator that runs a 1.x orchestrator function."""

    def run(inner: OrchestrationContext, input_: Any = None) -> Generator[Any, Any, Any]:
        context = V1Context(inner, input_)
        body = function(context)
        if not inspect.isgenerator(body):
            return _plain(body)
        try:
            waiting = next(body)
            while True:
                if not isinstance(waiting, V1Task):
                    msg = f"orchestrator '{name}' yielded {type(waiting).__name__}, not a task of the context"
                    raise TypeError(msg)
                try:
                    yield waiting.inner
                except TaskFailedError as exc:
                    waiting = body.throw(v1_error(exc))
                else:
                    waiting = body.send(context.outcome(waiting.inner))
        except StopIteration as stop:
            return _plain(stop.value)

    run.__name__ = name
    return run


def v1_error(error: TaskFailedError) -> Exception:
    """Return a failed task's error as 1.x throws it: a plain Exception."""
    return Exception(error.details.message)


def _name(function: Any) -> str:
    """Return the function's name from a name or from the decorated function."""
    if isinstance(function, str):
        return function
    builder = getattr(function, "_function", None)
    if builder is None:
        msg = "name an activity or orchestrator by its name, or by its decorated function"
        raise ValueError(msg)
    return str(builder.get_function_name())


def _policy(options: Any) -> RetryPolicy:
    interval = timedelta(milliseconds=options.first_retry_interval_in_milliseconds)
    return RetryPolicy(
        first_retry_interval=interval, max_number_of_attempts=options.max_number_of_attempts, backoff_coefficient=1.0
    )


def _plain(value: Any) -> Any:
    """Return a value as plain JSON, custom classes included."""
    return None if value is None else json.loads(df_dumps(value))


def _load(value: Any, expected_type: type | None = None) -> Any:
    """Return a value with the custom classes in it, as 1.x decodes it."""
    if value is None:
        return None
    text = json.dumps(value)
    if expected_type is not None:
        return df_loads(text, expected_type=expected_type)
    return df_loads(text) if '"__class__"' in text else value


def _decoded(value: Any) -> Any:
    """Return the input as 1.x reads it: JSON in a string, as its client sends it, or an object.

    Raises:
        TypeError: a number, a truth value or a list that didn't come from the client.
    """
    if value is None or isinstance(value, dict):
        return value
    if not isinstance(value, str):
        msg = f"the JSON object must be str, bytes or bytearray, not {type(value).__name__}"
        raise TypeError(msg)
    return json.loads(value)
