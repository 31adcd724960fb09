"""Microsoft Graph over HTTP: routing, bearer checks, users and delta."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import orjson

from tenant_sim.clock import iso
from tenant_sim.graph import filter as filtering
from tenant_sim.graph import select as selecting
from tenant_sim.graph.admin import AdminRoutes
from tenant_sim.graph.batch import run_batch
from tenant_sim.graph.delta import Page
from tenant_sim.graph.errors import bad_request, graph_error, not_found
from tenant_sim.graph.tokens import DeltaToken
from tenant_sim.login.apps import GRAPH_APP
from tenant_sim.login.tokens import Token, TokenError
from tenant_sim.serving.http import JSON, HttpError, Request, Response, json_response
from tenant_sim.serving.route import Route, unknown

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

_VERSION = re.compile(r"^/(v1\.0|beta)/(.*?)/?$")
_DELTA = re.compile(r"^users/(?:microsoft\.graph\.)?delta(?:\(\))?$")
READ_USERS = frozenset({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All"})


class GraphRoutes:
    """The Graph surface."""

    def __init__(self, sim: TenantSim) -> None:
        self._sim = sim
        self._admin = AdminRoutes(sim, self)

    def resolve(self, request: Request) -> Route:
        """Find what a request asks for. Doubled slashes count as one: msgraph-sdk writes `/v1.0//users`."""
        request.path = re.sub("//+", "/", request.path)
        found = _VERSION.match(request.path)
        if not found:
            return unknown()
        rest, method = found[2], request.method
        if method == "GET" and _DELTA.match(rest):
            return self._guarded("users.delta", request, READ_USERS, lambda: self._delta(request), units=1)
        if method == "GET" and rest == "users":
            return self._guarded("users.list", request, READ_USERS, lambda: self._list(request), units=2)
        if method == "GET" and (one := re.fullmatch(r"users/([^/]+)", rest)):
            return self._guarded("users.get", request, READ_USERS, lambda: self._get(request, one[1]), units=1)
        if method == "PATCH" and (one := re.fullmatch(r"users/([^/]+)", rest)):
            roles = frozenset({"User.ReadWrite.All"})
            return self._guarded("users.update", request, roles, lambda: self._patch(request, one[1]), units=1)
        if method == "POST" and (one := re.fullmatch(r"users/([^/]+)/sendMail", rest)):
            roles = frozenset({"Mail.Send"})
            return self._guarded("users.sendMail", request, roles, lambda: self._send_mail(request, one[1]), units=1)
        if method == "GET" and rest in (
            "directory/deletedItems/microsoft.graph.user",
            "directory/deletedItems/graph.user",
        ):
            return self._guarded("users.deleted", request, READ_USERS, self._deleted, units=1)
        if method == "POST" and rest == "$batch":
            return self._guarded("batch", request, None, lambda: run_batch(self._sim, request, found[1]), units=0)
        return self._admin.resolve(request, rest) or unknown()

    def _guarded(
        self, operation: str, request: Request, roles: frozenset[str] | None, act: Callable[[], Response], *, units: int
    ) -> Route:
        """Make a route that first checks the token; None for roles: any token for Graph will do."""

        def run() -> Response:
            token = self.authorize(request)
            if roles is not None and not token.roles & roles:
                raise graph_error(
                    403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
                )
            if units:
                throttled = self._sim.graph_throttle.charge(token.app_id, _cost(request, units))
                if throttled is not None:
                    return throttled
            response = act()
            if units:
                response.headers["x-ms-resource-unit"] = str(_cost(request, units))
                response.headers.update(self._sim.graph_throttle.headers(token.app_id))
            return response

        return Route(operation, lambda: self._finish(request, run))

    guarded = _guarded

    def authorize(self, request: Request) -> Token:
        """Check the bearer token; 401 as Graph answers it.

        ASSUMED: graph-401-texts: InvalidAuthenticationToken is known, its messages are as remembered.
        """
        audiences = {request.base_url.lower(), self._sim.urls.graph.lower(), self._sim.real_urls.graph, GRAPH_APP}
        try:
            return self._sim.tokens.check(request.headers.get("authorization"), audiences)
        except TokenError as exc:
            text = {
                "missing": "Access token is empty.",
                "expired": "Lifetime validation failed, the token is expired.",
                "audience": "Access token validation failure. Invalid audience.",
                "issuer": "Access token validation failure. Invalid issuer.",
            }.get(exc.reason, "IDX14100: JWT is not well formed.")
            raise graph_error(401, "InvalidAuthenticationToken", text) from exc

    def _finish(self, request: Request, run: Callable[[], Response]) -> Response:
        """Add the request ids that every answer of Graph carries."""
        request_id = self._sim.new_guid()
        client_id = request.headers.get("client-request-id", request_id)
        try:
            response = run()
        except HttpError as exc:
            response = exc.response
            body = response.json()
            body["error"]["innerError"] = {
                "date": iso(self._sim.time()).rstrip("Z"),
                "request-id": request_id,
                "client-request-id": client_id,
            }
            response.body = orjson.dumps(body)
        response.headers.update({"request-id": request_id, "client-request-id": client_id})
        return response

    # -- users -------------------------------------------------------------------------------------------------------

    def _list(self, request: Request) -> Response:
        directory = self._sim.directory
        names = selecting.parse(request.param("$select"))
        top = _number(request.param("$top"), 100, 999)
        test = filtering.compile_filter(request.param("$filter") or "") if request.param("$filter") else None
        start = _number(request.param("$skiptoken"), 0, 10**9)
        out, at = [], start
        for at in range(start, len(directory.ids)):
            if directory.status[at] != 0:
                continue
            record = directory.record(at)
            if test is None or test(record):
                if len(out) == top:
                    break
                out.append(selecting.full(record, names))
        else:
            at = len(directory.ids)
        body = {"@odata.context": f"{request.base_url}/v1.0/$metadata#users"}
        if (request.param("$count") or "").lower() == "true":
            body["@odata.count"] = sum(1 for s in directory.live_slots() if test is None or test(directory.record(s)))
        if at < len(directory.ids):
            kept = "&".join(p for p in request.query.split("&") if p and not p.lower().startswith("$skiptoken="))
            body["@odata.nextLink"] = f"{request.base_url}{request.path}?{kept}&$skiptoken={at}"
        return json_response({**body, "value": out})

    def _get(self, request: Request, key: str) -> Response:
        slot = self._sim.directory.find(key)
        if slot is None:
            raise not_found(key)
        names = selecting.parse(request.param("$select"))
        record = self._sim.replica.record(slot)
        if record is None:
            raise not_found(key)
        context = {"@odata.context": f"{request.base_url}/v1.0/$metadata#users/$entity"}
        return json_response({**context, **selecting.full(record, names)})

    def _patch(self, request: Request, key: str) -> Response:
        slot = self._sim.directory.find(key)
        if slot is None:
            raise not_found(key)
        try:
            self._sim.directory.patch(self._sim.directory.ids[slot], request.json())
        except ValueError as exc:
            raise bad_request(str(exc), "Request_BadRequest") from exc
        return Response(204)

    def _send_mail(self, request: Request, key: str) -> Response:
        """Take a mail; everybody in the directory has a mailbox.

        ASSUMED: graph-sendmail: documented for the service, read from memory.
        """
        if self._sim.directory.find(key) is None:
            raise graph_error(404, "ErrorInvalidUser", f"The requested user '{key}' is invalid.")
        self._sim.mails.append({"sender": key, **request.json()["message"]})
        return Response(202)

    def _deleted(self) -> Response:
        return json_response({"value": self._sim.directory.deleted()})

    # -- delta -------------------------------------------------------------------------------------------------------

    def _delta(self, request: Request) -> Response:
        skip, delta = request.param("$skiptoken"), request.param("$deltatoken")
        if skip is not None and delta is not None:
            raise bad_request("Invalid request: Both skiptoken and deltatoken can't be in the same request.")
        for name in ("$expand", "$orderby", "$search"):
            if request.param(name) is not None:
                raise bad_request(f"Invalid request for delta query: {name} is not supported.")
        size, minimal = _prefer(request.headers.get("prefer", ""))
        service = self._sim.delta
        if skip is not None or (delta and delta.lower() != "latest"):
            return self._page(request, service.page(self._resume(request, skip, delta), size, minimal=minimal), minimal)
        names = selecting.parse(request.param("$select"))
        only = filtering.delta_ids(request.param("$filter") or "") if request.param("$filter") else ()
        first = service.start(names, only, latest=bool(delta), size=size)
        if isinstance(first, DeltaToken):
            first = Page(b"", first, 0)
        return self._page(request, first, minimal)

    def _resume(self, request: Request, skip: str | None, delta: str | None) -> DeltaToken:
        """Read the token of a link; a reset carries a Location with an empty deltatoken (graph.md A5)."""
        try:
            return self._sim.delta.resume(skip, "skip") if skip is not None else self._sim.delta.resume(delta, "delta")
        except HttpError as exc:
            if exc.response.status == 410:
                exc.response.headers["Location"] = f"{request.base_url}{request.path}?$deltatoken="
            raise

    def _page(self, request: Request, page: Page, minimal: bool) -> Response:
        token = page.token.encode(self._sim.delta.key)
        link, name = ("nextLink", "$skiptoken") if page.token.kind == "skip" else ("deltaLink", "$deltatoken")
        url = f"{request.base_url}{request.path}?{name}={token}"
        trouble = self._sim.delta.options.bad_link if link == "nextLink" else None
        if trouble:
            self._sim.delta.options.bad_link = None
            url = {
                "loop": f"{request.base_url}{request.path}?{request.query}",
                "foreign": f"https://graph.example.net{request.path}?{name}={token}",
            }.get(trouble, "")
        context = f"{request.base_url}/v1.0/$metadata#users({','.join(page.token.select)})"
        shown = f',"@odata.{link}":"{url}"' if url else ""
        head = f'{{"@odata.context":"{context}"{shown},"value":['.encode()
        headers = {
            "Content-Type": f"{JSON};odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
        }
        if minimal:
            headers["Preference-Applied"] = "return=minimal"
        return Response(200, headers, head + page.members + b"]}")


def _prefer(text: str) -> tuple[int | None, bool]:
    """Read `odata.maxpagesize` (may lower the page, never raise it) and `return=minimal` (graph.md A2, A4)."""
    found = re.search(r"odata\.maxpagesize\s*=\s*(\d+)", text)
    return (max(1, int(found[1])) if found else None), "return=minimal" in text.replace(" ", "")


def _number(text: str | None, default: int, most: int) -> int:
    if text is None:
        return default
    if not text.isdigit() or int(text) > most:
        raise bad_request(
            f"Invalid page size specified: '{text}'. Must be between 1 and {most} inclusive.", "Request_BadRequest"
        )
    return int(text)


def _cost(request: Request, base: int) -> int:
    """Resource units: `$select` and a `$top` under 20 one less, `$expand` one more, never under 1 (graph.md B)."""
    top = request.param("$top") or ""
    few = top.isdigit() and int(top) < 20
    return max(1, base - (request.param("$select") is not None) - few + (request.param("$expand") is not None))
