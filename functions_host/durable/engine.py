"""The durable engine: backend, durabletask worker, and what clients can ask of orchestrations."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import durabletask.internal.orchestrator_service_pb2 as pb
import grpc
from durabletask.worker import ConcurrencyOptions, TaskHubGrpcWorker
from google.protobuf import timestamp_pb2, wrappers_pb2

from functions_host.clock import Clock
from functions_host.durable.backend import SqliteBackend
from functions_host.durable.backend_persisted import Instance
from functions_host.durable.line import DurableLine
from functions_host.errors import UnknownFunctionError
from functions_host.settings import HostConfig
from functions_host.store import Database
from functions_host.worker.function import Function

STATUS = {
    pb.ORCHESTRATION_STATUS_PENDING: "Pending",
    pb.ORCHESTRATION_STATUS_RUNNING: "Running",
    pb.ORCHESTRATION_STATUS_COMPLETED: "Completed",
    pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW: "ContinuedAsNew",
    pb.ORCHESTRATION_STATUS_FAILED: "Failed",
    pb.ORCHESTRATION_STATUS_CANCELED: "Canceled",
    pb.ORCHESTRATION_STATUS_TERMINATED: "Terminated",
    pb.ORCHESTRATION_STATUS_SUSPENDED: "Suspended",
}
FINISHED = {"Completed", "Failed", "Canceled", "Terminated"}
log = logging.getLogger("functions_host.invocations")


class Refused(Exception):  # noqa: N818 - an answer, not an error of the host
    """The backend refused a request; `code` is its gRPC status."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class _LocalCall:
    """The call context of a request from this process."""

    def abort(self, code: grpc.StatusCode, message: str) -> None:
        raise Refused(code, message)


