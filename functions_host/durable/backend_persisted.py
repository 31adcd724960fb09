"""durabletask's in-memory backend, with every change written to SQLite in one commit and read again at the start.

What a restart finds is what the last answered request left: events being worked on count as not yet worked off.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Any

import durabletask.internal.orchestrator_service_pb2 as pb
from durabletask.internal import helpers
from durabletask.testing import InMemoryOrchestrationBackend
from durabletask.testing.in_memory_backend import ActivityWorkItem, OrchestrationInstance

from functions_host.clock import Clock
from functions_host.durable.backend_documents import (
    decode_entity,
    decode_instance,
    encode_entity,
    encode_instance,
    unfinished,
)
from functions_host.store import Database

MAX_HISTORY = 100_000
Instance = OrchestrationInstance


class KeptBackend(InMemoryOrchestrationBackend, ABC):
    """The persistence; `SqliteBackend` continues activities and timers after a restart."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(max_history_size=MAX_HISTORY, port=0)
        self._db = database
        self._clock = clock
        self._executions: dict[str, str] = {}
        self.before_start: Callable[[pb.CreateInstanceRequest, Any], None] = lambda _request, _context: None
        """Completes, or refuses, a request to start an orchestration, whoever sends it."""

        self.accepts: Callable[[str | None], bool] = lambda _version: True
        """Returns whether this release runs orchestrations of a version; others wait for a release that does."""

    @abstractmethod
    def _name_activity(self, item: ActivityWorkItem) -> None:
        """Give a work item a token with its execution."""

    @abstractmethod
    def _arm(self, instance_id: str, timer_id: int, fire_at: datetime) -> None:
        """Make a timer fire at this moment, also if it is past."""

    @abstractmethod
    def _begin_execution(self, instance: Instance) -> None:
        """Give the run an identity."""

    def _load(self) -> None:
        for row in self._db.execute("SELECT id, meta, events, failure FROM instance"):
            instance, execution = decode_instance(row, token=self._token())
            self._instances[instance.instance_id] = instance
            self._executions[instance.instance_id] = execution
        for row in self._db.execute("SELECT id, state, pending FROM entity"):
            entity = decode_entity(row, token=self._token())
            self._entities[entity.instance_id] = entity
            if entity.pending_operations:
                self._enqueue_entity(entity.instance_id)
        for instance_id, instance in list(self._instances.items()):
            if self._is_terminal_status(instance.status):
                continue
            tasks, timers, children = unfinished(instance)
            for item in tasks:
                self._activity_queue.append(item)
                self._name_activity(item)
            for timer_id, fire_at in timers:
                self._arm(instance_id, timer_id, fire_at)
            for task_id, child in children:
                self._watch_sub_orchestration(instance_id, child, task_id)
            if instance.pending_events and instance.status != pb.ORCHESTRATION_STATUS_SUSPENDED:
                self._enqueue_orchestration(instance_id)

    def _token(self) -> int:
        self._next_completion_token += 1
        return self._next_completion_token

    def _save(self, instance_id: str) -> None:
        instance = self._instances.get(instance_id)
        if instance is None:
            self._db.execute("DELETE FROM instance WHERE id = ?", (instance_id,))
            return
        instance.last_updated_at = self._clock.now()
        self._db.execute(
            "INSERT INTO instance VALUES(?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET "
            "meta = excluded.meta, events = excluded.events, failure = excluded.failure",
            encode_instance(instance, self._executions[instance_id]),
        )

    def _save_entity(self, entity_id: str) -> None:
        entity = self._entities.get(entity_id)
        if entity is None:
            self._db.execute("DELETE FROM entity WHERE id = ?", (entity_id,))
            return
        self._db.execute(
            "INSERT INTO entity VALUES(?, ?, ?) ON CONFLICT(id) DO UPDATE SET "
            "state = excluded.state, pending = excluded.pending",
            encode_entity(entity),
        )

    def _create_instance_internal(self, instance_id: str, *args: Any, **kwargs: Any) -> None:
        super()._create_instance_internal(instance_id, *args, **kwargs)
        self._created(instance_id)

    def _created(self, instance_id: str) -> None:
        instance = self._instances[instance_id]
        instance.created_at = self._clock.now()
        self._begin_execution(instance)
        self._save(instance_id)

    def _queue_entity_operation(self, entity_id: str, event: pb.HistoryEvent) -> None:
        super()._queue_entity_operation(entity_id, event)
        self._save_entity(entity_id)

    def _raise_event_internal(self, instance_id: str, *args: Any, **kwargs: Any) -> None:
        super()._raise_event_internal(instance_id, *args, **kwargs)
        self._save(instance_id)

    def StartInstance(self, request: pb.CreateInstanceRequest, context: Any) -> pb.CreateInstanceResponse:  # noqa: N802
        """Start an instance and store it."""
        self.before_start(request, context)
        with self._lock, self._db.transaction():
            response = super().StartInstance(request, context)
            self._created(response.instanceId)
            return response

    def CompleteOrchestratorTask(  # noqa: N802
        self, request: pb.OrchestratorResponse, context: Any
    ) -> pb.CompleteTaskResponse:
        """Carry out what an orchestrator decided, in one commit."""
        with self._lock, self._db.transaction():
            response = super().CompleteOrchestratorTask(request, context)
            if request.instanceId in self._instances:
                self._save(request.instanceId)
            return response

    def CompleteEntityTask(self, request: pb.EntityBatchResult, context: Any) -> pb.CompleteTaskResponse:  # noqa: N802
        """Carry out what an entity did, in one commit."""
        with self._lock, self._db.transaction():
            response = super().CompleteEntityTask(request, context)
            for entity_id in self._entities:
                self._save_entity(entity_id)
            for operation in request.operationInfos:
                if operation.responseDestination.instanceId in self._instances:
                    self._save(operation.responseDestination.instanceId)
            return response

    def SignalEntity(self, request: pb.SignalEntityRequest, context: Any) -> pb.SignalEntityResponse:  # noqa: N802
        """Queue an operation and store it."""
        with self._lock, self._db.transaction():
            response = super().SignalEntity(request, context)
            self._save_entity(request.instanceId)
            return response

    def PurgeInstances(self, request: pb.PurgeInstancesRequest, context: Any) -> pb.PurgeInstancesResponse:  # noqa: N802
        """Delete finished instances, also from disk."""
        with self._lock, self._db.transaction():
            before = set(self._instances)
            response = super().PurgeInstances(request, context)
            for instance_id in before - set(self._instances):
                self._save(instance_id)
                self._executions.pop(instance_id, None)
            return response

    def _kept(self, call: Callable[..., Any], request: Any, context: Any) -> Any:
        """Call upstream and store the changes."""
        with self._lock, self._db.transaction():
            response = call(request, context)
            if request.instanceId in self._instances:
                self._save(request.instanceId)
            return response

    def RaiseEvent(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Raise an event and store it."""
        return self._kept(super().RaiseEvent, request, context)

    def TerminateInstance(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Terminate an instance.

        One that waits for a newer release is ended at once if it never ran, and stays as it is otherwise [AZ-11].
        """
        with self._lock:
            instance = self._instances.get(request.instanceId)
            if instance is None or self.accepts(instance.version):
                return self._kept(super().TerminateInstance, request, context)
            if instance.status == pb.ORCHESTRATION_STATUS_PENDING:
                self._kept(self._end_unbegun, request, context)
            return pb.TerminateResponse()

    def _end_unbegun(self, request: Any, _context: Any) -> None:
        instance = self._instances[request.instanceId]
        output = request.output.value if request.HasField("output") else None
        ended = helpers.new_complete_orchestration_action(-1, pb.ORCHESTRATION_STATUS_TERMINATED, output)
        instance.pending_events.clear()
        self._process_complete_orchestration_action(instance, ended.completeOrchestration)
        self._notify_waiters(request.instanceId)

    def SuspendInstance(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Suspend an instance."""
        return self._kept(super().SuspendInstance, request, context)

    def ResumeInstance(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Resume an instance."""
        return self._kept(super().ResumeInstance, request, context)

    def RestartInstance(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Run a finished instance again."""
        return self._kept(super().RestartInstance, request, context)

    def RewindInstance(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Reset a failed instance to before its failure."""
        return self._kept(super().RewindInstance, request, context)
