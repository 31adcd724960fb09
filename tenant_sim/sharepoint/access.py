"""Who may do what on the site host and the admin host [SP-18, SP-20, SP-19]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenant_sim.login.apps import SHAREPOINT_APP
from tenant_sim.login.tokens import Token, TokenError
from tenant_sim.serving.http import HttpError, Request, json_response
from tenant_sim.sharepoint.shape import DENIED, error

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim

FULL_CONTROL, WRITE_PROFILES, READ_PROFILES = "Sites.FullControl.All", "User.ReadWrite.All", "User.Read.All"
WRITE_TERMS = "TermStore.ReadWrite.All"  # [SP-24]
"""Needed beside User.ReadWrite.All for properties whose values are terms."""
NO_PROFILE_ACCESS = (
    "Access Denied: This application does not have the required permissions to access profile information."
)
UNAUTHORIZED = "-2147024891, System.UnauthorizedAccessException"


def authorize(sim: TenantSim, request: Request, surface: str) -> Token:
    """Check the bearer token: one per host, and never from a client secret.

    ASSUMED [SP-97]: of the refusals only `Unsupported app only token` was reported.
    """
    served, real = getattr(sim.urls, surface).lower(), getattr(sim.real_urls, surface)
    audiences = {request.base_url.lower(), served, real, SHAREPOINT_APP}
    try:
        token = sim.tokens.check(request.headers.get("authorization"), audiences)
    except TokenError as exc:
        text = {
            "missing": "Access denied. You do not have permission to perform this action or access this resource.",
            "expired": "Invalid JWT token. The token is expired.",
            "audience": f"Invalid audience Uri '{exc}'.",
        }.get(exc.reason, "Invalid JWT token.")
        raise _refused(sim, text) from exc
    if token.appidacr == "1":
        raise _refused(sim, "Unsupported app only token.")
    return token


def _refused(sim: TenantSim, text: str) -> HttpError:
    headers = {
        "WWW-Authenticate": f'Bearer realm="{sim.tenant_id}",client_id="{SHAREPOINT_APP}",'
        f'trusted_issuers="{SHAREPOINT_APP}@*,https://sts.windows.net/*/"',
        "x-ms-diagnostics": f'3000006;reason="{text}";category="invalid_client"',
    }
    return HttpError(json_response({"error_description": text}, 401, headers))


def require_site(sim: TenantSim, request: Request, token: Token, site: str) -> None:
    """Require Sites.FullControl.All, or Sites.Selected and a grant of this site.

    ASSUMED [SP-83]: anybody else gets 403.
    """
    if FULL_CONTROL in token.roles:
        return
    app = sim.apps.get(token.app_id)
    if "Sites.Selected" in token.roles and app is not None and site.lower() in {s.lower() for s in app.sites}:
        return
    raise error(request, 403, UNAUTHORIZED, DENIED)


def require_profiles(request: Request, token: Token, *, write: bool) -> None:
    """Require the rights for profiles."""
    allowed = {WRITE_PROFILES} if write else {WRITE_PROFILES, READ_PROFILES}
    if not token.roles & allowed:
        raise error(request, 403, UNAUTHORIZED, NO_PROFILE_ACCESS)