class DurableEngine:
    """Runs the app's orchestrations."""

    def __init__(self, database: Database, clock: Clock, config: HostConfig, line: DurableLine) -> None:
        self._backend = SqliteBackend(database, clock)
        self._backend.before_start = self._complete_start
        self._backend.accepts = config.accepts
        self._config = config
        self._line = line
        self._orchestrators: set[str] = set()
        self._activities: dict[str, Callable[[Any], Any]] = {}
        self._worker: TaskHubGrpcWorker | None = None
        self._address = ""

    def add_orchestrator(self, name: str, function: Function) -> None:
        """Register an orchestrator."""
        self._orchestrators.add(name)
        self._line.add(name, function)

    def add_entity(self, name: str, function: Function) -> None:
        """Register an entity."""
        self._line.add(name, function)

    def add_activity(self, name: str, run: Callable[[Any], Any]) -> None:
        """Register an activity: a function from input to output, both plain JSON."""
        self._activities[name] = run

    def start(self) -> None:
        """Take up the orchestrations of the last run and wait for work."""
        options = ConcurrencyOptions(
            maximum_concurrent_activity_work_items=self._config.max_activities,
            maximum_concurrent_orchestration_work_items=self._config.max_orchestrators,
        )
        quiet = logging.getLogger("functions_host.durabletask")
        quiet.setLevel(logging.ERROR)
        self._address = self._backend.start()
        self._worker = self._line.make_worker(
            host_address=self._address, concurrency_options=options, logger=quiet, emit_trace_spans=False
        )
        for name, run in self._activities.items():
            self._worker.add_activity(_activity(name, run))
        self._worker.start()  # type: ignore[no-untyped-call]

    def stop(self, grace: float = 10.0) -> bool:
        """Stop; return whether all work ended within `grace` seconds. The rest runs again next time."""
        clean = True
        if self._worker is not None:
            stopping = threading.Thread(target=self._worker.stop, daemon=True, name="durable-stop")
            stopping.start()
            stopping.join(grace)
            clean = not stopping.is_alive()
        self._backend.stop(grace=0)
        return clean

    def client_address(self, http: str) -> str:
        """Return the address for a durable client; `http` is this host's own HTTP address."""
        return self._line.client_address(http, self._address)

    def busy(self) -> bool:
        """Return whether there is something to do right now."""
        return self._backend.busy()

    @property
    def failed(self) -> int:
        """How many orchestrations failed since the start."""
        return self._backend.failed

    def instances(self) -> list[Instance]:
        """Return all instances, oldest first."""
        return sorted(self._backend.instances(), key=lambda one: one.created_at)

    def find(self, instance_id: str) -> Instance | None:
        """Return an instance."""
        return self._backend.instance(instance_id)

    def start_by_hand(self, name: str, instance_id: str | None, value: Any) -> str:
        """Start an orchestration as the app's durable client does.

        Raises:
            UnknownFunctionError, Refused: as `start_new`.
        """
        return self.start_new(name, instance_id, json.loads(self._line.encode_input(value)))

    def start_new(self, name: str, instance_id: str | None, input_: Any, version: str | None = None) -> str:
        """Start an orchestration with the input that came, as JSON; a finished one of that id is replaced.

        Raises:
            UnknownFunctionError: there is no such orchestrator.
            Refused: ALREADY_EXISTS while one of that id is not finished.
        """
        request = pb.CreateInstanceRequest(
            instanceId=instance_id or "",
            name=name,
            input=wrappers_pb2.StringValue(value=json.dumps(input_)),
            version=wrappers_pb2.StringValue(value=version) if version else None,
        )
        try:
            return str(self._backend.StartInstance(request, _LocalCall()).instanceId)
        except Refused as exc:
            if exc.code == grpc.StatusCode.INVALID_ARGUMENT:
                raise UnknownFunctionError(str(exc)) from exc
            raise

    def _complete_start(self, request: pb.CreateInstanceRequest, context: Any) -> None:
        """Do what the Durable extension does before an orchestration starts, whoever asks for it."""
        if request.name not in self._orchestrators:
            known = ", ".join(sorted(self._orchestrators)) or "none"
            msg = (
                f"The function '{request.name}' doesn't exist, is disabled, or is not an orchestrator function. "
                f"Additional info: The following are the known orchestrator functions: '{known}'."
            )
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, msg)
        if self._config.default_version and not request.version.value:
            request.version.value = self._config.default_version
        if not request.orchestrationIdReusePolicy.replaceableStatus:
            replaceable = [key for key, text in STATUS.items() if text in FINISHED or self._config.replace_running]
            request.orchestrationIdReusePolicy.replaceableStatus.extend(replaceable)

    def raise_event(self, instance_id: str, name: str, data: Any) -> None:
        """Raise an event to an instance."""
        payload = wrappers_pb2.StringValue(value=json.dumps(data))
        self._backend.RaiseEvent(pb.RaiseEventRequest(instanceId=instance_id, name=name, input=payload), _LocalCall())

    def terminate(self, instance_id: str, reason: str) -> None:
        """Terminate an instance; the reason becomes its output."""
        output = wrappers_pb2.StringValue(value=json.dumps(reason))
        self._backend.TerminateInstance(pb.TerminateRequest(instanceId=instance_id, output=output), _LocalCall())

    def suspend(self, instance_id: str, reason: str) -> None:
        """Suspend an instance."""
        text = wrappers_pb2.StringValue(value=reason)
        self._backend.SuspendInstance(pb.SuspendRequest(instanceId=instance_id, reason=text), _LocalCall())

    def resume(self, instance_id: str, reason: str) -> None:
        """Resume an instance."""
        text = wrappers_pb2.StringValue(value=reason)
        self._backend.ResumeInstance(pb.ResumeRequest(instanceId=instance_id, reason=text), _LocalCall())

    def restart(self, instance_id: str, *, new_id: bool) -> str:
        """Run a finished instance again with its input."""
        request = pb.RestartInstanceRequest(instanceId=instance_id, restartWithNewInstanceId=new_id)
        return str(self._backend.RestartInstance(request, _LocalCall()).instanceId)

    def rewind(self, instance_id: str, reason: str) -> None:
        """Reset a failed instance to before its failure."""
        text = wrappers_pb2.StringValue(value=reason)
        self._backend.RewindInstance(pb.RewindInstanceRequest(instanceId=instance_id, reason=text), _LocalCall())

    def purge(self, instance_id: str) -> int:
        """Delete a finished instance; return how many were deleted."""
        request = pb.PurgeInstancesRequest(instanceId=instance_id)
        return int(self._backend.PurgeInstances(request, _LocalCall()).deletedInstanceCount)

    def purge_by(self, since: datetime | None, until: datetime | None, statuses: Iterable[str]) -> int:
        """Delete finished instances by time of creation and status; return how many."""
        wanted = {text.lower() for text in statuses}
        chosen = pb.PurgeInstanceFilter(
            createdTimeFrom=_timestamp(since),
            createdTimeTo=_timestamp(until),
            runtimeStatus=[key for key, text in STATUS.items() if text.lower() in wanted],
        )
        request = pb.PurgeInstancesRequest(purgeInstanceFilter=chosen)
        return int(self._backend.PurgeInstances(request, _LocalCall()).deletedInstanceCount)


def _activity(name: str, run: Callable[[Any], Any]) -> Callable[..., Any]:
    def activity(_context: Any, input_: Any = None) -> Any:
        return run(input_)

    activity.__name__ = name
    return activity


def _timestamp(moment: datetime | None) -> timestamp_pb2.Timestamp | None:
    if moment is None:
        return None
    stamp = timestamp_pb2.Timestamp()
    stamp.FromDatetime(moment)
    return stamp
