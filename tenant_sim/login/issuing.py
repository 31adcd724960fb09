"""Which resources the tenant issues tokens for, and with which roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenant_sim.login.apps import EXCHANGE_APP, GRAPH_APP, SHAREPOINT_APP, STORAGE_APP, App

if TYPE_CHECKING:
    from tenant_sim.sim import TenantSim


def issue(sim: TenantSim, app: App, resource: str, appidacr: str, lifetime: float | None) -> str | None:
    """Mint a token of `app` for a resource, by its address or its app id; None if the tenant has no such resource."""
    wanted = resource.rstrip("/").lower()
    graph = {sim.urls.graph.lower(), sim.real_urls.graph, GRAPH_APP}
    sharepoint = {
        sim.urls.sharepoint.lower(),
        sim.urls.admin.lower(),
        sim.real_urls.sharepoint,
        sim.real_urls.admin,
        *sim.geo_hosts(),
        SHAREPOINT_APP,
    }
    if wanted in graph:
        roles = app.roles["graph"]
    elif wanted in sharepoint:
        roles = app.roles["sharepoint"]
    elif wanted in ("https://storage.azure.com", STORAGE_APP) or wanted.endswith(".blob.core.windows.net"):
        roles = set()
    elif wanted in ("api://azureadtokenexchange", EXCHANGE_APP):
        return sim.tokens.issue(app, "api://AzureADTokenExchange", set(), appidacr, lifetime)
    else:
        return None
    return sim.tokens.issue(app, resource.rstrip("/"), roles, appidacr, lifetime)
