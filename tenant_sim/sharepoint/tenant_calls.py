"""The four UPA calls of Office365Tenant, by CSOM's ProcessQuery and by REST [SP-5, SP-6, SP-17]."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tenant_sim.login.tokens import Token
from tenant_sim.serving.http import Request, Response
from tenant_sim.sharepoint import csom
from tenant_sim.sharepoint.access import FULL_CONTROL, NO_PROFILE_ACCESS, WRITE_PROFILES
from tenant_sim.sharepoint.csom import Action, Path
from tenant_sim.sharepoint.csom_values import CsomError, Guid, Reference
from tenant_sim.sharepoint.people_calls import METHODS, Manager, PeopleCalls, PersonView, Wanted
from tenant_sim.sharepoint.shape import DENIED
from tenant_sim.upa.importer import IdType
from tenant_sim.upa.jobs import ImportJob
from tenant_sim.upa.timer_job import TooManyJobsError

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

OFFICE_365_TENANT = "e45fd516-a408-4ca4-b6dc-268e2f1f0f83"
_MODEL = "Microsoft.Online.SharePoint.TenantManagement."
JOB_INFO = f"{_MODEL}ImportProfilePropertiesJobInfo"
JOB_FIELDS = ("Error", "ErrorMessage", "JobId", "LogFolderUri", "SourceUri", "State")
SERVER_ERROR = "Microsoft.SharePoint.Client.ServerException"
_OTHER_CALLS = frozenset(
    [
        "AddTenantCdnOrigin",
        "AddTenantTheme",
        "AddToOrgAssetsLibAndCdn",
        "CreateTenantCdnDefaultOrigins",
        "DeleteTenantTheme",
        "GetAllTenantThemes",
        "GetExternalUsers",
        "GetExternalUsersForSite",
        "GetHideDefaultThemes",
        "GetTenantCdnEnabled",
        "GetTenantCdnOrigins",
        "GetTenantCdnPolicies",
        "GetTenantTheme",
        "RemoveExternalUsers",
        "RemoveFromOrgAssets",
        "RemoveTenantCdnOrigin",
        "RevokeAllUserSessions",
        "SetHideDefaultThemes",
        "SetTenantCdnEnabled",
        "SetTenantCdnPolicy",
        "UpdateTenantTheme",
    ]
)
"""Methods of Office365Tenant that Microsoft's clients know and this simulator hasn't."""
_GEO = 0
"""The key of the called host's geo among the objects of a request: no object has this id."""
LIBRARY_VERSION = "16.0.23710.12002"


def queue(sim: TenantSim, id_type: Any, id_property: Any, mapping: Any, source_uri: Any) -> str:
    """Check the arguments as the queue call does, then queue the job; return the id of the answer.

    ASSUMED [SP-93]: ErrorTypeName and ErrorCode of these errors; the text for an unknown property.
    """
    if id_type not in set(IdType):
        raise CsomError(f"The value {id_type!r} is not a valid ImportProfilePropertiesUserIdType.", SERVER_ERROR)
    if not isinstance(id_property, str) or not id_property or not isinstance(source_uri, str) or not source_uri:
        raise CsomError("Value cannot be null.", "System.ArgumentNullException", -2147467261)
    if not isinstance(mapping, dict) or not mapping or not all(isinstance(v, str) for v in mapping.values()):
        raise CsomError("The property map is empty or not a map of strings.", "System.ArgumentException", -2147024809)
    found = {name: sim.profiles.property(name) for name in mapping.values()}
    unknown = [name for name, prop in found.items() if prop is None]
    if unknown:
        raise CsomError(f"Property Names [{','.join(unknown)}] do not exist.", SERVER_ERROR)
    editable = [name for name, prop in found.items() if prop is not None and prop.editable]
    if editable:
        raise CsomError(f"Property Names [{','.join(editable)}] are editable by user.", SERVER_ERROR)
    return sim.timer_job.queue(IdType(id_type), id_property, mapping, source_uri)


def require_tenant_rights(token: Token) -> None:
    """Fail as the calls fail without rights [SP-14, SP-15]."""
    if FULL_CONTROL not in token.roles:
        raise CsomError(DENIED, "Microsoft.SharePoint.Client.ServerUnauthorizedAccessException", -2147024891)
    if WRITE_PROFILES not in token.roles:
        raise CsomError(NO_PROFILE_ACCESS, "System.UnauthorizedAccessException", -2147024891)


