"""Let SharePoint itself judge the property map: queue an import job over an empty list, and cancel it at once.

The queue call is the only reliable check of "editable by user", taxonomic and unknown properties [SP-12, SP-13].
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from upa_core.domain.connector import Connector
from upa_core.domain.documents.ids import file_name, run_id
from upa_core.domain.errors import AccessDeniedError, RefusedError, RetryLaterError
from upa_core.ports.bundle import Ports
from upa_core.services.doctor.finding import Finding
from upa_core.state.document import lane_of

EMPTY = b'\xef\xbb\xbf{"value": []}'
OVERRIDE = (
    'remember "User can override" too (PnP): in Manage User Properties each target needs '
    '"Do not allow users to edit values for this property"'
)
_NAMES = re.compile(r"Property Names? \[([^\]]*)\]", re.IGNORECASE)


def probe(ports: Ports, connector: Connector) -> list[Finding]:
    """Queue and cancel; return SharePoint's judgement of the map."""
    lane = lane_of(ports.store, connector)
    flight = lane.load().value.in_flight
    if flight is not None:
        evidence = f"{flight.connector} has an import job in flight, and only one may be"
        return [Finding("probe", "warning", evidence, "run upa doctor --probe again when it has ended (upa status)")]
    now = ports.clock.now()
    name = file_name(connector.name, run_id(now, ports.ids.token()), 0)
    url = ports.library.url_of(name)
    try:
        ports.library.upload(name, EMPTY)
    except (AccessDeniedError, RefusedError, RetryLaterError) as exc:
        return [Finding("probe", "error", f"no file could be put into the library: {exc}", "see library and roles")]
    lane.update(lambda one: one.count_job(now))
    try:
        job = ports.import_jobs.queue(url, {target: target for target in connector.intended})
    except (AccessDeniedError, RefusedError) as exc:
        lane.update(lambda one: one.uncount_job(now))
        ports.library.delete_file(url)
        return [explain_refusal(str(exc))]
    except RetryLaterError as exc:
        text = f"SharePoint didn't answer the queue call: {exc}"
        return [Finding("probe", "warning", text, "run upa doctor --probe again; housekeeping removes the empty file")]
    return list(_take_back(ports, connector, url, job))


def _take_back(ports: Ports, connector: Connector, url: str, job: str | None) -> Iterator[Finding]:
    targets = len(connector.intended)
    yield Finding("probe", "ok", f"SharePoint accepts the map of all {targets} properties", "")
    yield Finding("probe", "info", OVERRIDE, "")
    try:
        jobs = [job] if job else [one.id for one in ports.import_jobs.list() if one.source_uri == url]
        cancelled = bool(jobs) and all(ports.import_jobs.cancel(one) for one in jobs)
    except (AccessDeniedError, RefusedError, RetryLaterError):
        cancelled = False
    if cancelled:
        ports.library.delete_file(url)
        return
    evidence = "the empty import job couldn't be cancelled; it changes nobody's profile"
    yield Finding("probe", "info", evidence, "nothing to do: housekeeping removes its file after a week")


def explain_refusal(message: str) -> Finding:
    """Return what an administrator can do about a refused queue call."""
    lower = message.lower()
    found = _NAMES.search(message)
    names = ", ".join(name.strip() for name in found[1].split(",")) if found else "a property"
    place = "SharePoint admin center > More features > User profiles > Manage User Properties"
    if "editable" in lower:
        fix = f'set "Do not allow users to edit values for this property" for {names} ({place})'
        return Finding("probe", "error", f"users may edit {names}, so bulk import refuses it", fix)
    if "taxonomic" in lower:
        fix = f"map another property than {names}: bulk import knows no managed metadata and no multi-value properties"
        return Finding("probe", "error", f"{names} takes terms or several values", fix)
    if "exist" in lower or "not mapped" in lower or "not found" in lower:
        return Finding(
            "probe", "error", f"profiles have no property {names}", f"make it in {place}, or correct the name"
        )
    if "access denied" in lower:
        fix = (
            "see roles: SharePoint Sites.FullControl.All and User.ReadWrite.All, with a certificate or managed identity"
        )
        return Finding("probe", "error", f"SharePoint refuses us: {message}", fix)
    return Finding("probe", "error", f"SharePoint refuses the map: {message}", "see the message")
