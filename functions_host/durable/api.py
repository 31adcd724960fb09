"""The durable extension's HTTP API: for the client of 1.x (inside the host) and for management addresses."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import grpc

from functions_host.durable.backend_persisted import Instance
from functions_host.durable.engine import FINISHED, STATUS, DurableEngine, Refused
from functions_host.durable.history import history_events
from functions_host.errors import UnknownFunctionError
from functions_host.http_types import Answer, Request, json_answer

WEBHOOK = "/runtime/webhooks/durabletask"
PLACEHOLDER = "INSTANCEID"


class DurableApi:
    """Answers durable requests."""

    def __init__(self, engine: DurableEngine, hub_name: str, code: str, rpc_path: str) -> None:
        self._engine = engine
        self._hub_name = hub_name
        self._code = code
        self.rpc_path = rpc_path

    def client_binding(self, base_url: str) -> str:
        """Return what the extension hands to a durable client parameter."""
        links = {
            "statusQueryGetUri": "",
            "sendEventPostUri": "/raiseEvent/{eventName}",
            "terminatePostUri": "/terminate?reason={text}",
            "rewindPostUri": "/rewind?reason={text}",
            "purgeHistoryDeleteUri": "",
            "restartPostUri": "/restart",
            "suspendPostUri": "/suspend?reason={text}",
            "resumePostUri": "/resume?reason={text}",
        }
        query = f"taskHub={self._hub_name}&connection=Storage&code={self._code}"
        instances = f"{base_url}{WEBHOOK}/instances/{PLACEHOLDER}"
        urls = {name: f"{instances}{path}{'&' if '?' in path else '?'}{query}" for name, path in links.items()}
        create = f"{base_url}{WEBHOOK}/orchestrators/{{functionName}}[/{{instanceId}}]?code={self._code}"
        return json.dumps(
            {
                "taskHubName": self._hub_name,
                "creationUrls": {"createNewInstancePostUri": create},
                "managementUrls": {"id": PLACEHOLDER, **urls},
                "baseUrl": f"{base_url}{WEBHOOK}",
                "requiredQueryStringParameters": f"code={self._code}",
                "rpcBaseUrl": self._engine.client_address(f"{base_url}{self.rpc_path}"),
            }
        )

    def answer(self, request: Request, path: list[str], *, from_client: bool) -> Answer:
        """Answer one request; `from_client`: it comes from the client of 1.x, which wants no addresses."""
        try:
            body = json.loads(request.body) if request.body else None
        except ValueError:
            return json_answer(400, {"Message": "Only application/json request content is supported"})
        try:
            match path, request.method:
                case ["orchestrators", name, *rest], "POST":
                    return self._start(request, name, rest[0] if rest else None, body, from_client=from_client)
                case ["instances"], "GET":
                    return self._list(request)
                case ["instances"], "DELETE":
                    return self._purge_by(request.query)
                case ["instances", instance_id], "GET":
                    return self._status(request, instance_id)
                case ["instances", instance_id], "DELETE":
                    return self._purge(instance_id)
                case ["instances", instance_id, "raiseEvent", event], "POST":
                    return self._act(instance_id, lambda: self._engine.raise_event(instance_id, event, body))
                case ["instances", instance_id, "restart"], "POST":
                    return self._restart(instance_id, request)
                case ["instances", instance_id, "rewind"], "POST":
                    return self._rewind(instance_id, request.query.get("reason", ""))
                case ["instances", instance_id, ("terminate" | "suspend" | "resume") as verb], "POST":
                    act = getattr(self._engine, verb)
                    return self._act(instance_id, lambda: act(instance_id, request.query.get("reason", "")))
        except Refused as exc:
            code = 404 if exc.code == grpc.StatusCode.NOT_FOUND else 409
            return json_answer(code, {"Message": str(exc)})
        return json_answer(404, {"Message": "no such durable address"})

    def _start(self, request: Request, name: str, instance_id: str | None, body: Any, *, from_client: bool) -> Answer:
        chosen = instance_id or uuid.uuid4().hex
        try:
            self._engine.start_new(name, chosen, body, request.query.get("version"))
        except UnknownFunctionError as exc:
            return json_answer(
                400,
                {
                    "Message": "One or more of the arguments submitted is incorrect",
                    "ExceptionMessage": str(exc),
                    "ExceptionType": "System.ArgumentException",
                },
            )
        except Refused:
            existing = self._engine.find(chosen)
            state = STATUS[existing.status] if existing else "Running"
            return json_answer(409, {"Message": f"An Orchestration instance with the status {state} already exists."})
        if from_client:
            return json_answer(202, {"id": chosen})
        links = json.loads(self.client_binding(request.base_url))["managementUrls"]
        links = {key: value.replace(PLACEHOLDER, chosen) for key, value in links.items()}
        return json_answer(202, links, {"Location": links["statusQueryGetUri"], "Retry-After": "10"})

    def _status(self, request: Request, instance_id: str) -> Answer:
        instance = self._engine.find(instance_id)
        if instance is None:
            return json_answer(404, f"No instance with ID '{instance_id}' found.")
        document = describe(instance, show_input=_flag(request.query, "showInput", default=True))
        if _flag(request.query, "showHistory"):
            document["historyEvents"] = history_events(instance, outputs=_flag(request.query, "showHistoryOutput"))
        if document["runtimeStatus"] in FINISHED:
            failed = _flag(request.query, "returnInternalServerErrorOnFailure")
            return json_answer(500 if failed and document["runtimeStatus"] == "Failed" else 200, document)
        here = f"{request.base_url}{WEBHOOK}/instances/{instance_id}?code={self._code}"
        return json_answer(202, document, {"Location": here, "Retry-After": "5"})

    def _list(self, request: Request) -> Answer:
        query = request.query
        since, until = _moment(query.get("createdTimeFrom")), _moment(query.get("createdTimeTo"))
        wanted = {text.lower() for text in query.get("runtimeStatus", "").split(",") if text}
        prefix = query.get("instanceIdPrefix", "")
        found = [
            instance
            for instance in self._engine.instances()
            if instance.instance_id.startswith(prefix)
            and (since is None or instance.created_at >= since)
            and (until is None or instance.created_at <= until)
            and (not wanted or STATUS[instance.status].lower() in wanted)
        ]
        first = int(request.headers.get("x-ms-continuation-token") or 0)
        top = int(query.get("top") or 0) or len(found)
        headers = {"x-ms-continuation-token": str(first + top)} if first + top < len(found) else {}
        show_input = _flag(query, "showInput", default=True)
        return json_answer(200, [describe(one, show_input=show_input) for one in found[first : first + top]], headers)

    def _purge(self, instance_id: str) -> Answer:
        instance = self._engine.find(instance_id)
        if instance is not None and STATUS[instance.status] not in FINISHED:
            return json_answer(412, {"Message": "Only orchestrations in a terminal state can be purged."})
        count = self._engine.purge(instance_id)
        return json_answer(200 if count else 404, {"instancesDeleted": count})

    def _purge_by(self, query: Mapping[str, str]) -> Answer:
        since = _moment(query.get("createdTimeFrom"))
        if since is None:
            return json_answer(400, {"Message": "Please provide value for 'createdTimeFrom' parameter."})
        statuses = [text for text in query.get("runtimeStatus", "").split(",") if text]
        count = self._engine.purge_by(since, _moment(query.get("createdTimeTo")), statuses)
        return json_answer(200 if count else 404, {"instancesDeleted": count})

    def _act(self, instance_id: str, action: Any) -> Answer:
        instance = self._engine.find(instance_id)
        if instance is None:
            return json_answer(404, None)
        if STATUS[instance.status] in FINISHED:
            return json_answer(410, None)
        action()
        return json_answer(202, None)

    def _restart(self, instance_id: str, request: Request) -> Answer:
        new_id = _flag(request.query, "restartWithNewInstanceId", default=True)
        restarted = self._engine.restart(instance_id, new_id=new_id)
        links = json.loads(self.client_binding(request.base_url))["managementUrls"]
        return json_answer(202, {key: value.replace(PLACEHOLDER, restarted) for key, value in links.items()})

    def _rewind(self, instance_id: str, reason: str) -> Answer:
        instance = self._engine.find(instance_id)
        if instance is not None and STATUS[instance.status] in FINISHED - {"Failed"}:
            return json_answer(410, None)
        self._engine.rewind(instance_id, reason)
        return json_answer(202, None)


def describe(instance: Instance, *, show_input: bool = True) -> dict[str, Any]:
    """Return an instance as the status query shows it."""
    output = _json(instance.output)
    if instance.failure_details is not None:
        output = f"Orchestrator function '{instance.name}' failed: {instance.failure_details.errorMessage}"
    return {
        "name": instance.name,
        "instanceId": instance.instance_id,
        "runtimeStatus": STATUS[instance.status],
        "input": _json(instance.input) if show_input else None,
        "customStatus": _json(instance.custom_status),
        "output": output,
        "createdTime": _iso(instance.created_at),
        "lastUpdatedTime": _iso(instance.last_updated_at),
    }


def _json(text: str | None) -> Any:
    return None if not text else json.loads(text)


def _flag(query: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    return query.get(name, str(default)).lower() == "true"


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text.replace(" ", "+"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
