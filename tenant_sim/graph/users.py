"""`/users` of Graph, read and changed: query options are applied, refused as by Graph, or named as missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from tenant_sim.graph import filter as filtering
from tenant_sim.graph import schema
from tenant_sim.graph import select as selecting
from tenant_sim.graph.directory import LIVE
from tenant_sim.graph.errors import bad_request, graph_error, not_found, not_simulated
from tenant_sim.serving.http import Request, Response, json_response

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

Records = list[dict[str, Any]]
_LIST_OPTIONS = frozenset({"$select", "$top", "$filter", "$count", "$orderby", "$skiptoken", "$format", "$expand"})
_MANAGER = re.compile(r"manager\(\$select=([\w,]+)\)", re.ASCII)
_ONE_OPTIONS = frozenset({"$select", "$format"})
_SORTABLE = frozenset({"displayName", "userPrincipalName"})
"""What may be sorted by without an advanced query."""


class Users:
    """The collection and its members."""

    def __init__(self, sim: TenantSim) -> None:
        self._sim = sim

    def list(self, request: Request) -> Response:
        """Answer with a page of users."""
        _check(request, _LIST_OPTIONS)
        counted = _counted(request)
        names = selecting.parse(request.param("$select"), self._sim.delta.spellings())
        top = _number(request.param("$top"), 100, 999)
        expand = self._expand(request.param("$expand"))
        start, test = selecting.start(request.param("$skiptoken")), self._test(request)
        if order := request.param("$orderby"):
            found = list(self._found(test))
            _sort(found, order, advanced=counted, filtered=request.param("$filter") is not None)
            page, following = found[start : start + top], start + top if start + top < len(found) else None
        else:
            page, following = self._page(test, start, top)
        body: dict[str, Any] = {"@odata.context": f"{request.base_url}/v1.0/$metadata#users"}
        if counted:
            body["@odata.count"] = sum(1 for _ in self._found(test))
        if following is not None:
            kept = "&".join(p for p in request.query.split("&") if p and not p.lower().startswith("$skiptoken="))
            body["@odata.nextLink"] = f"{request.base_url}{request.path}?{kept}&$skiptoken={following}"
        return json_response({**body, "value": [{**selecting.full(one, names), **expand(one)} for one in page]})

    def _expand(self, text: str | None) -> Callable[[dict[str, Any]], dict[str, Any]]:
        """Return the function that adds somebody's manager; it adds nothing where there is none [GR-61]."""
        if text is None:
            return lambda _: {}
        found = _MANAGER.fullmatch(text)
        if found is None:
            raise not_simulated("$expand on users, but for manager($select=…)")
        names, sim = selecting.parse(found[1], self._sim.delta.spellings()), self._sim

        def manager(record: dict[str, Any]) -> dict[str, Any]:
            of = sim.managers.of(record["id"])
            kind = {"@odata.type": "#microsoft.graph.user"}
            return {} if of is None else {"manager": {**kind, **selecting.full(sim.directory.get(of), names)}}

        return manager

    def _found(self, test: filtering.Test) -> Iterator[dict[str, Any]]:
        directory = self._sim.directory
        return filter(test, (directory.record(slot) for slot in directory.live_slots()))

    def _page(self, test: filtering.Test, start: int, top: int) -> tuple[Records, int | None]:
        """Read users from a slot on, and return the slot of the next page: a large directory is read once."""
        directory = self._sim.directory
        page: Records = []
        for slot in range(start, len(directory.ids)):
            if directory.status[slot] == LIVE and test(record := directory.record(slot)):
                if len(page) == top:
                    return page, slot
                page.append(record)
        return page, None

    def count(self, request: Request) -> Response:
        """Answer with the number of users, as plain text; an advanced query."""
        _check(request, frozenset({"$filter"}))
        if not _eventual(request):
            raise _no_count()
        number = sum(1 for _ in self._found(self._test(request)))
        return Response(200, {"Content-Type": "text/plain"}, str(number).encode())

    def get(self, request: Request, key: str) -> Response:
        """Answer with one user."""
        _check(request, _ONE_OPTIONS)
        slot = self._sim.directory.find(key)
        record = None if slot is None else self._sim.replica.record(slot)
        if record is None:
            raise not_found(key)
        names = selecting.parse(request.param("$select"), self._sim.delta.spellings())
        context = {"@odata.context": f"{request.base_url}/v1.0/$metadata#users/$entity"}
        return json_response({**context, **selecting.full(record, names)})

    def patch(self, request: Request, key: str) -> Response:
        """Change a user."""
        slot = self._sim.directory.find(key)
        if slot is None:
            raise not_found(key)
        try:
            self._sim.directory.patch(self._sim.directory.ids[slot], request.json())
        except ValueError as exc:
            raise bad_request(str(exc), "Request_BadRequest") from exc
        return Response(204)

    def send_mail(self, request: Request, key: str) -> Response:
        """Take a mail; everybody in the directory has a mailbox.

        ASSUMED [GR-44]: documented for the service, read from memory.
        """
        if self._sim.directory.find(key) is None:
            raise graph_error(404, "ErrorInvalidUser", f"The requested user '{key}' is invalid.")
        self._sim.mails.append({"sender": key, **request.json()["message"]})
        return Response(202)

    def deleted(self, request: Request) -> Response:
        """Answer with the users in deletedItems."""
        if options := sorted(name for name in request.params if name.startswith("$")):
            raise not_simulated(f"{options[0]} on deleted users")
        return json_response({"value": self._sim.directory.deleted()})

    def _test(self, request: Request) -> filtering.Test:
        text = request.param("$filter")
        if not text:
            return lambda _record: True
        known = self._sim.delta.spellings()
        return filtering.compile_filter(text, advanced=_eventual(request), known=known)


