"""durabletask's in-memory backend made durable: state in SQLite, time from the host's clock, loopback only.

Mends what upstream 1.12 does wrong for a host (each kept as a test in tests/functions_host/test_backend.py):

1. it listens on every interface;
2. an activity that fails with an empty message counts as completed with null;
3. timers and activities still pending at continue-as-new complete tasks of the next run, because ids restart;
4. a sub-orchestration of more than 30 s never reaches its parent;
5. a thread sleeps for every timer, and nothing outlives the process.

It overrides private methods, so durabletask is pinned to 1.12.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent import futures
from datetime import UTC, datetime
from typing import Any

import durabletask.internal.orchestrator_service_pb2 as pb
import durabletask.internal.orchestrator_service_pb2_grpc as stubs
import grpc
from durabletask.internal import helpers
from durabletask.testing.in_memory_backend import ActivityWorkItem

from functions_host.clock import Clock
from functions_host.durable.backend_persisted import Instance, KeptBackend
from functions_host.durable.history import belongs_to_a_task
from functions_host.store import Database

log = logging.getLogger("functions_host.invocations")


class SqliteBackend(KeptBackend):
    """The backend of one task hub."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._activities: dict[str, ActivityWorkItem] = {}
        self._parents: dict[str, tuple[str, str, int]] = {}
        self._timers: list[tuple[datetime, int, Callable[[], None]]] = []
        self._timer_number = itertools.count()
        self._timer_wake = threading.Event()
        self._timer_thread: threading.Thread | None = None
        self._turns: dict[str, tuple[str, float]] = {}
        self._loaded = False
        self.failed = 0
        """Orchestrations that failed since the start."""

    # ------------------------------------------------------------------ lifecycle

    def start(self) -> str:
        """Load the state of the last run, listen on a free port of the loopback interface and return the address."""
        self._shutdown_event.clear()
        if not self._loaded:
            self._load()
            self._loaded = True
        self._server = grpc.server(
            futures.ThreadPoolExecutor(max_workers=32, thread_name_prefix="durable-grpc"),
            options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)],
        )
        stubs.add_TaskHubSidecarServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]
        self._port = self._server.add_insecure_port("127.0.0.1:0")
        self._timer_thread = threading.Thread(target=self._run_timers, daemon=True, name="durable-timers")
        self._timer_thread.start()
        self._server.start()
        return f"127.0.0.1:{self._port}"

    def stop(self, grace: float | None = None) -> None:
        """Stop listening and firing; the state stays in the database."""
        super().stop(grace)
        self._timer_wake.set()
        if self._timer_thread is not None:
            self._timer_thread.join(timeout=5)

    def busy(self) -> bool:
        """Return whether an orchestration, an activity or an entity can be worked on right now."""
        with self._lock:
            due = bool(self._timers) and self._timers[0][0] <= self._clock.now()
            queued = self._orchestration_queue or self._entity_queue
            return bool(due or queued or self._orchestration_in_flight or self._activities or self._entity_in_flight)

    def instances(self) -> list[Instance]:
        """Return every orchestration instance."""
        with self._lock:
            return list(self._instances.values())

    def instance(self, instance_id: str) -> Instance | None:
        """Return one orchestration instance."""
        with self._lock:
            return self._instances.get(instance_id)

    # ------------------------------------------------------------------ time

    def _enqueue_orchestration(self, instance_id: str) -> None:
        # The time an orchestrator sees is that of the first event of its batch; upstream would take the wall clock.
        instance = self._instances.get(instance_id)
        if instance is not None and not self.accepts(instance.version):
            return
        if instance is not None and instance.pending_events:
            started = helpers.new_orchestrator_started_event(self._clock.now())
            if instance.pending_events[0].HasField("orchestratorStarted"):
                instance.pending_events[0] = started
            else:
                instance.pending_events.insert(0, started)
        super()._enqueue_orchestration(instance_id)

    def _process_create_timer_action(self, instance: Instance, action: pb.OrchestratorAction) -> None:
        fire_at = action.createTimer.fireAt.ToDatetime(tzinfo=UTC)
        instance.history.append(helpers.new_timer_created_event(action.id, fire_at))
        self._arm(instance.instance_id, action.id, fire_at)

    def _arm(self, instance_id: str, timer_id: int, fire_at: datetime) -> None:
        execution = self._executions[instance_id]

        def fire() -> None:
            with self._lock, self._db.transaction():
                instance = self._receiver(instance_id, execution)
                if instance is None:
                    return
                instance.pending_events.append(helpers.new_timer_fired_event(timer_id, fire_at))
                if instance.status != pb.ORCHESTRATION_STATUS_SUSPENDED:
                    self._enqueue_orchestration(instance_id)
                self._save(instance_id)

        self._at(fire_at, fire)

    def _schedule_delayed_entity_operation(self, entity_id: str, event: pb.HistoryEvent, fire_at: datetime) -> None:
        def fire() -> None:
            with self._lock:
                self._queue_entity_operation(entity_id, event)

        self._at(fire_at, fire)

    def _at(self, moment: datetime, action: Callable[[], None]) -> None:
        with self._lock:
            heapq.heappush(self._timers, (moment, next(self._timer_number), action))
        self._timer_wake.set()

    def _run_timers(self) -> None:
        while not self._shutdown_event.is_set():
            self._timer_wake.clear()
            with self._lock:
                due = self._timers[0][0] if self._timers else None
                if due is not None and due <= self._clock.now():
                    heapq.heappop(self._timers)[2]()
                    continue
            if not self._shutdown_event.is_set():
                self._clock.wait(due, self._timer_wake)

    # ------------------------------------------------------------------ one execution of an instance

    def _begin_execution(self, instance: Instance) -> None:
        """Give the run an identity: ids of tasks and timers start again with every execution."""
        self._executions[instance.instance_id] = uuid.uuid4().hex

    def _receiver(self, instance_id: str, execution: str) -> Instance | None:
        """Return the instance if that execution of it still wants events."""
        instance = self._instances.get(instance_id)
        if instance is None or self._is_terminal_status(instance.status):
            return None
        return instance if self._executions.get(instance_id) == execution else None

    def _process_complete_orchestration_action(
        self, instance: Instance, complete_action: pb.CompleteOrchestrationAction
    ) -> None:
        instance.pending_events = [e for e in instance.pending_events if not e.HasField("orchestratorStarted")]
        if complete_action.orchestrationStatus == pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW:
            # What the ended run still waits for is not for the next one; events raised meanwhile are.
            instance.pending_events = [e for e in instance.pending_events if not belongs_to_a_task(e)]
            self._begin_execution(instance)
        super()._process_complete_orchestration_action(instance, complete_action)
        if instance.completed_at is not None:
            instance.completed_at = self._clock.now()

    def _process_schedule_task_action(self, instance: Instance, action: pb.OrchestratorAction) -> None:
        super()._process_schedule_task_action(instance, action)
        self._name_activity(self._activity_queue[-1])

    def _name_activity(self, item: ActivityWorkItem) -> None:
        """Give a work item a token with its execution."""
        token: Any = f"{self._executions[item.instance_id]}/{item.task_id}"
        item.completion_token = token
        self._activities[token] = item

    def CompleteActivityTask(self, request: pb.ActivityResponse, context: Any) -> pb.CompleteTaskResponse:  # noqa: N802
        """Record an activity's result, unless its orchestration has moved on."""
        if request.HasField("failureDetails") and not request.failureDetails.errorMessage:
            request.failureDetails.errorMessage = request.failureDetails.errorType or "activity failed"
        with self._lock, self._db.transaction():
            item = self._activities.pop(request.completionToken, None)
            execution = request.completionToken.partition("/")[0]
            if item is None or self._receiver(request.instanceId, execution) is None:
                return pb.CompleteTaskResponse()
            response = super().CompleteActivityTask(request, context)
            self._save(request.instanceId)
            return response

    def AbandonTaskActivityWorkItem(self, request: Any, context: Any) -> pb.AbandonActivityTaskResponse:  # noqa: N802
        """Queue the activity again."""
        with self._lock:
            item = self._activities.get(request.completionToken)
            if item is not None:
                self._activity_queue.append(item)
                self._work_available.set()
        return super().AbandonTaskActivityWorkItem(request, context)

    # ------------------------------------------------------------------ sub-orchestrations

    def _watch_sub_orchestration(self, parent_instance_id: str, sub_instance_id: str, task_id: int) -> None:
        self._parents[sub_instance_id] = (parent_instance_id, self._executions[parent_instance_id], task_id)
        self._report_to_parent(sub_instance_id)

    def _notify_waiters(self, instance_id: str) -> None:
        super()._notify_waiters(instance_id)
        self._report_to_parent(instance_id)

    def _report_to_parent(self, instance_id: str) -> None:
        instance = self._instances.get(instance_id)
        if instance is None or not self._is_terminal_status(instance.status) or instance_id not in self._parents:
            return
        parent_id, execution, task_id = self._parents.pop(instance_id)
        parent = self._receiver(parent_id, execution)
        if parent is None:
            return
        if instance.status == pb.ORCHESTRATION_STATUS_COMPLETED:
            event = helpers.new_sub_orchestration_completed_event(task_id, instance.output)
        else:
            details = instance.failure_details
            message = details.errorMessage if details else "the sub-orchestration was terminated"
            event = helpers.new_sub_orchestration_failed_event(task_id, Exception(message or "failed"))
        parent.pending_events.append(event)
        self._enqueue_orchestration(parent_id)
        self._save(parent_id)

    # ------------------------------------------------------------------ logs

    def GetWorkItems(self, request: pb.GetWorkItemsRequest, context: Any) -> Iterator[pb.WorkItem]:  # noqa: N802
        """Hand out work; log an orchestrator's turn as Core Tools do."""
        for item in super().GetWorkItems(request, context):
            if item.HasField("orchestratorRequest"):
                self._turn_began(item.orchestratorRequest.instanceId)
            yield item

    def CompleteOrchestratorTask(  # noqa: N802
        self, request: pb.OrchestratorResponse, context: Any
    ) -> pb.CompleteTaskResponse:
        """Carry out an orchestrator's decisions, and log the end of its turn."""
        response = super().CompleteOrchestratorTask(request, context)
        self._turn_ended(request.instanceId)
        return response

    def _turn_began(self, instance_id: str) -> None:
        instance = self._instances.get(instance_id)
        name = instance.name if instance else "?"
        turn = self._turns[instance_id] = (str(uuid.uuid4()), time.monotonic())
        log.info("Executing 'Functions.%s' (Reason='(null)', Id=%s)", name, turn[0])

    def _turn_ended(self, instance_id: str) -> None:
        instance = self._instances.get(instance_id)
        turn_id, began = self._turns.pop(instance_id, ("", time.monotonic()))
        if instance is None or not turn_id:
            return
        failed = instance.status == pb.ORCHESTRATION_STATUS_FAILED
        log.log(
            logging.ERROR if failed else logging.INFO,
            "Executed 'Functions.%s' (%s, Id=%s, Duration=%dms)",
            instance.name,
            "Failed" if failed else "Succeeded",
            turn_id,
            (time.monotonic() - began) * 1000,
        )
        if failed:
            self.failed += 1
            details = instance.failure_details
            log.error(
                "Orchestrator function '%s' (%s) failed: %s\n%s",
                instance.name,
                instance_id,
                details.errorMessage if details else "",
                details.stackTrace.value.rstrip() if details else "",
            )
