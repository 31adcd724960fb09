"""The directory extension properties of a tenant, listed with msgraph-sdk (the `admin` extra, ADR 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from upa_core.adapters.graph.admin_graph import AdminGraph
from upa_core.domain.errors import RefusedError

if TYPE_CHECKING:
    from msgraph.generated.models.extension_property import ExtensionProperty
    from msgraph.graph_service_client import GraphServiceClient


@dataclass(frozen=True, slots=True)
class DirectoryExtension:
    """An attribute that an application added to users."""

    name: str
    """In full: extension_<app id without hyphens>_<name>."""
    data_type: str
    multi_valued: bool
    owner: str
    """Display name of the application."""


class DirectoryExtensions:
    """Extensions of users in one tenant."""

    def __init__(self, graph: AdminGraph) -> None:
        """Take Graph as an administrator signs in to it."""
        self._run = graph.run

    def available(self) -> Sequence[DirectoryExtension]:
        """Return all, sorted by name; none in a tenant of more than 1,000 service principals [GR-31].

        Raises `AccessDeniedError`, `RefusedError`, `UnavailableError`.
        """

        async def use(client: GraphServiceClient) -> list[ExtensionProperty]:
            from msgraph.generated.directory_objects.get_available_extension_properties import (
                get_available_extension_properties_post_request_body as post,
            )

            body = post.GetAvailableExtensionPropertiesPostRequestBody()
            found = await client.directory_objects.get_available_extension_properties.post(body)
            return list(found.value or []) if found is not None else []

        return _read(self._run(use))

    def of(self, app_id: str) -> Sequence[DirectoryExtension]:
        """Return those that an application owns; raises `RefusedError` too where it isn't registered here."""

        async def use(client: GraphServiceClient) -> list[ExtensionProperty]:
            from kiota_abstractions.base_request_configuration import RequestConfiguration
            from msgraph.generated.applications.applications_request_builder import (
                ApplicationsRequestBuilder,
            )

            query = ApplicationsRequestBuilder.ApplicationsRequestBuilderGetQueryParameters
            wanted = RequestConfiguration(query_parameters=query(filter=f"appId eq '{UUID(app_id)}'"))
            apps = await client.applications.get(request_configuration=wanted)
            if apps is None or not apps.value:
                raise RefusedError(f"no application {app_id} is registered in this tenant")
            found = await client.applications.by_application_id(str(apps.value[0].id)).extension_properties.get()
            return list(found.value or []) if found is not None else []

        return _read(self._run(use))


def _read(found: Sequence[ExtensionProperty]) -> Sequence[DirectoryExtension]:
    made = [
        DirectoryExtension(str(one.name), str(one.data_type), bool(one.is_multi_valued), one.app_display_name or "")
        for one in found
        if "User" in (one.target_objects or ["User"])
    ]
    return sorted(made, key=lambda one: one.name)
