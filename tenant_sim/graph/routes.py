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
from tenant_sim.graph.errors import bad_request, graph_error, not_simulated
from tenant_sim.graph.relations.routes import RelationRoutes
from tenant_sim.graph.segments import refusal
from tenant_sim.graph.tokens import DeltaToken
from tenant_sim.graph.users import Users
from tenant_sim.login.apps import GRAPH_APP
from tenant_sim.login.tokens import Token, TokenError
from tenant_sim.serving.http import JSON, HttpError, Request, Response
from tenant_sim.serving.route import Route

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

_VERSION = re.compile(r"^/(v1\.0|beta)/(.*?)/?$")
_DELTA = re.compile(r"^users/(?:microsoft\.graph\.)?delta(?:\(\))?$")
_INVALID_URL = b"<html><body><h2>Bad Request - Invalid URL</h2><hr><p>HTTP Error 400.</p></body></html>"
_WITHOUT_SIGN = frozenset({"select", "filter", "top", "skip", "orderby", "expand", "search", "count"})
READ_USERS = frozenset({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All"})  # the first is enough [GR-8]


def _check_names(request: Request) -> None:
    """Refuse what would otherwise be ignored in silence: an option given twice, and one without its `$`.

    ASSUMED [GR-49]: the text is that of Microsoft's OData library.
    """
    if name := request.doubled:
        text = f"Query option '{name}' was specified more than once, but it must be specified at most once."
        raise bad_request(text)
    if bare := sorted(_WITHOUT_SIGN & request.params.keys()):
        raise not_simulated(f"query options without $ ({bare[0]})")


class GraphRoutes:
    """The Graph surface."""

    def __init__(self, sim: TenantSim) -> None:
        self._sim = sim
        self._admin = AdminRoutes(sim, self)
        self._users = Users(sim)
        self._relations = RelationRoutes(sim, self._guarded, READ_USERS)

    def resolve(self, request: Request) -> Route:
        """Find what a request asks for. Doubled slashes count as one: msgraph-sdk writes `/v1.0//users`."""
        request.path = re.sub("//+", "/", request.path)
        if self._too_long(request):
            return Route("unknown", lambda: Response(400, {"Content-Type": "text/html"}, _INVALID_URL))
        found = _VERSION.match(request.path)
        if not found:
            return self._unknown(request, request.path)
        head, slash, tail = found[2].partition("/")
        rest = f"{'users' if head.lower() == 'users' else head}{slash}{tail}"
        method = request.method
        if method == "GET" and _DELTA.match(rest):
            return self._guarded("users.delta", request, READ_USERS, lambda: self._delta(request), units=1)
        if method == "POST" and rest == "$batch":
            return self._guarded("batch", request, None, lambda: run_batch(self._sim, request, found[1]), units=0)
        return (
            self._user(request, rest)
            or self._relations.resolve(request, rest)
            or self._admin.resolve(request, rest)
            or self._unknown(request, rest)
        )

    def _user(self, request: Request, rest: str) -> Route | None:
        """Find what a request asks for, if it is about users."""
        users, method = self._users, request.method
        if method == "GET" and rest == "users":
            return self._guarded("users.list", request, READ_USERS, lambda: users.list(request), units=2)
        if method == "GET" and rest == "users/$count":
            return self._guarded("users.count", request, READ_USERS, lambda: users.count(request), units=1)
        if method == "GET" and re.fullmatch(r"directory/deletedItems/(microsoft\.)?graph\.user", rest):
            return self._guarded("users.deleted", request, READ_USERS, lambda: users.deleted(request), units=1)
        one = re.fullmatch(r"users/([^/]+)(/sendMail)?", rest)
        if one is None:
            return None
        key, mail = one[1], one[2]
        if method == "GET" and not mail:
            return self._guarded("users.get", request, READ_USERS, lambda: users.get(request, key), units=1)
        if method == "PATCH" and not mail:
            roles = frozenset({"User.ReadWrite.All"})
            return self._guarded("users.update", request, roles, lambda: users.patch(request, key), units=1)
        if method == "POST" and mail:
            roles = frozenset({"Mail.Send"})
            return self._guarded("users.sendMail", request, roles, lambda: users.send_mail(request, key), units=1)
        return None

    def _unknown(self, request: Request, rest: str) -> Route:
        def refuse() -> Response:
            raise refusal(request.method, rest)

        return self._guarded("unknown", request, None, refuse, units=0)

    def _too_long(self, request: Request) -> bool:
        """Return whether the address is longer than the service accepts; it always accepts its own links.

        ASSUMED [GR-48]: 16,384 characters, above which there is a bare 400 without a Graph error.
        """
        length = len(request.base_url) + len(request.path) + 1 + len(request.query)
        own = request.param("$skiptoken") is not None or request.param("$deltatoken") is not None
        return length > self._sim.max_address and not own

    def _guarded(
        self, operation: str, request: Request, roles: frozenset[str] | None, act: Callable[[], Response], *, units: int
    ) -> Route:
        """Make a route that first checks the token; None for roles: any token for Graph will do."""

        def run() -> Response:
            token = self.authorize(request)
            if roles is not None and not token.roles & roles:
                raise graph_error(
                    403,
                    "Authorization_RequestDenied",
                    "Insufficient privileges to complete the operation.",  # [GR-23]
                )
            if units:
                throttled = self._sim.graph_throttle.charge(token.app_id, _cost(request, units))
                if throttled is not None:
                    return throttled
            _check_names(request)
            response = act()
            if units:
                response.headers["x-ms-resource-unit"] = str(_cost(request, units))
                response.headers.update(self._sim.graph_throttle.headers(token.app_id))
            return response

        return Route(operation, lambda: self._finish(request, run))

    guarded = _guarded

    def authorize(self, request: Request) -> Token:
        """Check the bearer token; 401 as Graph answers it.

        ASSUMED [GR-43]: InvalidAuthenticationToken is known, its messages are as remembered.
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

    # -- delta -------------------------------------------------------------------------------------------------------

    def _delta(self, request: Request) -> Response:
        skip, delta = request.param("$skiptoken"), request.param("$deltatoken")
        if skip is not None and delta is not None:
            raise bad_request("Invalid request: Both skiptoken and deltatoken can't be in the same request.")
        for name in ("$expand", "$orderby", "$search", "$count", "$skip"):
            if request.param(name) is not None:
                raise bad_request(f"Invalid request for delta query: {name} is not supported.")
        size, minimal = _prefer(request.headers.get("prefer", ""))
        service = self._sim.delta
        if skip is not None or (delta and delta.lower() != "latest"):
            return self._page(request, service.page(self._resume(request, skip, delta), size, minimal=minimal), minimal)
        names = selecting.parse(request.param("$select"), self._sim.delta.spellings())
        only = filtering.delta_ids(request.param("$filter") or "") if request.param("$filter") else ()
        first = service.start(names, only, latest=bool(delta), size=size)
        if isinstance(first, DeltaToken):
            first = Page(b"", first, 0)
        return self._page(request, first, minimal)

    def _resume(self, request: Request, skip: str | None, delta: str | None) -> DeltaToken:
        """Read the token of a link; a reset carries a Location with an empty deltatoken [GR-20]."""
        try:
            if skip is not None:
                return self._sim.delta.resume(skip, "skip")
            return self._sim.delta.resume(delta or "", "delta")
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
    """Read `odata.maxpagesize` (may lower the page, never raise it) and `return=minimal` [GR-9, GR-11]."""
    found = re.search(r"odata\.maxpagesize\s*=\s*(\d+)", text)
    return (max(1, int(found[1])) if found else None), "return=minimal" in text.replace(" ", "")


def _cost(request: Request, base: int) -> int:
    """Resource units: `$select` and a `$top` under 20 one less, `$expand` one more, never under 1 [GR-26]."""
    top = request.param("$top") or ""
    few = top.isdigit() and int(top) < 20
    return max(1, base - (request.param("$select") is not None) - few + (request.param("$expand") is not None))
