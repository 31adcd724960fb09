"""Encode and decode orchestrations and entities, and find the work that a restart must continue."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import durabletask.internal.orchestrator_service_pb2 as pb
from durabletask.testing.in_memory_backend import ActivityWorkItem, EntityState, OrchestrationInstance

Row = tuple[Any, ...]


def encode_instance(instance: OrchestrationInstance, execution: str) -> Row:
    """Return an instance as its database row."""
    meta = {
        "name": instance.name,
        "status": instance.status,
        "version": instance.version,
        "input": instance.input,
        "output": instance.output,
        "custom_status": instance.custom_status,
        "created": instance.created_at.isoformat(),
        "updated": instance.last_updated_at.isoformat(),
        "completed": instance.completed_at and instance.completed_at.isoformat(),
        "tags": instance.tags,
        "execution": execution,
    }
    events = pb.OrchestratorRequest(
        instanceId=instance.instance_id,
        pastEvents=instance.history,
        newEvents=[*instance.dispatched_events, *instance.pending_events],
    )
    failure = instance.failure_details.SerializeToString() if instance.failure_details else None
    return instance.instance_id, json.dumps(meta), events.SerializeToString(), failure


def decode_instance(row: Row, *, token: int) -> tuple[OrchestrationInstance, str]:
    """Return an instance and its execution id from a database row; events in work count as unprocessed."""
    instance_id, meta_text, events, failure = row
    meta = json.loads(meta_text)
    request = pb.OrchestratorRequest.FromString(events)
    pending = list(request.newEvents)
    first = [e for e in pending[:1] if e.HasField("orchestratorStarted")]
    rest = [e for e in pending[len(first) :] if not e.HasField("orchestratorStarted")]
    instance = OrchestrationInstance(
        instance_id=instance_id,
        name=meta["name"],
        status=meta["status"],
        version=meta["version"],
        input=meta["input"],
        output=meta["output"],
        custom_status=meta["custom_status"],
        created_at=datetime.fromisoformat(meta["created"]),
        last_updated_at=datetime.fromisoformat(meta["updated"]),
        completed_at=datetime.fromisoformat(meta["completed"]) if meta["completed"] else None,
        failure_details=pb.TaskFailureDetails.FromString(failure) if failure else None,
        history=list(request.pastEvents),
        pending_events=[*first, *rest],
        completion_token=token,
        tags=meta["tags"],
    )
    return instance, meta["execution"]


def encode_entity(entity: EntityState) -> Row:
    """Return an entity as its database row."""
    pending = pb.OrchestratorRequest(newEvents=[*entity.dispatched_operations, *entity.pending_operations])
    return entity.instance_id, entity.serialized_state, pending.SerializeToString()


def decode_entity(row: Row, *, token: int) -> EntityState:
    """Return an entity from a database row."""
    entity_id, state, pending = row
    operations = list(pb.OrchestratorRequest.FromString(pending).newEvents)
    return EntityState(
        instance_id=entity_id, serialized_state=state, completion_token=token, pending_operations=operations
    )


def unfinished(
    instance: OrchestrationInstance,
) -> tuple[list[ActivityWorkItem], list[tuple[int, datetime]], list[tuple[int, str]]]:
    """Return the activities, timers and sub-orchestrations that have begun and not ended."""
    events = [*instance.history, *instance.pending_events]
    ended: dict[str, set[int]] = {"task": set(), "timer": set(), "child": set()}
    for event in events:
        match event.WhichOneof("eventType"):
            case "taskCompleted":
                ended["task"].add(event.taskCompleted.taskScheduledId)
            case "taskFailed":
                ended["task"].add(event.taskFailed.taskScheduledId)
            case "timerFired":
                ended["timer"].add(event.timerFired.timerId)
            case "subOrchestrationInstanceCompleted":
                ended["child"].add(event.subOrchestrationInstanceCompleted.taskScheduledId)
            case "subOrchestrationInstanceFailed":
                ended["child"].add(event.subOrchestrationInstanceFailed.taskScheduledId)
    tasks, timers, children = [], [], []
    for event in events:
        kind = event.WhichOneof("eventType")
        if kind == "taskScheduled" and event.eventId not in ended["task"]:
            task = event.taskScheduled
            tasks.append(
                ActivityWorkItem(
                    instance_id=instance.instance_id,
                    name=task.name,
                    task_id=event.eventId,
                    input=task.input.value if task.HasField("input") else None,
                    completion_token=0,
                    version=task.version.value if task.HasField("version") else None,
                )
            )
        elif kind == "timerCreated" and event.eventId not in ended["timer"]:
            timers.append((event.eventId, event.timerCreated.fireAt.ToDatetime(tzinfo=UTC)))
        elif kind == "subOrchestrationInstanceCreated" and event.eventId not in ended["child"]:
            children.append((event.eventId, event.subOrchestrationInstanceCreated.instanceId))
    return tasks, timers, children
