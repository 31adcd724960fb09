"""The HTTP API's use cases for decisions: show a held plan, approve or reject it, pause and resume a connector."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents.codec import instant, to_json
from upa_core.domain.documents.ids import is_guid
from upa_core.domain.documents.runs import Decision, Hold, Intent
from upa_core.domain.documents.storage_layout import decision_key, intent_key
from upa_core.domain.errors import RefusedError
from upa_core.domain.http import Request, Response, problem
from upa_core.domain.plan.source_shrank import SOURCE_SHRANK
from upa_core.domain.redaction import Redactor
from upa_core.http_api.caller import caller, clean_name
from upa_core.http_api.checks import check, known_only
from upa_core.http_api.csv_answer import csv_answer, wants_csv
from upa_core.http_api.runs import MAX_PEOPLE, Everyone, parse_body, run_in
from upa_core.ports.bundle import Ports
from upa_core.services.admin import controls, declined, holds
from upa_core.services.insight.hold_view import view_hold, what_became, what_happens_now
from upa_core.services.insight.user_names import user_names
from upa_core.state.document import get_document, state_of

SAMPLES = 20


def get_hold(connectors: Everyone, request: Request) -> Response:
    """Return a held plan: why it is held, its counts and the first people it would change, old → new."""
    known_only("query parameter", request.query, {"code"})
    run = run_in(request)
    for connector, ports in connectors.values():
        hold = state_of(ports.store, connector.name).load().value.hold
        if hold is not None and hold.run.id == run:
            return Response(200, _shown(connector, ports, hold))
    return _not_held(connectors, run)


def approve(connectors: Everyone, request: Request, *, entra: bool) -> Response:
    """Release a held plan, exactly as it was frozen."""
    return _decide(connectors, request, "approved", entra=entra)


def reject(connectors: Everyone, request: Request, *, entra: bool) -> Response:
    """End a held plan; its values aren't planned again until their source changes."""
    return _decide(connectors, request, "rejected", entra=entra)


def pause(connectors: Everyone, request: Request, *, entra: bool) -> Response:
    """Stop exporting; pulling continues."""
    return _control(connectors, request, paused=True, entra=entra)


def resume(connectors: Everyone, request: Request, *, entra: bool) -> Response:
    """Export again."""
    return _control(connectors, request, paused=False, entra=entra)


def go(connectors: Everyone, request: Request, *, entra: bool) -> Response:
    """End staging mode; 409 where the connector is live already."""
    name, by = request.params.get("connector", ""), _by(request, entra=entra)
    if name not in connectors:
        return problem(404, "No such connector", f"there are: {', '.join(connectors)}")
    connector, ports = connectors[name]
    if not connector.in_staging(state_of(ports.store, name).load().value):
        return problem(409, "Live already", f"{name} isn't in staging mode: its plans are exported")
    controls.go(ports, connector, by)
    return Response(200, {"connector": name, "staging": False, "by": by})


def list_declined(connectors: Everyone, request: Request) -> Response:
    """Return the people whose values aren't sent because an administrator rejected them: `?limit=100&format=csv`."""
    known_only("query parameter", request.query, {"limit", "format", "code"})
    limit = request.query.get("limit", "100")
    check(re.fullmatch("[1-9][0-9]{0,2}", limit) is not None, "limit is 1 to 999")
    name = request.params.get("connector", "")
    if name not in connectors:
        return problem(404, "No such connector", f"there are: {', '.join(connectors)}")
    connector, ports = connectors[name]
    if wants_csv(request):
        everybody = list(declined.all_declined(ports, connector))
        known = user_names(ports, [person for person, _ in everybody][:MAX_PEOPLE])
        return csv_answer(request, declined.COLUMNS, declined.csv_rows(connector, everybody, known))
    found, redactor = list(islice(declined.all_declined(ports, connector), int(limit))), Redactor(connector)
    names = user_names(ports, [person for person, _ in found])
    people = [
        {"id": person, "user": names.get(person, ""), "values": redactor.values(dict(values))}
        for person, values in found
    ]
    return Response(200, {"connector": name, "people": people})


