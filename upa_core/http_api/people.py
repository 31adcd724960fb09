"""The HTTP API's use cases for one person: explain their values, and write the differences at once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents.codec import to_json
from upa_core.domain.documents.ids import is_guid
from upa_core.domain.errors import RefusedError, UpaError
from upa_core.domain.http import Request, Response, problem
from upa_core.domain.redaction import Redactor
from upa_core.http_api.caller import caller, clean_name
from upa_core.http_api.checks import check, known_only
from upa_core.http_api.runs import Everyone, parse_body
from upa_core.ports.bundle import Ports
from upa_core.services.drive.sync_now import sync_now
from upa_core.services.insight.explain import Explanation, explain

_NAME = re.compile(r"[^\s@/\\?%\"<>|:;,]{1,64}@[A-Za-z0-9.-]{1,255}")
RUNS = 100
"""Runs that are searched for one person; the pages of a year would take minutes."""
PATIENCE = timedelta(seconds=20)
"""A caller who waits for an answer doesn't wait for the next five minutes of the budget."""
_NAMED = ("displayName", "id", "userPrincipalName")


def get_user(connectors: Everyone, request: Request) -> Response:
    """Return all that is known of a person, by object id or user principal name, for each connector."""
    known_only("query parameter", request.query, {"code"})
    asked = request.params.get("user", "")
    named = _NAME.fullmatch(asked) is not None
    check(named or is_guid(asked), "an object id (GUID) or a user principal name", title="No user")
    found, user = [], None
    for connector, ports in connectors.values():
        record = _record(ports, asked)
        person = str(record["id"]) if record is not None else "" if named else asked
        if person:
            user = user or record
            found.append(_told(connector, explain(ports, connector, person.lower(), runs=RUNS)))
    if user is None and not any(_anything(one) for one in found):
        return problem(404, "No such user", "neither the directory nor what is stored here knows this user")
    names = {name: user.get(name) for name in _NAMED} if user is not None else None
    return Response(200, {"id": found[0]["id"], "user": names, "connectors": found})


def sync_user_now(connectors: Everyone, request: Request, *, entra: bool) -> Response:
    """Write a person's differences to their profile at once: `{"by": name}`; 409 where nothing may be sent."""
    asked = parse_body(request, {"by"})
    claimed, person = asked.get("by", ""), request.params.get("user", "")
    check(isinstance(claimed, str) and len(claimed) <= 100, "by is a name of at most 100 characters")
    check(is_guid(person), "the user is an Entra object id (GUID)")
    name = request.params.get("connector", "")
    if name not in connectors:
        return problem(404, "No such connector", f"there are: {', '.join(connectors)}")
    connector, ports = connectors[name]
    by = caller(request, entra=entra, claimed=clean_name(claimed))
    try:
        told = sync_now(ports, connector, person, by, patience=PATIENCE)
    except RefusedError as exc:
        return problem(409, "Nothing was sent", str(exc))
    return Response(200, {"connector": name, "by": by, **to_json(told)})


def _record(ports: Ports, asked: str) -> dict[str, Any] | None:
    """Return the person's names; without an answer from the directory, storage still explains an object id."""
    try:
        return ports.source.read([asked], list(_NAMED)).get(asked)
    except UpaError:
        if is_guid(asked):
            return None
        raise


def _anything(told: dict[str, Any]) -> bool:
    known = any(value is not None for value in told["known"].values())
    return known or any(told[part] for part in ("escrow", "missed", "declined", "timeline"))


def _told(connector: Connector, one: Explanation) -> dict[str, Any]:
    redactor = Redactor(connector)
    return {
        "connector": connector.name,
        "id": one.person,
        "known": redactor.values(one.known),
        "escrow": to_json(one.escrow) or None,
        "missed": one.missed,
        "declined": redactor.values(dict(one.declined)),
        "waiting": one.waiting,
        "timeline": [
            {
                "run": planned.run,
                "file": planned.file,
                "at": to_json(planned.at),
                "changes": redactor.changes(
                    {target: old for target, (old, _) in planned.changes.items()},
                    {target: new for target, (_, new) in planned.changes.items()},
                ),
                "result": planned.result,
            }
            for planned in one.timeline
        ],
    }
