"""The site host and the admin host over HTTP: routing and bearer checks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tenant_sim.library_items import LibraryError
from tenant_sim.login.tokens import Token
from tenant_sim.serving.http import HttpError, Request, Response
from tenant_sim.serving.route import Route
from tenant_sim.sharepoint import csom, odata, shape
from tenant_sim.sharepoint.access import NO_PROFILE_ACCESS, UNAUTHORIZED, authorize, require_site
from tenant_sim.sharepoint.csom_values import CsomError
from tenant_sim.sharepoint.known import missing
from tenant_sim.sharepoint.people import PeopleManager
from tenant_sim.sharepoint.tenant_calls import (
    JOB_FIELDS,
    JOB_INFO,
    ProcessQuery,
    describe,
    past_threshold,
    queue,
    require_tenant_rights,
)
from tenant_sim.sharepoint.uploads import Uploads
from tenant_sim.sharepoint.web import Web

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

_API = re.compile(r"^(.*?)/_api/(.+)$", re.IGNORECASE)
_QUERY = re.compile(r"^(.*?)/_vti_bin/client\.svc/ProcessQuery$", re.IGNORECASE)
_SERVICE = re.compile(r"/_vti_bin/([\w.]+\.(?:asmx|svc|aspx))", re.IGNORECASE)
_TENANT = "microsoft.online.sharepoint.tenantmanagement.office365tenant"


class SharePointRoutes:
    """One of the two hosts: both answer ProcessQuery [SP-1] and PeopleManager, libraries are on the site host."""

    def __init__(self, sim: TenantSim, surface: str, uploads: Uploads) -> None:
        self._sim, self._surface, self._uploads = sim, surface, uploads
        self._people = PeopleManager(sim)
        self._process_query = ProcessQuery(sim)

    def resolve(self, request: Request) -> Route:
        """Find what a request asks for."""
        if _QUERY.match(request.path) and request.method == "POST":
            return Route(
                csom.operation(request.body),
                lambda: self._process_query.answer(request, lambda: self._authorize(request)),
            )
        found = _API.match(request.path)
        if not found:
            return self._unknown(request)
        site = found[1].rstrip("/")
        aliases = {k: v for k, v in request.params.items() if k.startswith("@")}
        try:
            path = odata.parse(found[2], aliases)
        except odata.PathError as exc:
            text = f'The expression "{exc}" is not valid.'
            return Route("invalid", lambda: self._fail(request, 400, text))
        if profile := self._people.operation(path, request):
            name, act_with = profile
            return Route(name, lambda: self._guard(request, act_with))
        if len(path) == 2 and path[0].name == _TENANT:
            return self._tenant_rest(request, path[1])
        if self._surface == "admin" and path[0].name != "contextinfo":
            return self._unknown(request)
        return self._library(request, site, path)

    def _library(self, request: Request, site: str, path: list[odata.Segment]) -> Route:
        web = Web(self._sim, self._uploads, request, site)
        known = web.resolve(path)
        if known is None:
            return self._unknown(request, path)
        operation, act = known

        def run(token: Token) -> Response:
            if site.lower() not in {s.lower() for s in self._sim.library.sites} and self._surface != "admin":
                return Response(404, {"Content-Type": "text/plain"}, b"404 FILE NOT FOUND")
            if operation != "contextinfo":
                require_site(self._sim, request, token, site)
            try:
                return act()
            except LibraryError as exc:
                raise shape.error(request, exc.status, exc.code, exc.message) from exc

        return Route(operation, lambda: self._guard(request, run))

    def _guard(self, request: Request, act: Callable[[Token], Response]) -> Response:
        token = self._authorize(request)
        shape.check_options(request)
        response = act(token)
        trace = self._sim.new_guid()
        response.headers.update({"SPRequestGuid": trace, "request-id": trace, "X-SharePointHealthScore": "0"})
        return response

    def _authorize(self, request: Request) -> Token:
        return authorize(self._sim, request, self._surface)

    def _unknown(self, request: Request, path: list[odata.Segment] | None = None) -> Route:
        name = missing(path) if path else _outside(request)
        verb = (request.method == "POST" and request.headers.get("x-http-method", "").upper()) or request.method
        if path and name is None and path[0].name in ("web", "site") and verb in ("PUT", "PATCH", "MERGE"):
            name = f"{verb} on {path[-1].name}"
        if name:
            return Route("unknown", lambda: self._guard(request, lambda _token: self._missing(request, name)))
        text = f"Cannot find resource for the request {request.path.rsplit('/_api/', 1)[-1]}."
        return Route("unknown", lambda: self._guard(request, lambda _token: self._fail(request, 404, text)))

    def _missing(self, request: Request, name: str) -> Response:
        raise shape.not_simulated(request, name)

    def _fail(self, request: Request, status: int, text: str) -> Response:
        name = "ResourceNotFoundException" if status == 404 else "InvalidClientQueryException"
        return shape.error(request, status, f"-1, Microsoft.SharePoint.Client.{name}", text).response

    # -- the REST form of the UPA calls ------------------------------------------------------------------------------

    def _tenant_rest(self, request: Request, call: odata.Segment) -> Route:
        table: dict[tuple[str, str], Callable[[], Response]] = {
            ("POST", "queueimportprofileproperties"): lambda: self._rest_queue(request),
            ("GET", "getimportprofilepropertyjob"): lambda: self._rest_job(request, call),
            ("POST", "getimportprofilepropertyjob"): lambda: self._rest_job(request, call),
            ("GET", "getimportprofilepropertyjobs"): lambda: self._rest_jobs(request),
            ("POST", "getimportprofilepropertyjobs"): lambda: self._rest_jobs(request),
            ("POST", "deleteimportprofilepropertiesjob"): lambda: self._rest_delete(request, call),
        }
        act = table.get((request.method, call.name))
        if act is None:
            return self._unknown(request)
        names = {
            "queueimportprofileproperties": "QueueImportProfileProperties",
            "getimportprofilepropertyjob": "GetImportProfilePropertyJob",
            "getimportprofilepropertyjobs": "GetImportProfilePropertyJobs",
            "deleteimportprofilepropertiesjob": "DeleteImportProfilePropertiesJob",
        }

        def run(token: Token) -> Response:
            try:
                require_tenant_rights(token)
                with past_threshold():
                    return act()
            except CsomError as exc:
                if exc.code == -2147024891:
                    text = NO_PROFILE_ACCESS if exc.message == NO_PROFILE_ACCESS else exc.message
                    raise shape.error(request, 403, UNAUTHORIZED, text) from exc
                raise shape.error(request, 400, f"{exc.code}, {exc.type_name}", exc.message) from exc

        return Route(f"rest.{names[call.name]}", lambda: self._guard(request, run))

    def _rest_queue(self, request: Request) -> Response:
        """Queue by REST: the map is a list of Key/Value/ValueType [SP-17].

        ASSUMED [SP-94]: nobody published a successful REST queue; an object for the map fails as it does for
        SendEmail.AdditionalHeaders, a list works.
        """
        body = request.json()
        pairs = body.get("propertyMap") if isinstance(body, dict) else None
        if isinstance(pairs, dict) and "results" in pairs:
            pairs = pairs["results"]
        if isinstance(pairs, dict):
            raise self._odata_error(
                request,
                "An unexpected 'StartObject' node was found when reading from the JSON reader. A 'StartArray' "
                "node was expected.",
            )
        if not isinstance(pairs, list) or not all(isinstance(p, dict) and {"Key", "Value"} <= set(p) for p in pairs):
            raise self._odata_error(request, "The parameter propertyMap is not a collection of SP.KeyValue.")
        mapping = {pair["Key"]: pair["Value"] for pair in pairs}
        job_id = queue(self._sim, body.get("idType"), body.get("sourceDataIdProperty"), mapping, body.get("sourceUri"))
        return shape.scalar(request, "QueueImportProfileProperties", job_id)

    def _odata_error(self, request: Request, text: str) -> HttpError:
        return shape.error(request, 400, "-1, Microsoft.Data.OData.ODataException", text)

    def _rest_job(self, request: Request, call: odata.Segment) -> Response:
        job_id = call.arg("jobid") or (request.json() if request.body else {}).get("jobId", "")
        job = self._sim.timer_job.read(str(job_id))
        if job is None:
            return shape.null(request, "GetImportProfilePropertyJob")
        return shape.entity(request, _plain(describe(job)), JOB_INFO)

    def _rest_jobs(self, request: Request) -> Response:
        jobs = [_plain(describe(job)) for job in self._sim.timer_job.read_all()]
        return shape.collection(request, jobs, JOB_INFO, JOB_FIELDS)

    def _rest_delete(self, request: Request, call: odata.Segment) -> Response:
        job_id = call.arg("jobid") or (request.json() if request.body else {}).get("jobId", "")
        return shape.scalar(request, "DeleteImportProfilePropertiesJob", self._sim.timer_job.delete(str(job_id)))


def _outside(request: Request) -> str | None:
    """Name an address that SharePoint serves outside its REST API."""
    if found := _SERVICE.search(request.path):
        return found[1]
    return None if "/_api" in request.path.lower() else "addresses outside /_api"


def _plain(job: dict[str, Any]) -> dict[str, Any]:
    return {k: (v.value if isinstance(v, csom.Guid) else v) for k, v in job.items() if k != "_ObjectType_"}
