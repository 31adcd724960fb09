"""Access tokens: managed identity by azure-identity, certificate by msal, one token for each audience.

Both libraries cache by wall time. There is no client secret: SharePoint refuses tokens that were made with one
[SP-18].
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from upa_core.adapters.http.bounded import bounded_session
from upa_core.adapters.identity.certificate import split_certificate
from upa_core.domain.errors import AccessDeniedError, ConfigError, UnavailableError, UpaError

if TYPE_CHECKING:
    from azure.identity import ManagedIdentityCredential

_AADSTS = re.compile(r"AADSTS\d+")
_NO_SUCH_TENANT = re.compile(r"HTTP status: 4(?!08|29)\d\d")
_TRANSIENT = {"temporarily_unavailable", "server_error", "AADSTS90033", "AADSTS90006", "AADSTS90055", "AADSTS90012"}
_PUBLIC_AUTHORITIES = {
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
}


_GARBLED = (ValueError, LookupError, TypeError, AttributeError)
"""Errors of the libraries for an answer that isn't JSON, or has another shape than they know."""


class TokenSource(Protocol):
    """Access tokens by audience, an origin such as https://graph.microsoft.com.

    Both methods raise `AccessDeniedError` (with the login service's AADSTS code only) and `UnavailableError`.
    """

    def token(self, audience: str) -> str:
        """Return a token that is still valid."""

    def refresh(self, audience: str) -> str:
        """Return a fresh token: the cached one was refused."""


class ManagedIdentityTokens:
    """Tokens of the app's managed identity, system-assigned unless a client id names one."""

    def __init__(self, client_id: str | None = None, **options: Any) -> None:
        """Ask for nothing yet; the options are azure-identity's own (for instance `retry_total`)."""
        self._options = options if client_id is None else options | {"client_id": client_id}
        self._credential: ManagedIdentityCredential | None = None
        self._status = 0
        """Status of the endpoint's last answer: azure-identity's errors don't hold it."""

    def token(self, audience: str) -> str:
        """Return a token that is still valid."""
        from azure.core.exceptions import AzureError, ClientAuthenticationError  # lazy vendor import

        credential = self._credential = self._credential or self._new_credential()
        self._status = 0
        try:
            return str(credential.get_token(_scope(audience)).token)
        except ClientAuthenticationError as error:
            if self._status in (408, 429) or self._status >= 500:
                raise _unreachable("managed identity", audience, error) from None
            raise _refused("managed identity", audience, str(error)) from None
        except (AzureError, *_GARBLED) as error:
            raise _unreachable("managed identity", audience, error) from None

    def refresh(self, audience: str) -> str:
        """Return a fresh token; a new credential starts with an empty cache."""
        self._credential = None
        return self.token(audience)

    def _new_credential(self) -> ManagedIdentityCredential:
        from azure.core.pipeline.transport import RequestsTransport  # vendor imports are lazy
        from azure.identity import ManagedIdentityCredential

        # its warnings quote the endpoint's answer, which may hold a part of a token; our errors suffice
        logging.getLogger("azure.identity").setLevel(logging.CRITICAL)
        options = {**self._options, "raw_response_hook": self._note}
        if "transport" not in options:
            options["transport"] = RequestsTransport(session=bounded_session())
        return ManagedIdentityCredential(**options)

    def _note(self, response: Any) -> None:
        self._status = response.http_response.status_code


