"""Groups, their delta and their members, and people's managers over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from tenant_sim.graph import filter as filtering
from tenant_sim.graph import select as selecting
from tenant_sim.graph.errors import bad_request, graph_error, not_found, not_simulated
from tenant_sim.graph.relations.groups import Group, Groups
from tenant_sim.graph.tokens import DeltaToken, decode
from tenant_sim.serving.http import Request, Response, json_response
from tenant_sim.serving.route import Route

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

READ_MEMBERS = frozenset(
    {"GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All"}
)  # the first is enough [GR-51]
_DELTA = re.compile(r"^groups/(?:microsoft\.graph\.)?delta(?:\(\))?$")


class Guarded(Protocol):
    """Makes a route that checks the token first."""

    def __call__(
        self, operation: str, request: Request, roles: frozenset[str] | None, act: Callable[[], Response], *, units: int
    ) -> Route:
        """Return the route."""


class RelationRoutes:
    """The routes of groups and managers."""

    def __init__(self, sim: TenantSim, guarded: Guarded, read_users: frozenset[str]) -> None:
        self._sim, self._guarded, self._read_users = sim, guarded, read_users

    def resolve(self, request: Request, rest: str) -> Route | None:
        """Find what a request asks for, if it is about groups or managers."""
        if request.method != "GET":
            return None
        if _DELTA.match(rest):
            return self._guarded("groups.delta", request, READ_MEMBERS, lambda: self._delta(request), units=1)
        parts = rest.split("/")
        one = parts[1] if len(parts) > 1 else ""
        match parts:
            case ["groups", _]:
                return self._guarded("groups.get", request, READ_MEMBERS, lambda: self._get(request, one), units=1)
            case ["groups", _, "transitiveMembers" as name]:
                act = partial(self._transitive, request, one)
                return self._guarded(f"groups.{name}", request, READ_MEMBERS, act, units=1)
            case ["users", _, "manager" as name]:
                act = partial(self._manager, request, one)
                return self._guarded(f"users.{name}", request, self._read_users, act, units=1)
        return None

    def _get(self, request: Request, group: str) -> Response:
        found = self._sim.groups.find(group)
        if found is None:
            raise not_found(group)
        return json_response(selecting.only(request, self._sim.groups.shown(found)))

    def _transitive(self, request: Request, group: str) -> Response:
        found = self._sim.groups.find(group)
        if found is None:
            raise not_found(group)
        text = request.param("$top") or "100"
        if not text.isdigit() or not 1 <= int(text) <= 999:
            raise bad_request(f"Invalid page size specified: '{text}'.", "Request_BadRequest")
        start, top = selecting.start(request.param("$skiptoken")), int(text)
        members = sorted(self._sim.groups.everybody_in(found).items())
        body: dict[str, Any] = {
            "value": [{"@odata.type": kind, "id": one} for one, kind in members[start : start + top]]
        }
        if start + top < len(members):
            body["@odata.nextLink"] = f"{request.base_url}{request.path}?$top={top}&$skiptoken={start + top}"
        return json_response(body)

    def _manager(self, request: Request, key: str) -> Response:
        """Answer with somebody's manager; 404 where there is none [GR-60]."""
        directory = self._sim.directory
        slot = directory.find(key)
        manager = None if slot is None else self._sim.managers.of(directory.ids[slot])
        if manager is None:
            raise not_found(key if slot is None else "manager")
        names = selecting.parse(request.param("$select"), self._sim.delta.spellings())
        shown = selecting.full(directory.get(manager), names)
        return json_response({"@odata.type": "#microsoft.graph.user", **shown})

    # -- delta -------------------------------------------------------------------------------------------------------

    def _delta(self, request: Request) -> Response:
        skip, delta = request.param("$skiptoken"), request.param("$deltatoken")
        if skip is None and not delta:
            names = [one for one in (request.param("$select") or "").split(",") if one]
            if "members" not in names:
                raise not_simulated("groups/delta without $select=members")
            only = filtering.delta_ids(request.param("$filter") or "") if request.param("$filter") else ()
            log = self._sim.groups.log
            token = DeltaToken(
                "skip", tuple(names), -1, len(log), 0, 0, self._sim.time(), self._sim.delta.generation, 0, only
            )
        else:
            token = self._resume(skip, delta)
        return self._page(request, token)

    def _resume(self, skip: str | None, delta: str | None) -> DeltaToken:
        kind = "skip" if skip is not None else "delta"
        token, options = decode(skip or delta or "", kind, self._sim.delta.key + b"groups"), self._sim.delta.options
        age = self._sim.time() - token.issued
        if token.generation != self._sim.delta.generation:
            raise graph_error(410, "resyncRequired", "Resync required.")
        if kind == "skip":
            if options.page_token_lifetime_s is not None and age > options.page_token_lifetime_s:
                raise bad_request("The specified page token value has expired.", "Directory_ExpiredPageToken")
            return token
        if age > options.token_lifetime_s:
            raise graph_error(options.expired_status, options.expired_code, "The delta token is expired.")
        return replace(token, kind="skip", upto=len(self._sim.groups.log), position=0, issued=self._sim.time())

    def _page(self, request: Request, token: DeltaToken) -> Response:
        groups, most = self._sim.groups, self._sim.groups.options.members_per_page
        pieces = list(self._pieces(groups, token, most))
        shown = pieces[token.position : token.position + 1]
        last = token.position + 1 >= len(pieces)
        kind = "delta" if last else "skip"
        following = replace(
            token, kind=kind, position=0 if last else token.position + 1, since=token.upto if last else token.since
        )
        link, name = ("deltaLink", "$deltatoken") if last else ("nextLink", "$skiptoken")
        text = replace(following, issued=self._sim.time()).encode(self._sim.delta.key + b"groups")
        url = f"{request.base_url}{request.path}?{name}={text}"
        return json_response({"value": shown, f"@odata.{link}": url})

    def _pieces(self, groups: Groups, token: DeltaToken, most: int) -> Iterator[dict[str, Any]]:
        """Yield a round's records: of a large group several, each with some of its members [GR-53]."""
        for key, changed in groups.changed_since(token.since, token.upto, token.only).items():
            group = groups.all[key]
            if group.deleted:
                yield {"id": key, "@removed": {"reason": "changed"}}
                continue
            members = [
                self._member(groups, group, one)
                for one in changed
                if one in group.members or token.since >= 0 or groups.options.first_round_removed
            ]
            record = {"id": key, "displayName": group.name}
            if not members:
                yield record  # a group without members shows none [GR-52]
            for start in range(0, len(members), most):
                yield {**record, "members@delta": members[start : start + most]}

    @staticmethod
    def _member(groups: Groups, group: Group, member: str) -> dict[str, Any]:
        shown: dict[str, Any] = {"@odata.type": groups.type_of(member), "id": member}
        return shown if member in group.members else {**shown, "@removed": {"reason": "deleted"}}
