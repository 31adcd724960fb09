"""The HTTP API's use cases for escrow: list its causes; retry or give up a cause or people."""

from __future__ import annotations

from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents.codec import to_json
from upa_core.domain.documents.ids import is_guid
from upa_core.domain.http import ProblemError, Request, Response, problem
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.http_api.caller import caller, clean_name
from upa_core.http_api.checks import check, known_only
from upa_core.http_api.csv_answer import PART, csv_answer, part_of, wants_csv
from upa_core.http_api.runs import MAX_PEOPLE, Everyone, parse_body
from upa_core.ports.bundle import Ports
from upa_core.services.admin import escrow
from upa_core.services.insight.user_names import user_names

_REASONS = frozenset(reason.value for reason in EscrowReason)


def list_escrow(connectors: Everyone, request: Request) -> Response:
    """Return why something waits, each cause once. With `?format=csv`: who waits, a row for each entry."""
    known_only("query parameter", request.query, {"format", "after", "code"})
    connector, ports = _named(connectors, request)
    if wants_csv(request):
        entries, after = escrow.some_entries(ports, connector, part_of(request), PART)
        known = user_names(ports, sorted({person for person, _, _ in entries})[:MAX_PEOPLE])
        rows = (escrow.entry_json(*one, known.get(one[0], "")) for one in entries)
        return csv_answer(request, escrow.COLUMNS, rows, after)
    found = escrow.causes(ports, connector)
    names = user_names(ports, sorted({person for one in found for person in one.examples}))
    causes = [
        {**to_json(one), "examples": [{"id": person, "user": names.get(person, "")} for person in one.examples]}
        for one in found
    ]
    return Response(200, {"connector": connector.name, "causes": causes})


def retry_escrow(connectors: Everyone, request: Request, *, entra: bool) -> Response:
    """Make the named entries due now: `{"property", "reason", "detail", "ids", "by"}`, each optional."""
    connector, ports = _named(connectors, request)
    chosen, by = _chosen(request, entra=entra)
    people = escrow.retry(ports, connector, chosen, by)
    return Response(200, {"connector": connector.name, "people": people, "by": by})


def give_up_escrow(connectors: Everyone, request: Request, *, entra: bool) -> Response:
    """Remove the named entries from escrow, named as in `retry_escrow`; a cause or people must be named."""
    connector, ports = _named(connectors, request)
    chosen, by = _chosen(request, entra=entra)
    check(bool(chosen.property or chosen.reason or chosen.people), "name a property, a reason or ids")
    people = escrow.give_up(ports, connector, chosen, by)
    return Response(200, {"connector": connector.name, "people": people, "by": by})


def _named(connectors: Everyone, request: Request) -> tuple[Connector, Ports]:
    name = request.params.get("connector", "")
    if name not in connectors:
        raise ProblemError(problem(404, "No such connector", f"there are: {', '.join(connectors)}"))
    return connectors[name]


def _chosen(request: Request, *, entra: bool) -> tuple[escrow.Chosen, str]:
    asked = parse_body(request, {"property", "reason", "detail", "ids", "by"})
    ids: Any = asked.get("ids", [])
    target, reason, by = asked.get("property", ""), asked.get("reason", ""), asked.get("by", "")
    detail = asked.get("detail", "")
    check(isinstance(detail, str), "detail is the detail of a cause")
    check(isinstance(target, str), "property is a property's name, or *")
    check(reason == "" or (isinstance(reason, str) and reason in _REASONS), "reason is a reason of escrow")
    check(isinstance(ids, list) and len(ids) <= MAX_PEOPLE, f"ids is a list of at most {MAX_PEOPLE} object ids")
    check(all(isinstance(one, str) and is_guid(one) for one in ids), "ids are object ids")
    check("ids" not in asked or bool(ids), "ids names nobody")
    check(isinstance(by, str) and len(by) <= 100, "by is a name of at most 100 characters")
    who = caller(request, entra=entra, claimed=clean_name(by))
    return escrow.Chosen(target, reason, frozenset(one.lower() for one in ids), detail), who
