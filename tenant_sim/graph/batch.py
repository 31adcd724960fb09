"""$batch: up to 20 requests in one, each throttled, counted and failing by itself [GR-29]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from tenant_sim.graph.errors import bad_request
from tenant_sim.serving.http import Request, Response, json_response

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

MAX_REQUESTS = 20


def run_batch(sim: TenantSim, request: Request, version: str) -> Response:
    """Run the requests in an order that respects `dependsOn` and answer for all of them."""
    body = request.json()
    parts = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise bad_request("Invalid batch payload format.")
    if len(parts) > MAX_REQUESTS:
        raise bad_request(f"Number of batch request steps exceeds the maximum value of {MAX_REQUESTS}.")
    ids = [str(part.get("id", "")) for part in parts]
    if len(set(ids)) != len(ids) or not all(ids):
        raise bad_request("Request ids in a batch must be present and unique.")
    status: dict[str, int] = {}
    answers, waiting = [], list(parts)
    while waiting:
        part = next((p for p in waiting if all(d in status for d in p.get("dependsOn") or ())), None)
        if part is None:
            raise bad_request("A dependsOn of the batch names no earlier request.")
        waiting.remove(part)
        if any(status[d] >= 400 for d in part.get("dependsOn") or ()):
            failed = {"error": {"code": "FailedDependency", "message": "A request this one depends on failed."}}
            answer = {"id": part["id"], "status": 424, "headers": {}, "body": failed}
        else:
            answer = _run(sim, request, version, part)
        status[str(part["id"])] = answer["status"]
        answers.append(answer)
    sim.rng.shuffle(answers)  # responses come unordered [GR-29]
    return json_response({"responses": answers})


def _run(sim: TenantSim, outer: Request, version: str, part: dict[str, Any]) -> dict[str, Any]:
    headers = {k.lower(): v for k, v in (part.get("headers") or {}).items()}
    if "authorization" in outer.headers:
        headers.setdefault("authorization", outer.headers["authorization"])
    url = urlsplit(str(part.get("url", "")))
    body = part.get("body")
    inner = Request.of(
        str(part.get("method", "GET")),
        f"{outer.base_url}/{version}/{url.path.lstrip('/')}?{url.query}",
        headers,
        orjson.dumps(body) if body is not None else b"",
    )
    answer = sim.dispatch("graph", inner)
    content: Any = None
    if answer.body:
        try:
            content = orjson.loads(answer.body)
        except ValueError:
            content = answer.body.decode("utf-8", "replace")
    return {"id": part["id"], "status": answer.status, "headers": answer.headers, "body": content}
