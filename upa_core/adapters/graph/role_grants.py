"""App roles of a service principal, read, granted and revoked with msgraph-sdk (the `admin` extra, ADR 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from upa_core.adapters.graph.admin_graph import AdminGraph
from upa_core.domain.app_roles import RESOURCE_APPS, ServiceName
from upa_core.domain.errors import RefusedError

if TYPE_CHECKING:
    from msgraph.graph_service_client import GraphServiceClient


@dataclass(frozen=True, slots=True)
class Principal:
    """A service principal and what it was granted."""

    object_id: str
    app_id: str
    name: str
    roles: frozenset[tuple[ServiceName, str]]


class RoleGrants:
    """App role assignments of one tenant."""

    def __init__(self, graph: AdminGraph) -> None:
        """Take Graph as an administrator signs in to it."""
        self._run = graph.run

    def principal(self, app_or_object_id: str) -> Principal:
        """Return a service principal by application id or object id, with the roles it has.

        Raises `RefusedError` where there is none, `AccessDeniedError`, `UnavailableError`.
        """

        async def use(client: GraphServiceClient) -> Principal:
            found = await _find(client, app_or_object_id)
            services = {str((await _find(client, app)).id): service for service, app in RESOURCE_APPS.items()}
            values = {
                (service, str(role.id)): str(role.value)
                for service, app in RESOURCE_APPS.items()
                for role in (await _find(client, app)).app_roles or []
            }
            assigned = await client.service_principals.by_service_principal_id(found.id).app_role_assignments.get()
            roles = set()
            for one in (assigned.value if assigned is not None else None) or []:
                service = services.get(str(one.resource_id))
                if service is not None:
                    roles.add((service, values.get((service, str(one.app_role_id)), str(one.app_role_id))))
            return Principal(str(found.id), str(found.app_id), str(found.display_name), frozenset(roles))

        return self._run(use)

    def grant(self, principal: Principal, service: ServiceName, role: str) -> None:
        """Assign an app role; raises as `principal`."""

        async def use(client: GraphServiceClient) -> None:
            from msgraph.generated.models.app_role_assignment import AppRoleAssignment

            resource = await _find(client, RESOURCE_APPS[service])
            role_id = _role_id(resource, service, role)
            body = AppRoleAssignment(
                principal_id=UUID(principal.object_id), resource_id=UUID(str(resource.id)), app_role_id=role_id
            )
            await client.service_principals.by_service_principal_id(principal.object_id).app_role_assignments.post(body)

        self._run(use)

    def revoke(self, principal: Principal, service: ServiceName, role: str) -> None:
        """Take an app role away; raises as `principal`."""

        async def use(client: GraphServiceClient) -> None:
            resource = await _find(client, RESOURCE_APPS[service])
            role_id = str(_role_id(resource, service, role))
            builder = client.service_principals.by_service_principal_id(principal.object_id).app_role_assignments
            assigned = await builder.get()
            for one in (assigned.value if assigned is not None else None) or []:
                if str(one.app_role_id) == role_id and str(one.resource_id) == str(resource.id):
                    await builder.by_app_role_assignment_id(str(one.id)).delete()

        self._run(use)


async def _find(client: GraphServiceClient, app_or_object_id: str) -> Any:
    """Find a service principal by application id, else by object id."""
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.service_principals.service_principals_request_builder import (
        ServicePrincipalsRequestBuilder,
    )

    wanted = str(UUID(app_or_object_id))
    query = ServicePrincipalsRequestBuilder.ServicePrincipalsRequestBuilderGetQueryParameters
    for key in ("appId", "id"):
        configuration = RequestConfiguration(query_parameters=query(filter=f"{key} eq '{wanted}'"))
        found = await client.service_principals.get(request_configuration=configuration)
        if found is not None and found.value:
            return found.value[0]
    raise RefusedError(f"the tenant has no service principal {wanted}: make it with az ad sp create --id {wanted}")


def _role_id(resource: Any, service: ServiceName, role: str) -> UUID:
    for one in resource.app_roles or []:
        if one.value == role:
            return UUID(str(one.id))
    raise RefusedError(f"{service} has no app role {role}")