@contextmanager
def past_threshold() -> Iterator[None]:
    """Give the error about too long a list of jobs SharePoint's words."""
    try:
        yield
    except TooManyJobsError as exc:
        raise CsomError(str(exc), "Microsoft.SharePoint.SPQueryThrottledException", -2147024860) from exc


def describe(job: ImportJob) -> dict[str, Any]:
    """Show a job as the wire does: enums are ints, the log is a folder [SP-3, SP-4]."""
    return {
        "_ObjectType_": JOB_INFO,
        "Error": int(job.error),
        "ErrorMessage": job.error_message,
        "JobId": Guid(job.job_id),
        "LogFolderUri": job.log_folder_uri,
        "SourceUri": job.source_uri,
        "State": int(job.state),
    }


class ProcessQuery:
    """Carries out parsed requests."""

    def __init__(self, sim: TenantSim) -> None:
        self._sim = sim
        self._people = PeopleCalls(sim)

    def answer(self, request: Request, authorize: Callable[[], Token]) -> Response:
        """Run a request. Refused tokens are HTTP errors; everything else is HTTP 200 with ErrorInfo."""
        token = authorize()
        trace = self._sim.new_guid()
        try:
            query = csom.parse(request.body)
            wait = self._sim.people_throttle.charge(sum(name in METHODS for name in query.methods()))
            if wait is not None:
                return too_many(wait)
            with past_threshold():
                results = self._run(query, token, self._sim.geo_hosts().get(request.base_url, ""))
            error = None
        except CsomError as exc:
            results = []
            error = _error_info(exc, trace)
        header = {
            "SchemaVersion": "15.0.0.0",
            "LibraryVersion": LIBRARY_VERSION,
            "ErrorInfo": error,
            "TraceCorrelationId": trace,
        }
        body = "[\r" + "\r,".join(csom.write(part) for part in [header, *results]) + "\r]"
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "SPRequestGuid": trace,
            "request-id": trace,
            "SPClientServiceRequestDuration": "42",
            "X-SharePointHealthScore": "1",
        }
        return Response(200, headers, body.encode())

    def _run(self, query: csom.Query, token: Token, geo: str) -> list[Any]:
        objects: dict[int, Any] = {_GEO: geo}
        results: list[Any] = []
        for action in query.actions:
            results += self._act(query, action, objects, token)
        return results

    def _act(self, query: csom.Query, action: Action, objects: dict[int, Any], token: Token) -> list[Any]:
        if action.kind in csom.SCOPES:
            return self._try(query, action, objects, token)
        if action.kind not in ("ObjectPath", "Query", "Method"):
            raise csom.not_simulated(f"the CSOM action {action.kind}")
        target = self._object(query, action.path, objects, token)
        if action.kind == "ObjectPath":
            return [action.id, {"IsNull": target is None}]
        if isinstance(target, Manager | Wanted | PersonView):
            return [action.id, self._profiles(query, action, target, objects, token)]
        if action.kind == "Query":
            return [action.id, _chosen(self._show(target), action.chosen, action.of_items)]
        return [action.id, self._call(action, target, token)]

    def _profiles(self, query: csom.Query, action: Action, target: Any, objects: dict[int, Any], token: Token) -> Any:
        """Carry out an action on an object of the profile service."""
        geo = objects[_GEO]
        if action.kind == "Query":
            return _chosen(self._people.show(target, geo), action.chosen)
        if not isinstance(target, Manager):
            raise CsomError(f"The method '{action.name}' cannot be found or returns no value.", csom.QUERY_ERROR)
        given = [
            self._object(query, one.path, objects, token) if isinstance(one, Reference) else one
            for one in action.parameters
        ]
        return self._people.call(action.name, given, token, geo)

    def _try(self, query: csom.Query, scope: Action, objects: dict[int, Any], token: Token) -> list[Any]:
        """Carry out a scope: an exception ends the scope, not the request, and is shown in the result."""
        results: list[Any] = []
        result: dict[str, Any] = {"HasException": False, "ErrorInfo": None}
        try:
            for action in scope.inner:
                results += self._act(query, action, objects, token)
        except CsomError as exc:
            result = {"HasException": True, "ErrorInfo": _error_info(exc, self._sim.new_guid())}
            for action in scope.catch:
                results += self._act(query, action, objects, token)
        for action in scope.final:
            results += self._act(query, action, objects, token)
        return [*results, scope.id, result]

    def _object(self, query: csom.Query, path_id: int, objects: dict[int, Any], token: Token) -> Any:
        """Evaluate an object path, each once."""
        if path_id in objects:
            return objects[path_id]
        path = query.paths[path_id]
        if path.kind == "Constructor":
            made = self._people.construct(path.type_id, path.parameters)
            if made is not None:
                objects[path_id] = made
                return made
            if path.type_id in csom.TYPES:
                raise csom.not_simulated(f"the CSOM type {csom.TYPES[path.type_id]}")
            if path.type_id != OFFICE_365_TENANT:
                raise CsomError(f"Cannot find the type id {{{path.type_id}}}.", csom.QUERY_ERROR)
            objects[path_id] = "tenant"
        elif path.kind != "Method":
            raise csom.not_simulated(f"the CSOM element {path.kind} ({path.name})")
        else:
            parent = self._object(query, path.parent, objects, token)
            objects[path_id] = self._read(path, parent, token)
        return objects[path_id]

    def _read(self, path: Path, parent: Any, token: Token) -> Any:
        if isinstance(parent, Manager):
            return self._people.find(path.name, path.parameters, token)
        if parent == "tenant" and path.name == "GetImportProfilePropertyJob":
            require_tenant_rights(token)
            # ASSUMED [SP-103]: an unknown job id gives a null object.
            return self._sim.timer_job.read(_guid(path.parameters))
        if parent == "tenant" and path.name == "GetImportProfilePropertyJobs" and not path.parameters:
            require_tenant_rights(token)
            return self._sim.timer_job.read_all()
        if path.name in _OTHER_CALLS:
            raise csom.not_simulated(f"the method {path.name}")
        raise CsomError(f"The method '{path.name}' cannot be found or is not an object path.", csom.QUERY_ERROR)

    def _call(self, action: Action, target: Any, token: Token) -> Any:
        if target == "tenant" and action.name == "QueueImportProfileProperties":
            require_tenant_rights(token)
            if len(action.parameters) != 4:
                raise CsomError("QueueImportProfileProperties takes 4 parameters.", csom.QUERY_ERROR)
            return Guid(queue(self._sim, *action.parameters))
        if target == "tenant" and action.name == "DeleteImportProfilePropertiesJob":
            require_tenant_rights(token)
            return self._sim.timer_job.delete(_guid(action.parameters))
        if target == "tenant" and action.name in _OTHER_CALLS:
            raise csom.not_simulated(f"the method {action.name}")
        raise CsomError(f"The method '{action.name}' cannot be found or returns no value.", csom.QUERY_ERROR)

    def _show(self, target: Any) -> Any:
        if isinstance(target, ImportJob):
            return describe(target)
        if isinstance(target, list):
            return {
                "_ObjectType_": f"{_MODEL}ImportProfilePropertiesJobStatusCollection",
                "_Child_Items_": [describe(job) for job in target],
            }
        if target is None:
            return None
        return {"_ObjectType_": f"{_MODEL}Office365Tenant"}


