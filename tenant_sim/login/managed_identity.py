"""The managed identity endpoint in its App Service form (IDENTITY_ENDPOINT) and its virtual machine form (IMDS).

ASSUMED [AZ-9]: bodies of refusals follow Microsoft's documentation of both endpoints, as remembered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenant_sim.login.apps import App
from tenant_sim.serving.http import HttpError, Request, Response, json_response
from tenant_sim.serving.route import Route, unknown

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

APP_SERVICE_PATH = "/msi/token"
IMDS_PATH = "/metadata/identity/oauth2/token"


class ManagedIdentityRoutes:
    """Both token endpoints."""

    def __init__(self, sim: TenantSim) -> None:
        self._sim = sim

    def resolve(self, request: Request) -> Route:
        """Find what a request asks for."""
        path = request.path.rstrip("/").lower()
        if request.method == "GET" and path == APP_SERVICE_PATH:
            return Route("token", lambda: self._app_service(request))
        if request.method == "GET" and path == IMDS_PATH:
            return Route("imds", lambda: self._imds(request))
        return unknown()

    def _app_service(self, request: Request) -> Response:
        if request.headers.get("x-identity-header") != self._sim.identity_header:
            raise _error(401, "Unauthorized", "X-IDENTITY-HEADER is missing or wrong.", app_service=True)
        if request.params.get("api-version") != "2019-08-01":
            raise _error(400, "UnsupportedApiVersion", "api-version must be 2019-08-01.", app_service=True)
        app, token, resource = self._issue(request, app_service=True)
        return json_response(
            {
                "access_token": token,
                "client_id": app.app_id,
                "expires_on": str(self._expiry()),
                "resource": resource,
                "token_type": "Bearer",
            }
        )

    def _imds(self, request: Request) -> Response:
        if request.headers.get("metadata", "").lower() != "true":
            raise _error(400, "invalid_request", "Required metadata header not specified")
        if not request.params.get("api-version"):
            raise _error(400, "invalid_request", "Required query variable 'api-version' is missing")
        app, token, resource = self._issue(request, app_service=False)
        life = self._sim.tokens.lifetime_s
        return json_response(
            {
                "access_token": token,
                "client_id": app.app_id,
                "expires_in": str(life),
                "ext_expires_in": str(life),
                "expires_on": str(self._expiry()),
                "not_before": str(int(self._sim.tokens.wall()) - 5),
                "resource": resource,
                "token_type": "Bearer",
            }
        )

    def _expiry(self) -> int:
        return int(self._sim.tokens.wall() + self._sim.tokens.lifetime_s)

    def _issue(self, request: Request, *, app_service: bool) -> tuple[App, str, str]:
        params = request.params
        app: App | None = self._sim.apps.identity
        resource = params.get("resource", "")
        if not resource:
            raise _error(
                400, "invalid_request", "Required query variable 'resource' is missing", app_service=app_service
            )
        for key in ("client_id", "object_id", "principal_id", "mi_res_id"):
            if key in params:
                app = next((a for a in self._sim.apps.identities() if params[key] in (a.app_id, a.object_id)), None)
                break
        if app is None:
            raise _error(400, "invalid_request", "Identity not found", app_service=app_service)
        token = self._sim.issue(app, resource, "2")
        if token is None:
            text = (
                f"AADSTS500011: The resource principal named {resource} was not found in the tenant named "
                f"{self._sim.domain}."
            )
            raise _error(400, "invalid_resource", text, app_service=app_service)
        return app, token, resource


def _error(status: int, code: str, text: str, *, app_service: bool = False) -> HttpError:
    body = {"statusCode": status, "message": text} if app_service else {"error": code, "error_description": text}
    return HttpError(json_response(body, status))
