"""The national clouds and their hosts [GR-25]."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cloud:
    """The hosts of a tenant's services."""

    name: str
    graph: str
    """Root of Microsoft Graph, without a path."""
    authority: str
    """Root of the login service."""
    sharepoint_suffix: str
    """The end of a tenant's SharePoint host names."""


CLOUDS = {
    cloud.name: cloud
    for cloud in (
        Cloud("global", "https://graph.microsoft.com", "https://login.microsoftonline.com", "sharepoint.com"),
        Cloud("usgov", "https://graph.microsoft.us", "https://login.microsoftonline.us", "sharepoint.us"),
        Cloud("dod", "https://dod-graph.microsoft.us", "https://login.microsoftonline.us", "sharepoint-mil.us"),
        Cloud("china", "https://microsoftgraph.chinacloudapi.cn", "https://login.chinacloudapi.cn", "sharepoint.cn"),
    )
}