def _chosen(shown: Any, names: frozenset[str] | None, of_items: frozenset[str] | None = None) -> Any:
    """Keep the properties that a query asks for; None: all."""
    if not isinstance(shown, dict):
        return shown
    kept = {name: value for name, value in shown.items() if names is None or name in names or name[0] == "_"}
    if missing := sorted((names or frozenset()) - kept.keys()):
        raise csom.not_simulated(f"the property {missing[0]}")
    if "_Child_Items_" in kept:
        kept["_Child_Items_"] = [_chosen(one, of_items) for one in kept["_Child_Items_"]]
    return kept


def too_many(wait: int) -> Response:
    """Answer that PeopleManager was called too often [SP-64]."""
    headers = {"Retry-After": str(wait), "Content-Type": "text/html"}
    return Response(429, headers, b"429 TOO MANY REQUESTS")


def _error_info(exc: CsomError, trace: str) -> dict[str, Any]:
    return {
        "ErrorMessage": exc.message,
        "ErrorValue": None,
        "TraceCorrelationId": trace,
        "ErrorCode": exc.code,
        "ErrorTypeName": exc.type_name,
    }


def _guid(parameters: list[Any]) -> str:
    if len(parameters) != 1 or not isinstance(parameters[0], Guid):
        raise CsomError("The method takes one parameter of type Guid.", csom.QUERY_ERROR)
    return parameters[0].value
