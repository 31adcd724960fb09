"""The test tenant for live checks: the product's own ports, and a few calls that the product never makes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote, urlsplit

from upa_cli.live.check import Kind
from upa_core.adapters.http.answer import Answer
from upa_core.adapters.http.service import Service
from upa_core.adapters.sharepoint.import_jobs import SharePointImportJobs
from upa_core.adapters.sharepoint.people_manager import claims_name
from upa_core.bootstrap import App
from upa_core.domain.connector import Connector
from upa_core.domain.documents.ids import file_name, run_id
from upa_core.domain.errors import AccessDeniedError, RefusedError, UpaError
from upa_core.ports.bundle import Ports
from upa_core.ports.inspection import Host, Inspection
from upa_core.ports.profiles import Profiles

EMPTY = b'\xef\xbb\xbf{"value":[]}'
_JSON = {"Accept": "application/json;odata=nometadata", "Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Probe:
    """An import job over nobody: SharePoint's answer, and whether it could be cancelled."""

    file: str
    url: str
    error: UpaError | None = None
    job: str | None = None
    listed: bool = False
    cancelled: bool = False


@dataclass
class LiveTenant:
    """One test tenant, one test person, and the properties that may be written."""

    ports: Ports
    inspection: Inspection
    people: Profiles
    services: Mapping[Host, Service]
    site_url: str
    select: Sequence[str]
    managed_identity: bool
    """True where the connector signs in to SharePoint with a managed identity."""
    person: str
    """User principal name."""
    properties: Mapping[Kind, Sequence[str]]
    editable: str
    """A property that users may edit."""
    multi: str
    """A property with several values."""
    groups: Sequence[str] = ()
    """Object ids of the groups that the connector reads."""
    left: list[str] = field(default_factory=list)
    """Names of files that couldn't be deleted."""
    seconds: Callable[[], float] = time.monotonic
    """The machine's own seconds, whatever clock the connector has: for what a service takes to answer."""

    def new_name(self) -> str:
        """Return a file name that housekeeping recognises as ours, in case the file stays."""
        return file_name("live-check", run_id(self.ports.clock.now(), self.ports.ids.token()), 0)

    def one(self, kind: Kind) -> str | None:
        """Return the first property of a kind, None where none was named."""
        return next(iter(self.properties.get(kind, ())), None)

    @cached_property
    def person_id(self) -> str:
        """The test person's object id; raises `RefusedError` where Graph doesn't know them."""
        answer = self.graph("GET", f"/v1.0/users/{quote(self.person, safe='@.')}?$select=id", "/v1.0/users/{id}")
        if not answer.ok:
            raise RefusedError(f"Graph doesn't know the person of --person: HTTP {answer.status}")
        return str(answer.json()["id"])

    @cached_property
    def probe(self) -> Probe:
        """An import job over nobody, queued and cancelled; the same one for every check that asks."""
        return self.queue(self.probe_map)

    @property
    def probe_map(self) -> dict[str, str]:
        """The first property that may be written, mapped to itself."""
        name = next(name for names in self.properties.values() for name in names)
        return {name: name}

    def queue(self, mapping: Mapping[str, str], jobs: SharePointImportJobs | None = None) -> Probe:
        """Queue an empty file with this map, look it up, cancel it and delete the file."""
        name = self.new_name()
        url = self.ports.library.url_of(name)
        queue = jobs or self.ports.import_jobs
        self.ports.library.upload(name, EMPTY)
        try:
            try:
                job = queue.queue(url, mapping)
            except (AccessDeniedError, RefusedError) as error:
                return Probe(name, url, error=error)
            listed = [one.id for one in self.ports.import_jobs.list() if one.source_uri == url]
            known = [job] if job else listed
            taken_back = [self.ports.import_jobs.cancel(one) for one in known]
            return Probe(name, url, job=job, listed=bool(listed), cancelled=bool(known) and all(taken_back))
        finally:
            self.delete(name)

    def delete(self, name: str) -> bool:
        """Delete a file of ours; a file that stays is reported at the end."""
        gone = self.ports.library.delete_file(self.ports.library.url_of(name))
        if not gone:
            self.left.append(name)
        return gone

    def profile(self) -> dict[str, str]:
        """Read the test person's profile; raises `RefusedError` where there is none."""
        found = self.people.properties(self.person)
        if found is None:
            raise RefusedError("the person of --person has no profile yet: take somebody who has")
        return dict(found)

    def set_one(self, name: str, value: str) -> None:
        """Write one property with PeopleManager; raises `RefusedError` and `AccessDeniedError`."""
        body = {"accountName": claims_name(self.person), "propertyName": name, "propertyValue": value}
        path = "/_api/SP.UserProfiles.PeopleManager/SetSingleValueProfileProperty"
        answer = self.services["admin"].request(
            "POST", path, "SetSingleValueProfileProperty", headers=_JSON, body=json.dumps(body).encode()
        )
        if not answer.ok:
            raise answer.refused()

    def recycle_bin(self) -> list[str]:
        """Return the names in the site's recycle bin."""
        path = urlsplit(self.site_url).path.rstrip("/") + "/_api/web/RecycleBin?$select=LeafName&$top=500"
        answer = self.services["library"].request("GET", path, "RecycleBin", headers=_JSON, json=True)
        if not answer.ok:
            raise answer.refused()
        return [str(entry.get("LeafName", "")) for entry in answer.document["value"]]

    def graph(self, method: str, path: str, call: str) -> Answer:
        """Send a request to Graph; refusals come back."""
        return self.services["graph"].request(method, path, call)


def live_tenant(
    app: App, connector: Connector, person: str, properties: Mapping[Kind, Sequence[str]], *, editable: str, multi: str
) -> LiveTenant:
    """Build the test tenant from a connector; nothing is called yet.

    Six parameters: the options of `upa live-check`.
    """
    from upa_core.config import Certificate

    return LiveTenant(
        ports=app.ports(connector),
        inspection=app.inspection(connector),
        people=app.people_manager(connector),
        services=app.services(connector),
        site_url=connector.target.site_url,
        select=connector.select,
        managed_identity=not isinstance(app.config.credentials[connector.name].sharepoint, Certificate),
        person=person,
        properties=properties,
        editable=editable,
        multi=multi,
        groups=[one.group for one in connector.secondaries if one.kind == "group"],
    )
