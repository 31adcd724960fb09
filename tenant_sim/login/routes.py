"""Token endpoint, OpenID discovery, instance discovery and keys, as msal and azure-identity ask for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tenant_sim.login import assertions
from tenant_sim.login.apps import App
from tenant_sim.login.certificates import b64, signing_key
from tenant_sim.login.errors import aadsts
from tenant_sim.serving.http import HttpError, Request, Response, json_response
from tenant_sim.serving.route import Route, unknown

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

_PATH = re.compile(r"^/([^/]+)/(.+)$")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class LoginRoutes:
    """The login surface."""

    def __init__(self, sim: TenantSim) -> None:
        self._sim = sim

    def resolve(self, request: Request) -> Route:
        """Find what a request asks for."""
        found = _PATH.match(request.path)
        if not found:
            return unknown()
        tenant, rest = found.groups()
        if rest == "oauth2/v2.0/token" and request.method == "POST":
            return Route("token", lambda: self._token(tenant, request))
        if rest in ("v2.0/.well-known/openid-configuration", ".well-known/openid-configuration"):
            return Route("openid", lambda: self._openid(tenant, request))
        if rest == "discovery/instance":
            return Route("instance", lambda: self._instance(request))
        if rest in ("discovery/v2.0/keys", "discovery/keys"):
            return Route("keys", self._keys)
        return unknown()

    def _error(self, number: int, error: str, text: str, status: int = 400) -> HttpError:
        return aadsts(number, error, text, status=status, trace=self._sim.new_guid(), now=self._sim.tokens.wall())

    def _check_tenant(self, tenant: str) -> None:
        names = {self._sim.tenant_id, self._sim.tenant_domain, "common", "organizations"}
        if tenant.lower() not in names:
            text = (
                f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into "
                "the correct cloud."
            )
            raise self._error(90002, "invalid_request", text)

    def _openid(self, tenant: str, request: Request) -> Response:
        self._check_tenant(tenant)
        base = f"{request.base_url}/{tenant}"
        return json_response(
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "private_key_jwt",
                    "client_secret_basic",
                ],
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_modes_supported": ["query", "fragment", "form_post"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "issuer": f"{request.base_url}/{self._sim.tenant_id}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
                "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com",
                "cloud_graph_host_name": "graph.windows.net",
                "msgraph_host": urlsplit(self._sim.urls.graph).netloc,
                "rbac_url": "https://pas.windows.net",
            }
        )

    def _instance(self, request: Request) -> Response:
        """Answer msal's instance discovery: this host is an authority of its own."""
        host, base = request.host, f"{request.base_url}/{self._sim.tenant_id}"
        return json_response(
            {
                "tenant_discovery_endpoint": f"{base}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
            }
        )

    def _keys(self) -> Response:
        numbers = signing_key().public_key().public_numbers()
        size = (numbers.n.bit_length() + 7) // 8
        key = {
            "kty": "RSA",
            "use": "sig",
            "kid": self._sim.tokens.key_id,
            "x5t": self._sim.tokens.key_id,
            "n": b64(numbers.n.to_bytes(size, "big")),
            "e": b64(numbers.e.to_bytes(3, "big")),
        }
        return json_response({"keys": [key]})

    def _token(self, tenant: str, request: Request) -> Response:
        self._check_tenant(tenant)
        form = request.form
        if form.get("grant_type") != "client_credentials":
            raise self._error(
                70003,
                "unsupported_grant_type",
                f"The app requested an unsupported grant type '{form.get('grant_type')}'.",
            )
        app = self._app(form.get("client_id", ""))
        appidacr = self._authenticate(app, tenant, request)
        if not app.in_tenant:
            raise self._error(
                7000229,
                "invalid_client",
                f"The client application {app.app_id} is missing service principal in the tenant "
                f"{self._sim.tenant_id}. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119",
            )
        scope = form.get("scope", "")
        if not scope.endswith("/.default"):
            raise self._error(
                1002012,
                "invalid_scope",
                f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value "
                "with /.default suffixed to the resource identifier (application ID URI).",
            )
        token = self._sim.issue(app, scope.removesuffix("/.default"), appidacr)
        if token is None:
            raise self._error(
                500011,
                "invalid_resource",
                f"The resource principal named {scope.removesuffix('/.default')} was not found in the tenant named "
                f"{self._sim.domain}.",
            )
        life = self._sim.tokens.lifetime_s
        return json_response(
            {"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token},
            headers={"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"},
        )

    def _app(self, client_id: str) -> App:
        app = self._sim.apps.get(client_id)
        if app is None or app.kind != "application":
            raise self._error(
                700016,
                "unauthorized_client",
                f"Application with identifier '{client_id}' was not found in the directory '{self._sim.domain}'. This "
                "can happen if the application has not been installed by the administrator of the tenant or consented "
                "to by any user in the tenant.",
            )
        return app

    def _authenticate(self, app: App, tenant: str, request: Request) -> str:
        form = request.form
        if "client_assertion" in form:
            if form.get("client_assertion_type") != ASSERTION_TYPE:
                raise self._error(
                    900144,
                    "invalid_request",
                    "The request body must contain the following parameter: 'client_assertion_type'.",
                )
            base = request.base_url.lower()
            names = {tenant.lower(), self._sim.tenant_id, self._sim.tenant_domain}
            audiences = {f"{base}/{name}/{path}" for name in names for path in ("oauth2/v2.0/token", "v2.0")}
            try:
                return assertions.verify(form["client_assertion"], app, audiences, self._sim.tokens)
            except assertions.RefusedAssertionError as exc:
                raise self._error(exc.number, exc.error, exc.text, 401) from exc
        if "client_secret" in form:
            if form["client_secret"] in app.secrets:
                return "1"
            raise self._error(
                7000215,
                "invalid_client",
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                f"value, not the client secret ID, for a secret added to app '{app.app_id}'.",
                401,
            )
        raise self._error(
            7000218,
            "invalid_client",
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            401,
        )
