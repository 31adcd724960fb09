"""Graph by msgraph-sdk for the few calls of an administrator (the `admin` extra, ADR 2), and the sign-in for them."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from upa_core.domain.errors import AccessDeniedError, ConfigError, RefusedError, UnavailableError

if TYPE_CHECKING:
    from msgraph.graph_service_client import GraphServiceClient

T = TypeVar("T")
SignIn = Literal["cli", "browser", "device", "connector"]
MISSING = (
    "this needs msgraph-sdk: install the extra `admin` (pip install 'upa-sync[admin]', or pip install msgraph-sdk)"
)


class AdminGraph:
    """Graph of one tenant, as somebody signs in to it."""

    def __init__(self, root: str, credential: Any, who: str) -> None:
        """Take Graph's root, a credential of azure-core's kind (blocking), and who may do it, for messages."""
        try:
            import msgraph  # noqa: F401 - the extra is optional
        except ImportError:
            raise ConfigError(MISSING) from None
        self._root, self._credential, self._who = root.rstrip("/"), credential, who

    def run(self, use: Callable[[GraphServiceClient], Awaitable[T]]) -> T:
        """Run with a fresh client; vendor errors become `AccessDeniedError`, `RefusedError` and `UnavailableError`."""
        from azure.core.exceptions import AzureError, ClientAuthenticationError  # lazy vendor import

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # msgraph-sdk and kiota warn about their own classes
            import httpx
            from msgraph.generated.models.o_data_errors.o_data_error import ODataError

            try:
                return asyncio.run(self._use(use))
            except ODataError as error:
                code = error.error.code if error.error is not None else ""
                text = f"Graph: HTTP {error.response_status_code} {code}"
                if error.response_status_code in (401, 403):
                    raise AccessDeniedError(f"{text}: sign in as {self._who}") from None
                raise RefusedError(text, code=str(code)) from None
            except ClientAuthenticationError as error:
                first = str(error).partition("\n")[0][:200]
                raise AccessDeniedError(f"can't sign in ({first}): az login, or --sign-in browser or device") from None
            except (AzureError, httpx.HTTPError) as error:
                raise UnavailableError(f"Graph: no answer ({type(error).__name__})") from None

    async def _use(self, use: Callable[[GraphServiceClient], Awaitable[T]]) -> T:
        import httpx  # comes with msgraph-sdk
        from kiota_authentication_azure.azure_identity_authentication_provider import (
            AzureIdentityAuthenticationProvider,
        )
        from msgraph.graph_request_adapter import GraphRequestAdapter
        from msgraph.graph_service_client import GraphServiceClient
        from msgraph_core import GraphClientFactory

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


def sign_in(way: SignIn, tenant_id: str, authority: str, tell: Callable[[str], None]) -> Any:
    """Return the credential of a person: of az login, the browser, or a device code, which `tell` shows."""
    from azure import identity  # vendor imports are lazy

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
        from azure.core.credentials import AccessToken  # vendor imports are lazy

        return AccessToken(self._token(scopes[0].removesuffix("/.default")), 4_000_000_000)