def _eventual(request: Request) -> bool:
    return request.headers.get("consistencylevel", "").lower() == "eventual"


def _counted(request: Request) -> bool:
    text = (request.param("$count") or "false").lower()
    if text not in ("true", "false"):
        raise bad_request(f"Invalid value '{text}' for $count query option found. Valid values are 'true' and 'false'.")
    wanted = text == "true"
    if wanted and not _eventual(request):
        raise _no_count()
    return wanted


def _no_count() -> Exception:
    return bad_request("$count is not currently supported.", "Request_BadRequest")


def _check(request: Request, taken: frozenset[str]) -> None:
    """Refuse the options that aren't taken.

    ASSUMED [GR-49]: texts of refused query options are as remembered.
    """
    for name in (name.lower() for name in request.params if name.startswith("$")):
        if name == "$format" and (request.param(name) or "json").lower() not in ("json", "application/json"):
            raise not_simulated(f"$format={request.param(name)}")
        if name == "$select" and "/" in (request.param(name) or ""):
            raise selecting.path_in_select()
        if name in taken:
            continue
        if name == "$search" and not _eventual(request):
            raise bad_request(
                "Request with $search query parameter only works through MSGraph with a special request header: "
                "'ConsistencyLevel: eventual'",
                "Request_UnsupportedQuery",
            )
        if name in ("$search", "$expand"):  # a list takes $expand
            raise not_simulated(f"{name} on users")
        if name == "$skip":
            raise bad_request("'$skip' is not supported by the service.", "Request_BadRequest")
        raise bad_request(f"The query parameter '{name}' is not supported.")


def _sort(records: list[dict[str, Any]], order: str, *, advanced: bool, filtered: bool) -> None:
    """Sort in place; nothing comes before something."""
    for part in reversed(order.split(",")):
        name, _, direction = part.strip().partition(" ")
        if name not in schema.KNOWN or direction.strip() not in ("", "asc", "desc"):
            raise bad_request(f"Could not find a property named '{part.strip()}' on type 'microsoft.graph.user'.")
        if not advanced and (filtered or name not in _SORTABLE):
            raise bad_request("Sorting not supported for current query.", "Request_UnsupportedQuery")
        records.sort(key=partial(_sort_key, name), reverse=direction.strip() == "desc")


def _sort_key(name: str, record: dict[str, Any]) -> str:
    return str(record.get(name) or "").lower()


def _number(text: str | None, default: int, most: int) -> int:
    if text is None:
        return default
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise bad_request(
            f"Invalid page size specified: '{text}'. Must be between 1 and {most} inclusive.", "Request_BadRequest"
        )
    return int(text)
