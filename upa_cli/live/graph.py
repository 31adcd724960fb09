"""Checks of Microsoft Graph that are answered at once."""

from __future__ import annotations

from urllib.parse import quote

from upa_cli.live.check import DirectCheck, Verdict, differs, holds
from upa_cli.live.tenant import LiveTenant
from upa_core.domain.errors import RefusedError

_LATEST = "/v1.0/users/delta?$deltatoken=latest&$select="


def _delta(tenant: LiveTenant) -> Verdict:
    try:
        tenant.inspection.check_tracked(tenant.select)
    except RefusedError as error:
        return differs(f"delta refuses the connector's attributes: {error}")
    return holds(f"delta takes the connector's {len(tenant.select)} attributes")


def _tracked(*names: str) -> DirectCheck:
    def ask(tenant: LiveTenant) -> Verdict:
        refused = []
        for name in names:
            try:
                tenant.inspection.check_tracked(["id", name])
            except RefusedError:
                refused.append(name)
        if refused:
            return differs(f"delta doesn't track {', '.join(refused)}")
        return holds(f"delta takes {', '.join(names)}; change one by hand to see it in a round")

    return DirectCheck(
        id="hr-tracked", title="Delta takes the HR attributes", item="Which attributes delta tracks", ask=ask
    )


def _latest(tenant: LiveTenant) -> Verdict:
    answer = tenant.graph("GET", f"{_LATEST}id", "/v1.0/users/delta")
    if not answer.ok:
        return differs(f"HTTP {answer.status}")
    document = answer.json()
    if document.get("value"):
        return differs("people came back with the token of now")
    link = "@odata.deltaLink" in document
    return holds("a deltaLink and nobody's data") if link else differs("no deltaLink came back")


def _spelling(tenant: LiveTenant) -> Verdict:
    answer = _user(tenant, "DEPARTMENT,JobTitle")
    if answer is None:
        return differs("a name in another case is refused")
    found = [name for name in ("department", "jobTitle") if name in answer]
    if len(found) < 2:
        return differs(f"of DEPARTMENT and JobTitle came back: {', '.join(found) or 'nothing'}")
    return holds("DEPARTMENT and JobTitle come back as department and jobTitle")


def _unknown(tenant: LiveTenant) -> Verdict:
    answer = _user(tenant, "id,upaNoSuchAttribute")
    return differs("a name that nobody knows is refused") if answer is None else holds("it is ignored")


def _address(tenant: LiveTenant) -> Verdict:
    names = ",".join(f"extension_{'0' * 32}_upaLiveCheck{number:04}" for number in range(400))
    answer = tenant.graph("GET", f"/v1.0/users/{quote(tenant.person, safe='@.')}?$select={names}", "/v1.0/users/{id}")
    if answer.ok:
        return differs(f"an address of {len(names):,} characters is taken")
    return holds(f"an address of {len(names):,} characters is refused with HTTP {answer.status}")


def _batch(tenant: LiveTenant) -> Verdict:
    found = tenant.ports.source.read([tenant.person_id], tenant.select)
    back = bool(found.get(tenant.person_id))
    return holds("a person is re-read by $batch") if back else differs("the person didn't come back")


def _user(tenant: LiveTenant, select: str) -> dict[str, object] | None:
    path = f"/v1.0/users/{quote(tenant.person, safe='@.')}?$select={select}"
    answer = tenant.graph("GET", path, "/v1.0/users/{id}")
    return dict(answer.json()) if answer.ok else None


GRAPH = [
    DirectCheck(
        id="delta-taken",
        title="Delta takes the connector's attributes",
        item="Which attributes delta tracks",
        facts=("GR-17",),
        ask=_delta,
    ),
    _tracked("employeeOrgData", "employeeHireDate", "employeeType"),
    DirectCheck(
        id="delta-latest",
        title="A token of now comes without data",
        item="Which attributes delta tracks",
        facts=("GR-5",),
        ask=_latest,
    ),
    DirectCheck(
        id="batch-read",
        title="People are re-read by $batch",
        item="Throttling units, small pages, noise",
        facts=("GR-29",),
        ask=_batch,
    ),
    DirectCheck(
        id="select-case",
        title="Names are matched without regard to case",
        item="What Graph does at the edges",
        ask=_spelling,
    ),
    DirectCheck(
        id="select-unknown",
        title="A name that nobody knows is ignored",
        item="What Graph does at the edges",
        facts=("GR-47",),
        ask=_unknown,
    ),
    DirectCheck(
        id="long-address",
        title="A very long address is refused",
        item="Texts and codes of errors",
        facts=("GR-48",),
        ask=_address,
    ),
]
