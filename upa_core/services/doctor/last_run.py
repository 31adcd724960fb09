"""Reports earlier refusals from storage: nobody has to search a log for them."""

from __future__ import annotations

from collections.abc import Iterator

from upa_core.domain.connector import Connector
from upa_core.domain.documents.quarantine import QuarantineReason
from upa_core.domain.plan.refused import still_refused
from upa_core.ports.bundle import Ports
from upa_core.ports.inspection import Inspection
from upa_core.services.doctor.finding import Finding
from upa_core.state.document import state_of

PROBE_IT = "upa doctor --probe has SharePoint judge each property"


def check_last_run(ports: Ports, connector: Connector, _: Inspection) -> Iterator[Finding]:
    """Report what a service has refused already: the cause of quarantine or of retries, and refused properties."""
    state = state_of(ports.store, connector.name).load().value
    one, retry = state.quarantine, state.retry or state.pull_retry
    why = f"{one.reason.value}: {one.detail}" if one is not None else retry.why if retry is not None else ""
    if why:
        maps = (one is not None and one.reason is QuarantineReason.MAPPING) or "propert" in why.lower()
        fix = PROBE_IT if maps else "fix what it names; upa status says when it is tried again"
        yield Finding("last run", "error" if one is not None else "warning", why, fix)
    for refused in still_refused(connector, state.refused):
        yield Finding("last run", "warning", f"SharePoint refused {refused.target}: {refused.detail}", PROBE_IT)
