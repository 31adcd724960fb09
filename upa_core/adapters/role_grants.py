"""App roles of a service principal, read, granted and revoked with msgraph-sdk (the `admin` extra, ADR 2)."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from uuid import UUID

from upa_core.domain.app_roles import RESOURCE_APPS, ServiceName
from upa_core.domain.errors import AccessDeniedError, ConfigError, RefusedError, UnavailableError

if TYPE_CHECKING:
    from msgraph.graph_service_client import GraphServiceClient

T = TypeVar("T")
SignIn = Literal["cli", "browser", "device", "connector"]
MISSING = (
    "this needs msgraph-sdk: install the extra `admin` (pip install 'upa-sync[admin]', or pip install msgraph-sdk)"
)


@dataclass(frozen=True, slots=True)
class Principal:
    """A service principal and what it was granted."""

    object_id: str
    app_id: str
    name: str
    roles: frozenset[tuple[ServiceName, str]]


class RoleGrants:
    """App role assignments of one tenant."""

    def __init__(self, root: str, credential: Any) -> None:
        """Take Graph's root and a credential of azure-core's kind (blocking)."""
        try:
            import msgraph  # noqa: F401, PLC0415 - the extra is optional
        except ImportError:
            raise ConfigError(MISSING) from None
        self._root, self._credential = root.rstrip("/"), credential

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
            from msgraph.generated.models.app_role_assignment import AppRoleAssignment  # noqa: PLC0415

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

    def _run(self, use: Callable[[GraphServiceClient], Awaitable[T]]) -> T:
        """Run with a fresh client; vendor errors become ours."""
        from azure.core.exceptions import AzureError, ClientAuthenticationError  # noqa: PLC0415 - lazy vendor import

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # msgraph-sdk and kiota warn about their own classes
            import httpx  # noqa: PLC0415
            from msgraph.generated.models.o_data_errors.o_data_error import ODataError  # noqa: PLC0415

            try:
                return asyncio.run(self._use(use))
            except ODataError as error:
                code = error.error.code if error.error is not None else ""
                text = f"Graph: HTTP {error.response_status_code} {code}"
                if error.response_status_code in (401, 403):
                    raise AccessDeniedError(
                        f"{text}: sign in as somebody who may grant app roles (Privileged Role Administrator)"
                    ) from None
                raise RefusedError(text, code=str(code)) from None
            except ClientAuthenticationError as error:
                first = str(error).partition("\n")[0][:200]
                raise AccessDeniedError(f"can't sign in ({first}): az login, or --sign-in browser or device") from None
            except (AzureError, httpx.HTTPError) as error:
                raise UnavailableError(f"Graph: no answer ({type(error).__name__})") from None

    async def _use(self, use: Callable[[GraphServiceClient], Awaitable[T]]) -> T:
        import httpx  # noqa: PLC0415 - comes with msgraph-sdk
        from kiota_authentication_azure.azure_identity_authentication_provider import (  # noqa: PLC0415
            AzureIdentityAuthenticationProvider,
        )
        from msgraph.graph_request_adapter import GraphRequestAdapter  # noqa: PLC0415
        from msgraph.graph_service_client import GraphServiceClient  # noqa: PLC0415
        from msgraph_core import GraphClientFactory  # type: ignore[import-untyped]  # noqa: PLC0415

        host = self._root.removeprefix("https://").partition(":")[0]
        provider = AzureIdentityAuthenticationProvider(
            self._credential, scopes=[f"{self._root}/.default"], allowed_hosts=[host]
        )
        transport = httpx.AsyncHTTPTransport()
        async with httpx.AsyncClient(transport=transport, timeout=60) as http:
            try:
                client = GraphClientFactory.create_with_default_middleware(client=http, host=f"{self._root}/v1.0")
                adapter = GraphRequestAdapter(provider, client=client)
                adapter.base_url = f"{self._root}/v1.0"
                return await use(GraphServiceClient(request_adapter=adapter))
            finally:
                await transport.aclose()  # msgraph-core wraps the transport and forgets to close it


async def _find(client: GraphServiceClient, app_or_object_id: str) -> Any:
    """Find a service principal by application id, else by object id."""
    from kiota_abstractions.base_request_configuration import RequestConfiguration  # noqa: PLC0415
    from msgraph.generated.service_principals.service_principals_request_builder import (  # noqa: PLC0415
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


def sign_in(way: SignIn, tenant_id: str, authority: str, tell: Callable[[str], None]) -> Any:
    """Return a credential of a person: az login's, the browser's, or a device code's, which `tell` shows."""
    from azure import identity  # noqa: PLC0415 - vendor imports are lazy

    host = authority.removeprefix("https://").rstrip("/")
    match way:
        case "cli":
            return identity.AzureCliCredential(tenant_id=tenant_id)
        case "browser":
            return identity.InteractiveBrowserCredential(tenant_id=tenant_id, authority=host)
        case _:

            def prompt(uri: str, code: str, _ends: object) -> None:
                tell(f"To sign in, open {uri} and enter the code {code}")

            return identity.DeviceCodeCredential(tenant_id=tenant_id, authority=host, prompt_callback=prompt)


class ConnectorCredential:
    """The connector's own sign-in as a credential of azure-core's kind."""

    def __init__(self, token: Callable[[str], str]) -> None:
        """Take the token source's `token`."""
        self._token = token

    def get_token(self, *scopes: str, **_: Any) -> Any:
        """Return a token for the audience of the first scope."""
        from azure.core.credentials import AccessToken  # noqa: PLC0415 - vendor imports are lazy

        return AccessToken(self._token(scopes[0].removesuffix("/.default")), 4_000_000_000)
