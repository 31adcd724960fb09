"""azure-functions-durable 2.x: the backend's protobufs go, as base64, through the real worker's triggers and back.

That is the extension's own way, so orchestrators and entities are run by the SDK as in Azure.
"""

from __future__ import annotations

import base64
import itertools
import json
import logging
from typing import Any

import durabletask.internal.orchestrator_service_pb2 as pb
import grpc
from durabletask.entities import EntityInstanceId
from durabletask.internal import helpers
from durabletask.worker import TaskHubGrpcWorker
from google.protobuf.message import Message

from functions_host.durable.line import Call
from functions_host.errors import InvocationFailedError, StoppingError
from functions_host.worker.function import Function
from functions_host.worker.protos import TypedData

log = logging.getLogger(__name__)


class DurableV2:
    """Passes work items to the functions that want them."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._functions: dict[tuple[str, str], Function] = {}

    def add(self, name: str, function: Function) -> None:
        """Take an orchestrator or an entity; entities have no case."""
        key = name.lower() if function.kind == "entityTrigger" else name
        self._functions[function.kind, key] = function

    def make_worker(self, **options: Any) -> TaskHubGrpcWorker:
        """Return a worker that sends orchestrations and entities through the app."""
        return _Passing(self, **options)

    def encode_input(self, value: Any) -> str:
        """Return JSON."""
        return json.dumps(value)

    def client_address(self, http: str, grpc: str) -> str:  # noqa: ARG002 - 2.x has no use for HTTP
        """Return the backend's address, without a slash at its end: gRPC would read it as part of the port."""
        return f"http://{grpc}"

    def run(self, kind: str, name: str, item: Message) -> bytes:
        """Send a work item through its function; return the answer.

        Raises:
            InvocationFailedError: it failed, or there is no such function.
        """
        function = self._functions.get((kind, name))
        if function is None:
            msg = f"there is no {kind} '{name}'"
            raise InvocationFailedError(msg)
        answer = self._call(function, TypedData(string=base64.b64encode(item.SerializeToString()).decode()))
        return base64.b64decode(str(answer.value) if answer is not None else "")


class _Passing(TaskHubGrpcWorker):
    """Receives work items as durabletask's worker does, but executes no orchestrator or entity itself."""

    def __init__(self, line: DurableV2, **options: Any) -> None:
        super().__init__(**options)
        self._line = line

    def _execute_orchestrator(self, req: pb.OrchestratorRequest, stub: Any, completionToken: Any) -> None:  # noqa: N803
        name = next(
            event.executionStarted.name
            for event in itertools.chain(req.pastEvents, req.newEvents)
            if event.HasField("executionStarted")
        )
        try:
            response = pb.OrchestratorResponse.FromString(self._line.run("orchestrationTrigger", name, req))
        except StoppingError:
            return  # it is not answered, so the next host takes it up
        except InvocationFailedError as exc:
            details = helpers.new_failure_details(exc)
            failed = helpers.new_complete_orchestration_action(-1, pb.ORCHESTRATION_STATUS_FAILED, None, None, details)
            response = pb.OrchestratorResponse(instanceId=req.instanceId, actions=[failed])
        response.completionToken = completionToken
        _deliver(stub.CompleteOrchestratorTask, response)

    def _execute_entity_batch(
        self,
        req: pb.EntityBatchRequest | pb.EntityRequest,
        stub: Any,
        completionToken: Any,  # noqa: N803
    ) -> pb.EntityBatchResult:
        infos: list[pb.OperationInfo] = []
        if isinstance(req, pb.EntityRequest):
            req, infos = helpers.convert_to_entity_batch_request(req)
        try:
            name = EntityInstanceId.parse(req.instanceId).entity
            result: pb.EntityBatchResult = pb.EntityBatchResult.FromString(self._line.run("entityTrigger", name, req))
        except StoppingError:
            return pb.EntityBatchResult()
        except InvocationFailedError as exc:
            failure = pb.OperationResultFailure(failureDetails=helpers.new_failure_details(exc))
            failures = [pb.OperationResult(failure=failure) for _ in req.operations]
            result = pb.EntityBatchResult(results=failures, entityState=req.entityState)
        result.completionToken = completionToken
        if not result.operationInfos:
            result.operationInfos.extend(infos[: len(result.results)])
        _deliver(stub.CompleteEntityTask, result)
        return result


def _deliver(send: Any, answer: Message) -> None:
    try:
        send(answer)
    except grpc.RpcError as exc:
        log.debug("the backend took no answer: %s", exc)
