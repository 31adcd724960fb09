"""The national clouds."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from upa_core.domain.cloud import CLOUDS


@pytest.mark.parametrize(
    ("name", "graph", "authority", "sharepoint"),
    [
        ("global", "graph.microsoft.com", "login.microsoftonline.com", "sharepoint.com"),
        ("usgov", "graph.microsoft.us", "login.microsoftonline.us", "sharepoint.us"),
        ("dod", "dod-graph.microsoft.us", "login.microsoftonline.us", "sharepoint-mil.us"),
        ("china", "microsoftgraph.chinacloudapi.cn", "login.chinacloudapi.cn", "sharepoint.cn"),
    ],
)
def test_each_cloud_has_hosts_of_its_own(name: str, graph: str, authority: str, sharepoint: str) -> None:
    """A token of one cloud opens nothing in another, so none may be asked of another's login."""
    cloud = CLOUDS[name]

    assert [urlsplit(cloud.graph).netloc, urlsplit(cloud.authority).netloc] == [graph, authority]
    assert cloud.sharepoint_suffix == sharepoint