class CertificateTokens:
    """Tokens of an app registration that signs in with a certificate."""

    def __init__(
        self,
        tenant_id: str,
        client_id: str,
        certificate: bytes,
        *,
        authority: str,
        http_client: Any = None,
        read_again: Callable[[], bytes] | None = None,
    ) -> None:
        """Take the certificate with its private key as PEM (or PKCS#12, also in base64, as Key Vault gives it).

        `read_again` reads it anew, where it is kept: it is called once where the login service refuses the one in use.

        Six parameters: the identity, its place, and two that only tests and the vault's certificates set.
        """
        if urlsplit(authority).scheme != "https":
            raise ConfigError(f"the login service must be an https address: {authority}")
        self._client_id, self._http_client = client_id, http_client
        self._authority = f"{authority.rstrip('/')}/{tenant_id}"
        self._discovery = urlsplit(authority).hostname in _PUBLIC_AUTHORITIES
        self._certificate = certificate
        self._read_again = read_again
        self._app: Any = None

    @property
    def certificate(self) -> bytes:
        """The certificate in use."""
        return self._certificate

    def token(self, audience: str) -> str:
        """Return a token that is still valid; a refused certificate is read again once, where it was replaced."""
        try:
            return self._token(audience)
        except AccessDeniedError as refused:
            try:
                renewed = self._renewed()
            except UpaError:  # the vault or the file fails too: what needs somebody is the refused certificate
                renewed = False
            if not renewed:
                raise refused from None
            return self._token(audience)

    def _renewed(self) -> bool:
        fresh = self._read_again() if self._read_again is not None else self._certificate
        if fresh == self._certificate:
            return False
        self._certificate, self._app = fresh, None
        return True

    def _token(self, audience: str) -> str:
        import requests  # vendor imports are lazy
        from msal.exceptions import MsalError

        try:
            answer = self._application().acquire_token_for_client(scopes=[_scope(audience)])
        except (requests.RequestException, MsalError, RuntimeError) as error:
            raise _unreachable("certificate", audience, error) from None
        except _GARBLED as error:  # ValueError: msal's word for a tenant without metadata, too
            text = str(error.__context__)
            if _NO_SUCH_TENANT.search(text):
                raise _refused("certificate", audience, text) from None
            raise _unreachable("certificate", audience, error) from None
        if token := answer.get("access_token"):
            return str(token)
        raise _refused("certificate", audience, f"{answer.get('error')} {answer.get('error_description')}")

    def refresh(self, audience: str) -> str:
        """Return a fresh token; a new client starts with an empty cache."""
        self._app = None
        return self.token(audience)

    def _application(self) -> Any:
        import msal  # vendor imports are lazy
        from cryptography.hazmat.primitives.serialization import Encoding

        app = self._app
        if app is None:
            private_key, public = split_certificate(self._certificate)
            app = self._app = msal.ConfidentialClientApplication(
                self._client_id,
                client_credential={
                    "private_key": private_key,
                    "public_certificate": public.public_bytes(Encoding.PEM).decode(),
                },
                authority=self._authority,
                instance_discovery=None if self._discovery else False,
                http_client=self._http_client or bounded_session(),
                timeout=(10, 60),
            )
        return app


def managed_identity(client_id: str | None = None, **options: Any) -> TokenSource:
    """Return the tokens of the managed identity."""
    return ManagedIdentityTokens(client_id, **options)


def certificate(
    tenant_id: str, client_id: str, pem: str | bytes | Callable[[], bytes], *, authority: str, http_client: Any = None
) -> CertificateTokens:
    """Return the tokens of a certificate, given as bytes, as the path of a file, or as a call that reads it."""
    read: Callable[[], bytes] | None = pem if callable(pem) else None
    if isinstance(pem, str):
        path = Path(pem)

        def read() -> bytes:
            try:
                return path.read_bytes()
            except OSError as error:
                raise ConfigError(f"the certificate can't be read: {path} ({type(error).__name__})") from error

    content = pem if isinstance(pem, bytes) else read() if read is not None else b""
    return CertificateTokens(
        tenant_id, client_id, content, authority=authority, http_client=http_client, read_again=read
    )


def _scope(audience: str) -> str:
    return f"{audience.rstrip('/')}/.default"


def _refused(way: str, audience: str, text: str) -> AccessDeniedError | UnavailableError:
    """Return the error for a refused token; of the service's text it holds only the codes."""
    code = found[0] if (found := _AADSTS.search(text)) else ""
    if _TRANSIENT & {code, *text.split()[:1]}:
        return UnavailableError(f"{way}: the login service can't give a token for {audience} now {code}".rstrip())
    return AccessDeniedError(f"{way}: no token for {audience} {code}".rstrip())


def _unreachable(way: str, audience: str, error: Exception) -> UnavailableError:
    return UnavailableError(f"{way}: no answer about a token for {audience} ({type(error).__name__})")
