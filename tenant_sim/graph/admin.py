"""Applications, service principals, app role assignments, organization: used while a connector is set up.

Who may do so: Application.Read.All or Directory.Read.All to read, AppRoleAssignment.ReadWrite.All to grant,
Application.ReadWrite.All to define extension properties [Microsoft Graph reference].
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from tenant_sim.clock import iso
from tenant_sim.graph import filter as filtering
from tenant_sim.graph import select as selecting
from tenant_sim.graph.errors import bad_request, not_found
from tenant_sim.graph.schema import EXTENSION
from tenant_sim.login.apps import RESOURCE_APPS, RESOURCE_NAMES, ROLE_IDS, App
from tenant_sim.serving.http import Request, Response, json_response
from tenant_sim.serving.route import Route

if TYPE_CHECKING:
    from tenant_sim.graph.routes import GraphRoutes
    from tenant_sim.sim import TenantSim

_READ = frozenset({"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All"})
_GRANT = frozenset({"AppRoleAssignment.ReadWrite.All"})
_WRITE = frozenset({"Application.ReadWrite.All"})
_ORGANIZATION = frozenset({"Organization.Read.All", "Directory.Read.All", "User.Read.All"})
_SITES = frozenset({"Sites.Read.All", "Sites.FullControl.All"})
_KEY = r"(?:/([0-9a-fA-F-]{36})|\(appId='([^']+)'\))"


_EXTENSION_TYPES = ("Binary", "Boolean", "DateTime", "Integer", "LargeInteger", "String")


class AdminRoutes:
    """Directory objects other than users."""

    def __init__(self, sim: TenantSim, graph: GraphRoutes) -> None:
        self._sim, self._graph = sim, graph

    def resolve(self, request: Request, rest: str) -> Route | None:
        """Find what a request asks for, if it is one of these."""
        table = (
            ("GET", "sites/root", "sites.root", _SITES, self._root_site),
            ("GET", "organization", "organization.list", _ORGANIZATION, self._organization),
            ("GET", "applications", "applications.list", _READ, self._applications),
            ("GET", f"applications{_KEY}", "applications.get", _READ, self._application),
            ("GET", f"applications{_KEY}/extensionProperties", "extensionProperties.list", _READ, self._extensions),
            ("POST", f"applications{_KEY}/extensionProperties", "extensionProperties.create", _WRITE, self._extend),
            (
                "POST",
                "directoryObjects/getAvailableExtensionProperties",
                "extensionProperties.available",
                _READ,
                self._available,
            ),
            ("GET", "servicePrincipals", "servicePrincipals.list", _READ, self._principals),
            ("GET", f"servicePrincipals{_KEY}", "servicePrincipals.get", _READ, self._principal),
            ("GET", f"servicePrincipals{_KEY}/appRoleAssignments", "appRoleAssignments.list", _READ, self._assignments),
            ("POST", f"servicePrincipals{_KEY}/appRoleAssignments", "appRoleAssignments.create", _GRANT, self._assign),
            (
                "DELETE",
                f"servicePrincipals{_KEY}/appRoleAssignments/([^/]+)",
                "appRoleAssignments.delete",
                _GRANT,
                self._unassign,
            ),
            ("GET", f"servicePrincipals{_KEY}/appRoleAssignedTo", "appRoleAssignedTo.list", _READ, self._assigned_to),
        )
        for method, pattern, operation, roles, act in table:
            found = re.fullmatch(pattern, rest) if method == request.method else None
            if found:
                return self._graph.guarded(operation, request, roles, partial(act, request, found), units=1)
        return None

    def _organization(self, request: Request, _found: re.Match[str]) -> Response:
        domain = self._sim.tenant_domain
        organization = {
            "id": self._sim.tenant_id,
            "displayName": self._sim.domain.capitalize(),
            "tenantType": "AAD",
            "countryLetterCode": "DE",
            "verifiedDomains": [
                {"name": domain, "isInitial": True, "isDefault": True, "type": "Managed", "capabilities": "Email"}
            ],
        }
        return json_response({"value": [selecting.only(request, organization)]})

    def _root_site(self, request: Request, _found: re.Match[str]) -> Response:
        """Show the root site, by which clients find the tenant's SharePoint."""
        url = self._sim.urls.sharepoint
        host = url.partition("://")[2]
        root = self._sim.library.folder("")
        site = {
            "@odata.context": f"{request.base_url}/v1.0/$metadata#sites/$entity",
            "createdDateTime": iso(root.created),
            "description": "",
            "id": f"{host},{root.unique_id},{root.unique_id}",
            "lastModifiedDateTime": iso(root.modified),
            "name": "",
            "webUrl": url,
            "displayName": self._sim.domain.capitalize(),
            "root": {},
            "siteCollection": {"hostname": host},
        }
        return json_response(site)

    # -- applications ------------------------------------------------------------------------------------------------

    def _show_application(self, app: App) -> dict[str, Any]:
        return {
            "id": app.application_id,
            "appId": app.app_id,
            "displayName": app.name,
            "signInAudience": "AzureADMyOrg",
            "appRoles": [],
            "identifierUris": [],
        }

    def _applications(self, request: Request, _found: re.Match[str]) -> Response:
        apps = [self._show_application(app) for app in self._sim.apps if app.kind == "application"]
        return self._filtered(request, apps)

    def _find_app(self, found: re.Match[str]) -> App:
        object_id, app_id = found[1], found[2]
        app = self._sim.apps.get(app_id) if app_id else self._sim.apps.by_object(object_id)
        if app is None:
            raise not_found(object_id or app_id)
        return app

    def _application(self, _request: Request, found: re.Match[str]) -> Response:
        return json_response(self._show_application(self._find_app(found)))

    def _extensions(self, _request: Request, found: re.Match[str]) -> Response:
        return json_response({"value": self._find_app(found).extensions})

    def _extend(self, request: Request, found: re.Match[str]) -> Response:
        body = request.json()
        try:
            extension = self._sim.define_extension(
                self._find_app(found),
                body["name"],
                body.get("dataType", "String"),
                multi_value=bool(body.get("isMultiValued")),
            )
        except (KeyError, ValueError) as exc:
            raise bad_request(f"Invalid extension property: {exc}", "Request_BadRequest") from exc
        return json_response(extension, 201)

    def _available(self, _request: Request, _found: re.Match[str]) -> Response:
        """Answer with all extensions, or none in a tenant of over 1,000 service principals [GR-31]."""
        apps = list(self._sim.apps)
        if len(apps) > 1000:
            return json_response({"value": []})
        return json_response({"value": [extension for app in apps for extension in app.extensions]})

    # -- service principals ------------------------------------------------------------------------------------------

    def _show_principals(self) -> list[dict[str, Any]]:
        shown = [
            {
                "id": self._sim.apps.service_principals[resource],
                "appId": RESOURCE_APPS[resource],
                "displayName": RESOURCE_NAMES[resource],
                "servicePrincipalType": "Application",
                "appRoles": [
                    {
                        "id": role_id,
                        "value": role,
                        "displayName": role,
                        "description": role,
                        "isEnabled": True,
                        "allowedMemberTypes": ["Application"],
                        "origin": "Application",
                    }
                    for role, role_id in ROLE_IDS[resource].items()
                ],
            }
            for resource in RESOURCE_APPS
        ]
        for app in self._sim.apps:
            if app.in_tenant:
                kind = "ManagedIdentity" if app.kind == "managed_identity" else "Application"
                shown.append(
                    {
                        "id": app.object_id,
                        "appId": app.app_id,
                        "displayName": app.name,
                        "servicePrincipalType": kind,
                        "appRoles": [],
                    }
                )
        return shown

    def _principals(self, request: Request, _found: re.Match[str]) -> Response:
        return self._filtered(request, self._show_principals())

    def _find_principal(self, found: re.Match[str]) -> dict[str, Any]:
        for principal in self._show_principals():
            if (found[1] or "").lower() == principal["id"] or found[2] == principal["appId"]:
                return principal
        raise not_found(found[1] or found[2])

    def _principal(self, _request: Request, found: re.Match[str]) -> Response:
        return json_response(self._find_principal(found))

    def _show_assignments(self, app: App) -> list[dict[str, Any]]:
        shown = []
        for resource, roles in app.roles.items():
            for role in sorted(roles):
                key = (resource, role)
                assignment = app.assignments.setdefault(key, self._sim.new_guid().replace("-", "")[:22])
                shown.append(
                    {
                        "id": assignment,
                        "appRoleId": ROLE_IDS[resource][role],
                        "principalId": app.object_id,
                        "principalType": "ServicePrincipal",
                        "principalDisplayName": app.name,
                        "resourceId": self._sim.apps.service_principals[resource],
                        "resourceDisplayName": RESOURCE_NAMES[resource],
                    }
                )
        return shown

    def _assignments(self, _request: Request, found: re.Match[str]) -> Response:
        principal = self._find_principal(found)
        app = self._sim.apps.by_object(principal["id"])
        return json_response({"value": self._show_assignments(app) if app else []})

    def _assigned_to(self, _request: Request, found: re.Match[str]) -> Response:
        wanted = self._find_principal(found)["id"]
        every = [one for app in self._sim.apps for one in self._show_assignments(app)]
        return json_response({"value": [one for one in every if one["resourceId"] == wanted]})

    def _assign(self, request: Request, _found: re.Match[str]) -> Response:
        body = request.json()
        app = self._sim.apps.by_object(str(body.get("principalId", "")))
        resource = next((r for r, i in self._sim.apps.service_principals.items() if i == body.get("resourceId")), None)
        if app is None or resource is None:
            raise not_found(str(body.get("principalId") if app is None else body.get("resourceId")))
        role = next((r for r, i in ROLE_IDS[resource].items() if i == body.get("appRoleId")), None)
        if role is None:
            raise bad_request("Permission being assigned was not found on application", "Request_BadRequest")
        if role in app.roles[resource]:
            raise bad_request("Permission being assigned already exists on the object", "Request_BadRequest")
        app.grant(resource, role)
        made = next(one for one in self._show_assignments(app) if one["appRoleId"] == body["appRoleId"])
        return json_response(made, 201)

    def _unassign(self, _request: Request, found: re.Match[str]) -> Response:
        app = self._sim.apps.by_object(self._find_principal(found)["id"])
        for (resource, role), assignment in list(app.assignments.items()) if app else ():
            if app and assignment == found[3]:
                app.revoke(resource, role)
                del app.assignments[resource, role]
                return Response(204)
        raise not_found(found[3])

    def _filtered(self, request: Request, objects: list[dict[str, Any]]) -> Response:
        text = request.param("$filter")
        test = filtering.compile_filter(text) if text else (lambda _one: True)
        return json_response({"value": [selecting.only(request, one) for one in objects if test(one)]})


def new_extension(app: App, name: str, data_type: str, *, multi_value: bool, object_id: str) -> dict[str, Any]:
    """Return an extension property of users as Graph shows it; `ValueError` for a name or a type that Graph refuses."""
    if data_type not in _EXTENSION_TYPES:
        raise ValueError(f"no such data type: {data_type}")
    full = f"extension_{app.app_id.replace('-', '')}_{name}"
    if not EXTENSION.match(full):
        raise ValueError(f"cannot define {full}")
    return {
        "id": object_id,
        "name": full,
        "dataType": data_type,
        "isMultiValued": multi_value,
        "appDisplayName": app.name,
        "isSyncedFromOnPremises": False,
        "targetObjects": ["User"],
        "deletedDateTime": None,
    }
