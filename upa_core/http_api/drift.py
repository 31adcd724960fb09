"""The HTTP API's use case for drift: the progress of reading back, differences, unreadable people."""

from __future__ import annotations

import re
from itertools import islice

from upa_core.domain.http import Request, Response, problem
from upa_core.http_api.checks import check, known_only
from upa_core.http_api.csv_answer import PART, csv_answer, part_of, wants_csv
from upa_core.http_api.runs import MAX_PEOPLE, Everyone
from upa_core.services.drift import view
from upa_core.services.insight.user_names import user_names
from upa_core.state.drift.standing import standing_json, standing_of


def get_drift(connectors: Everyone, request: Request) -> Response:
    """Return the values in profiles that didn't come from us: `?limit=100&property=X&format=csv`."""
    known_only("query parameter", request.query, {"limit", "property", "format", "after", "code"})
    limit = request.query.get("limit", "100")
    check(re.fullmatch("[1-9][0-9]{0,2}", limit) is not None, "limit is 1 to 999")
    name, target = request.params.get("connector", ""), request.query.get("property", "")
    if name not in connectors:
        return problem(404, "No such connector", f"there are: {', '.join(connectors)}")
    connector, ports = connectors[name]
    check(not target or target in connector.targets, f"property is one of: {', '.join(connector.targets)}")
    if wants_csv(request):
        drifted, after = view.some_drifted(ports, connector, target, part_of(request), PART)
        known = user_names(ports, list(dict.fromkeys(one.person for one in drifted))[:MAX_PEOPLE])
        rows = ({**view.drifted_json(connector, one), "user": known.get(one.person, "")} for one in drifted)
        return csv_answer(request, view.COLUMNS, rows, after)
    found = list(islice(view.drifted(ports, connector, target), int(limit)))
    unread = list(islice(view.unreadable(ports, connector), int(limit)))
    people = dict.fromkeys([one.person for one in found] + [person for person, _ in unread])
    names = user_names(ports, list(people))
    return Response(
        200,
        {
            "connector": name,
            "standing": standing_json(standing_of(ports.store, connector, ports.clock.now())),
            "differences": [{**view.drifted_json(connector, one), "user": names.get(one.person, "")} for one in found],
            "unreadable": [
                {**view.unreadable_json(person, one), "user": names.get(person, "")} for person, one in unread
            ],
        },
    )
