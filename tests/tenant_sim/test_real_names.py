"""Clients that know only Microsoft's own host names and are given the CA; the resolver stands in for a hosts file."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

import msal
import pytest
import requests
from azure.identity import CertificateCredential

from tenant_sim import TenantSim
from tenant_sim.loopback import PortTakenError
from tenant_sim.people import seeding

HOSTS = ["login.microsoftonline.com", "graph.microsoft.com", "contoso.sharepoint.com", "contoso-admin.sharepoint.com"]

pytestmark = pytest.mark.filterwarnings(  # msgraph-sdk and kiota warn about their own classes when imported
    "ignore:GetQueryParameters is deprecated:DeprecationWarning", "ignore:This class is deprecated:DeprecationWarning"
)


@pytest.fixture
def served(monkeypatch):
    """A tenant on port 443 of the real names; where that port isn't to be had, the resolver leads to another one."""
    sim = TenantSim(hosts=HOSTS)
    sim.apps.client.grant("graph", "User.Read.All")
    try:
        running = sim.serve(port=443).start()
    except PortTakenError:
        running = sim.serve().start()
    try:
        port = urlsplit(running.urls.graph).port or 443
        real = socket.getaddrinfo

        def resolve(host, service, *rest, **options):
            name = host.decode() if isinstance(host, bytes) else host
            if name in HOSTS:
                assert int(service) == 443
                return real("127.0.0.1", port, *rest, **options)
            return real(host, service, *rest, **options)

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running
    finally:
        running.stop()


def test_msal_with_its_own_discovery(served):
    """msal discovers login.microsoftonline.com by itself, without a switch for simulators, and signs in."""
    credential = {
        "private_key": served.private_key_pem.decode(),
        "public_certificate": served.certificate_pem.decode(),
        "thumbprint": served.thumbprint,
    }
    with requests.Session() as http:
        app = msal.ConfidentialClientApplication(
            served.client_id,
            client_credential=credential,
            authority=f"https://login.microsoftonline.com/{served.tenant_id}",
            http_client=http,
        )
        token = app.acquire_token_for_client(["https://contoso-admin.sharepoint.com/.default"])["access_token"]
        answer = http.post(
            "https://contoso-admin.sharepoint.com/_vti_bin/client.svc/ProcessQuery",
            data="<x/>",
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )

    assert answer.status_code == 200
    assert served.sim.calls.counts()["login openid"] == 1


def test_msgraph_sdk_with_azure_identity_and_nothing_else(served, monkeypatch):
    """GraphServiceClient as its documentation shows it: links lead to https://graph.microsoft.com, and are followed."""
    # aiohttp reads the CA file when it is imported, which another test may have done already.
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", ssl.create_default_context())
    from azure.identity.aio import CertificateCredential as AsyncCredential
    from msgraph.graph_service_client import GraphServiceClient

    if urlsplit(served.urls.graph).port:
        pytest.skip("port 443 is taken or needs privileges; httpx takes addresses from the resolver, but no ports")
    seeding.seed_generated(served.sim, 201)

    async def use():
        async with AsyncCredential(served.tenant_id, served.client_id, str(served.certificate_file)) as credential:
            client = GraphServiceClient(credential, scopes=["https://graph.microsoft.com/.default"])
            page = await client.users.delta.get()
            link = page.odata_next_link
            rest = await client.users.delta.with_url(link).get()
            adapter: Any = client.request_adapter
            await adapter._http_client._transport.transport.aclose()  # msgraph-core forgets it
            return len(page.value), link, len(rest.value), rest.odata_delta_link

    first, link, second, delta = asyncio.run(use())
    assert (first, second) == (200, 1)
    assert link.startswith("https://graph.microsoft.com/v1.0/users/delta()?$skiptoken=")
    assert delta.startswith("https://graph.microsoft.com/v1.0/users/delta()?$deltatoken=")


def test_azure_identity_and_requests(served):
    """CertificateCredential with its defaults gets a token for the site, which the site takes."""
    with CertificateCredential(served.tenant_id, served.client_id, str(served.certificate_file)) as credential:
        token = credential.get_token("https://contoso.sharepoint.com/.default").token
    answer = requests.get(
        "https://contoso.sharepoint.com/sites/upa/_api/web",
        timeout=10,
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json;odata=nometadata"},
    )

    assert answer.json()["Url"] == "https://contoso.sharepoint.com/sites/upa"
