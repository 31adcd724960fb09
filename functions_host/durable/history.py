"""An orchestration's history: events that belong to a task, and the answer to showHistory=true."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import durabletask.internal.orchestrator_service_pb2 as pb

from functions_host.durable.backend_persisted import Instance

_SHOWN = {
    "executionStarted": "ExecutionStarted",
    "taskCompleted": "TaskCompleted",
    "taskFailed": "TaskFailed",
    "timerFired": "TimerFired",
    "eventRaised": "EventRaised",
    "subOrchestrationInstanceCompleted": "SubOrchestrationInstanceCompleted",
    "subOrchestrationInstanceFailed": "SubOrchestrationInstanceFailed",
    "executionCompleted": "ExecutionCompleted",
}

_OF_A_TASK = {
    "taskCompleted",
    "taskFailed",
    "timerFired",
    "subOrchestrationInstanceCompleted",
    "subOrchestrationInstanceFailed",
    "entityOperationCompleted",
    "entityOperationFailed",
    "entityLockGranted",
}


def belongs_to_a_task(event: pb.HistoryEvent) -> bool:
    """Return whether an event ends a task of the run that scheduled it."""
    return event.WhichOneof("eventType") in _OF_A_TASK


def history_events(instance: Instance, *, outputs: bool) -> list[dict[str, Any]]:
    """Return the events; scheduling is folded into completion, as in Azure."""
    names: dict[int, str] = {}
    shown = []
    for event in list(instance.history):
        kind = event.WhichOneof("eventType")
        body = getattr(event, kind)
        if kind in ("taskScheduled", "subOrchestrationInstanceCreated"):
            names[event.eventId] = body.name
        if kind not in _SHOWN:
            continue
        row: dict[str, Any] = {
            "EventType": _SHOWN[kind],
            "Timestamp": event.timestamp.ToDatetime(tzinfo=UTC).isoformat(),
        }
        if kind == "executionStarted":
            row["FunctionName"] = body.name
        if hasattr(body, "taskScheduledId"):
            row["FunctionName"] = names.get(body.taskScheduledId, "")
        if kind == "eventRaised":
            row["Name"] = body.name
        if kind in ("taskFailed", "subOrchestrationInstanceFailed"):
            row["Reason"] = body.failureDetails.errorMessage
        if outputs and hasattr(body, "result") and body.result.value:
            row["Result"] = json.loads(body.result.value)
        shown.append(row)
    return shown
