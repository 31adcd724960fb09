"""Applications and managed identities of the tenant: credentials and app roles. Knows nothing of HTTP."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tenant_sim.login.certificates import ClientCertificate, shared_certificate

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
SHAREPOINT_APP = "00000003-0000-0ff1-ce00-000000000000"
STORAGE_APP = "e406a681-f3d4-42a8-90b6-c2b029497af1"
EXCHANGE_APP = "fb60f99c-7a34-4190-8149-302f77469936"

ROLE_IDS: dict[str, dict[str, str]] = {
    # the roles' ids are the same in every tenant [SP-21]
    "sharepoint": {
        "Sites.FullControl.All": "678536fe-1083-478a-9c59-b99265e6b0d3",
        "User.ReadWrite.All": "741f803b-c850-494e-b5df-cde7c675a1ca",
        "TermStore.ReadWrite.All": "c8e3537c-ec53-43b9-bed3-b2bd3617ae97",
        "Sites.Selected": "20d37865-089c-4dee-8c41-6967602d4ac8",
        "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
    },
    "graph": {
        "User.Read.All": "df021288-bdef-4463-88db-98f22de89214",
        "User.ReadWrite.All": "741f803b-c850-494e-b5df-cde7c675a1ca",
        "Application.Read.All": "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
        "Application.ReadWrite.All": "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
        "AppRoleAssignment.ReadWrite.All": "06b708a9-e830-4db3-a914-8e69da51d44f",
        "Directory.Read.All": "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
        "Organization.Read.All": "498476ce-e0fe-48b0-b801-37ba7e2685c6",
        "GroupMember.Read.All": "98830695-27a2-44f7-8c18-0c3ebc9698f6",
        "Mail.Send": "b633e1c5-b582-4048-a93e-9f11b44c7e96",
        "Sites.Read.All": "332a536c-c7ef-4017-ab91-336970924f0d",
        "Sites.FullControl.All": "a82116e5-55eb-4c41-a434-62fe8a61c773",
    },
}
RESOURCE_APPS = {"graph": GRAPH_APP, "sharepoint": SHAREPOINT_APP}
RESOURCE_NAMES = {"graph": "Microsoft Graph", "sharepoint": "Office 365 SharePoint Online"}


@dataclass(frozen=True)
class FederatedCredential:
    """Trust in tokens of another issuer; how a managed identity stands in for a certificate."""

    issuer: str
    subject: str
    audience: str = "api://AzureADTokenExchange"


@dataclass
class App:
    """An application with its service principal, or a managed identity."""

    name: str
    app_id: str
    object_id: str
    """Object id of the service principal."""
    application_id: str
    """Object id of the application object."""
    kind: str = "application"
    """`application` or `managed_identity`."""
    roles: dict[str, set[str]] = field(default_factory=lambda: {"graph": set(), "sharepoint": set()})
    certificates: list[ClientCertificate] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    federated: list[FederatedCredential] = field(default_factory=list)
    in_tenant: bool = True
    """False: registered, but nobody consented, so that its service principal is missing (AADSTS7000229)."""
    extensions: list[dict[str, Any]] = field(default_factory=list)
    """Directory extension properties it owns."""
    sites: set[str] = field(default_factory=set)
    """Sites that were granted to it under Sites.Selected."""
    assignments: dict[tuple[str, str], str] = field(default_factory=dict)
    """Ids of its app role assignments by (resource, role)."""

    def grant(self, resource: str, role: str) -> None:
        """Assign an app role of `graph` or `sharepoint`; tokens issued from now on carry it."""
        if role not in ROLE_IDS[resource]:
            raise ValueError(f"{RESOURCE_NAMES[resource]} has no app role {role!r}")
        self.roles[resource].add(role)

    def revoke(self, resource: str, role: str) -> None:
        """Take an app role away; tokens already issued keep it, as with the real service."""
        self.roles[resource].discard(role)


class Apps:
    """The registry."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._apps: dict[str, App] = {}
        self.service_principals = {key: self._guid() for key in RESOURCE_APPS}
        """Object ids of the service principals of Graph and SharePoint in this tenant."""
        self.client = self.add("upa-sync", sharepoint={"Sites.FullControl.All", "User.ReadWrite.All"})
        self.client.certificates.append(shared_certificate())
        self.identity = self.add("upa-sync-identity", kind="managed_identity", graph={"User.Read.All"})

    def add(
        self,
        name: str,
        *,
        kind: str = "application",
        graph: set[str] | None = None,
        sharepoint: set[str] | None = None,
        app_id: str | None = None,
    ) -> App:
        """Register an application or managed identity with its roles."""
        app = App(name, app_id or self._guid(), self._guid(), self._guid(), kind)
        for resource, roles in (("graph", graph), ("sharepoint", sharepoint)):
            for role in roles or ():
                app.grant(resource, role)
        self._apps[app.app_id] = app
        return app

    def get(self, app_id: str) -> App | None:
        """Find by application (client) id."""
        return self._apps.get(app_id.lower())

    def by_object(self, object_id: str) -> App | None:
        """Find by object id of the service principal or the application object."""
        wanted = object_id.lower()
        return next((a for a in self if wanted in (a.object_id, a.application_id)), None)

    def named(self, name: str) -> App:
        """Find by name."""
        for app in self:
            if app.name == name:
                return app
        raise KeyError(f"no app named {name}")

    def identities(self) -> list[App]:
        """Return the managed identities."""
        return [app for app in self if app.kind == "managed_identity"]

    def __iter__(self) -> Iterator[App]:
        return iter(list(self._apps.values()))

    def _guid(self) -> str:
        return str(UUID(int=self._rng.getrandbits(128), version=4))

    def new_guid(self) -> str:
        """Make a GUID from the seed."""
        return self._guid()