def lift_declined(connectors: Everyone, request: Request, *, entra: bool) -> Response:
    """Lift the rejection of people's values: `{"ids": [...], "by": name}`; without ids everybody's."""
    asked = parse_body(request, {"by", "ids"})
    ids, claimed = asked.get("ids"), asked.get("by", "")
    check(
        ids is None or (isinstance(ids, list) and all(isinstance(one, str) and is_guid(one) for one in ids)),
        "ids are object ids",
    )
    check(isinstance(claimed, str) and len(claimed) <= 100, "by is a name of at most 100 characters")
    name = request.params.get("connector", "")
    if name not in connectors:
        return problem(404, "No such connector", f"there are: {', '.join(connectors)}")
    connector, ports = connectors[name]
    by = caller(request, entra=entra, claimed=clean_name(claimed))
    persons = ids if ids is not None else [person for person, _ in declined.all_declined(ports, connector)]
    return Response(200, {"connector": name, "lifted": declined.lift(ports, connector, persons, by), "by": by})


def _decide(connectors: Everyone, request: Request, decision: str, *, entra: bool) -> Response:
    run, by, name = run_in(request), _by(request, entra=entra), ""
    for connector, ports in connectors.values():
        state = state_of(ports.store, connector.name).load().value
        current = state.hold.run if state.hold is not None else state.run
        if current is None or current.id != run or (state.hold is None and not current.approved):
            continue
        try:
            if decision == "approved":
                holds.approve(ports, connector, run, by)
            else:
                holds.reject(ports, connector, run, by)
        except RefusedError as exc:
            return problem(409, "Decided already", str(exc))
        name = connector.name
    return _decided(connectors, run, decision, name)


def _decided(connectors: Everyone, run: str, decision: str, connector: str) -> Response:
    """Return the first caller's answer to anybody who repeats the decision, however much later."""
    ports = next(iter(connectors.values()))[1]
    stored = get_document(ports.store, decision_key(run), Decision)
    intent = get_document(ports.store, intent_key(run), Intent) if not connector else None
    name = intent.value.connector if intent is not None else connector
    if stored is None or stored.value.decision != decision or not name:
        return _not_held(connectors, run)
    now = what_happens_now(decision, SOURCE_SHRANK if stored.value.why_held.startswith(SOURCE_SHRANK) else "")
    return Response(200, {"run": run, "connector": name, "decision": decision, "by": stored.value.by, "now": now})


def _control(connectors: Everyone, request: Request, *, paused: bool, entra: bool) -> Response:
    name, by = request.params.get("connector", ""), _by(request, entra=entra)
    if name not in connectors:
        return problem(404, "No such connector", f"there are: {', '.join(connectors)}")
    connector, ports = connectors[name]
    (controls.pause if paused else controls.resume)(ports, connector, by)
    return Response(200, {"connector": name, "paused": paused, "by": by})


def _by(request: Request, *, entra: bool) -> str:
    asked = parse_body(request, {"by"})
    claimed: Any = asked.get("by", "")
    check(isinstance(claimed, str) and len(claimed) <= 100, "by is a name of at most 100 characters")
    return caller(request, entra=entra, claimed=clean_name(claimed))


def _not_held(connectors: Everyone, run: str) -> Response:
    ports = next(iter(connectors.values()))[1]
    if not (became := what_became(ports, run)):
        return problem(404, "No such hold", "no plan of this run waits for a decision")
    return problem(409, "Decided already", became)


def _with_losses(why: str, lost: int) -> str:
    return f"{why}; files of the plan that are lost or damaged, and will be planned anew: {lost}" if lost else why


def _shown(connector: Connector, ports: Ports, hold: Hold) -> dict[str, Any]:
    view = view_hold(ports, connector, hold, SAMPLES)
    names = user_names(ports, [one.person for one in view.samples])
    return {
        "run": hold.run.id,
        "connector": connector.name,
        "since": instant(hold.since),
        "why": _with_losses(hold.why, holds.lost_files(ports, hold)),
        "counts": to_json(hold.run.counts),
        "files": len(hold.run.files),
        "plan": view.plan,
        "properties": view.properties,
        "samples": [
            {
                "id": one.person,
                "user": names.get(one.person, ""),
                "changes": {value.property: {"old": value.old, "new": value.new} for value in one.values if value.kind},
            }
            for one in view.samples
        ],
    }
