"""Hosts: clouds, sites, folders and credentials."""

import pytest

from tests.config.support import APP, CONNECTOR, connector_of, document, load, only_problem
from upa_core.config.models import SourceModel
from upa_core.domain.cloud import CLOUDS

TARGET = CONNECTOR["target"]
SOURCE = CONNECTOR["source"]
LOCAL = {"graph": "https://localhost:8443", "authority": "https://localhost:8444/"}


def test_every_cloud_can_be_named():
    """The file knows exactly the clouds that the domain knows."""
    assert set(SourceModel.model_json_schema()["properties"]["cloud"]["enum"]) == set(CLOUDS)


@pytest.mark.parametrize(("cloud", "suffix"), [(each.name, each.sharepoint_suffix) for each in CLOUDS.values()])
def test_hosts_of_each_cloud(cloud, suffix):
    """Each cloud has its own Graph, login and SharePoint hosts."""
    connector = connector_of(
        source={**SOURCE, "cloud": cloud},
        target={**TARGET, "admin_url": f"https://c-admin.{suffix}/", "site_url": f"https://c.{suffix}/sites/upa/"},
    )

    assert connector.source.cloud == CLOUDS[cloud]
    assert (connector.target.admin_url, connector.target.site_url) == (
        f"https://c-admin.{suffix}",
        f"https://c.{suffix}/sites/upa",
    )


def test_other_endpoints():
    """Other endpoints replace the cloud's own, and SharePoint may then be anywhere: the simulator."""
    connector = connector_of(
        source={**SOURCE, "endpoints": LOCAL},
        target={
            "admin_url": "https://localhost:1",
            "site_url": "https://localhost:2/sites/upa",
            "folder": "/sites/upa/In",
        },
    )

    assert (connector.source.cloud.graph, connector.source.cloud.authority) == (
        LOCAL["graph"],
        "https://localhost:8444",
    )
    assert connector.target.folder == "/sites/upa/In"


@pytest.mark.parametrize(
    ("folder", "path"),
    [
        ("Imports", "/sites/upa/Imports"),
        ("Shared Documents/upa/", "/sites/upa/Shared Documents/upa"),
        ("/sites/upa/Importe für Ü", "/sites/upa/Importe für Ü"),
    ],
)
def test_folders(folder, path):
    """A folder is relative to the site, or server-relative below it."""
    assert connector_of(target={**TARGET, "folder": folder}).target.folder == path


@pytest.mark.parametrize(
    ("change", "key", "message"),
    [
        ({"folder": "/sites/other/Imports"}, "folder", "isn't below"),
        ({"folder": "/sites/upa2/Imports"}, "folder", "isn't below"),
        ({"folder": "/"}, "folder", "isn't below"),
        ({"folder": "../x"}, "folder", "can't have"),
        ({"folder": "a//b"}, "folder", "can't have"),
        ({"folder": "a?b"}, "folder", "can't have"),
        ({"folder": "a%2fb"}, "folder", "can't have"),
        ({"folder": "a\nb"}, "folder", "aren't allowed"),
        ({"admin_url": "http://contoso-admin.sharepoint.com"}, "admin_url", "https"),
        ({"admin_url": "contoso-admin.sharepoint.com"}, "admin_url", "https"),
        ({"admin_url": "https://contoso-admin.sharepoint.com/x"}, "admin_url", "host alone"),
        ({"admin_url": "https://u@contoso-admin.sharepoint.com"}, "admin_url", "user name"),
        ({"admin_url": "https://contoso-admin.sharepoint.com?x=1"}, "admin_url", "host name alone"),
        ({"admin_url": "https://contoso-admin.sharepoint.com:99999"}, "admin_url", "isn't an address"),
        ({"admin_url": "https://contoso-admin.sharepoint.com.evil.com"}, "admin_url", "isn't a host of the cloud"),
        ({"admin_url": "https://contoso-admin.sharepoint.us"}, "admin_url", "end in .sharepoint.com"),
        ({"admin_url": "https://contosox.sharepoint.com"}, "admin_url", "isn't an admin site"),
        ({"site_url": "https://contoso-admin.sharepoint.com/sites/upa"}, "site_url", "must not be the admin site"),
        ({"site_url": "https://fabrikam.sharepoint.com/sites/upa"}, "site_url", "isn't of the tenant"),
        ({"site_url": "https://[bad/sites/upa"}, "site_url", "isn't an address"),
    ],
)
def test_refused_targets(change, key, message):
    """A target that a token must not be sent to, or that can't hold files, is refused."""
    problem = only_problem(document(target={**TARGET, **change}))

    assert (problem.where, message in problem.message) == (f"connectors[0].target.{key}", True)


@pytest.mark.parametrize(
    ("change", "key", "message"),
    [
        ({"tenant": "contoso"}, "tenant", "neither"),
        ({"tenant": "not a tenant.com"}, "tenant", "neither"),
        ({"extension_app": "my-app"}, "extension_app", "GUID"),
        ({"endpoints": {"graph": "http://localhost"}}, "endpoints.graph", "https"),
        ({"endpoints": {"authority": "https://x/y"}}, "endpoints.authority", "host alone"),
        ({"endpoints": {"grph": "https://x"}}, "endpoints.grph", "isn't known"),
    ],
)
def test_refused_sources(change, key, message):
    """A source that can't be one is refused at its key."""
    problem = only_problem(document(source={**SOURCE, **change}))

    assert (problem.where, message in problem.message) == (f"connectors[0].source.{key}", True)


@pytest.mark.parametrize("tenant", ["11111111-2222-3333-4444-555555555555", "contoso.com", "contoso.onmicrosoft.com"])
def test_tenants(tenant):
    """A tenant is named by its id or by a domain."""
    assert connector_of(source={"tenant": tenant}).source.tenant_id == tenant


@pytest.mark.parametrize(
    ("credential", "message"),
    [
        ({}, "exactly one"),
        ({"managed_identity": {}, "certificate": {"client_id": APP, "path": "/x"}}, "exactly one"),
        ({"certificate": {"client_id": APP}}, "path and keyvault"),
        (
            {"certificate": {"client_id": APP, "path": "/x", "keyvault": "https://v.vault.azure.net/secrets/x"}},
            "path and keyvault",
        ),
        ({"certificate": {"client_id": "app", "path": "/x"}}, "GUID"),
        ({"certificate": {"client_id": APP, "path": "/x", "tenant": "?"}}, "neither"),
        ({"certificate": {"client_id": APP, "keyvault": "https://v.vault.azure.net/keys/x"}}, "isn't the address"),
        ({"certificate": {"client_id": APP, "keyvault": "http://vvv.vault.azure.net/secrets/x"}}, "isn't the address"),
        ({"certificate": {"path": "/x"}}, "'client_id' is missing"),
    ],
)
def test_refused_credentials(credential, message):
    """A credential is exactly one way to sign in, by reference."""
    problem = only_problem(document(credentials={"sharepoint": credential}))

    assert message in problem.message


@pytest.mark.parametrize(
    "address",
    [
        "https://contoso-upa.vault.azure.net/secrets/upa-sharepoint",
        "https://contoso-upa.vault.azure.net/certificates/upa/0123abcd",
        "https://upa.vault.usgovcloudapi.net/secrets/upa",
        "https://upa.vault.azure.cn/secrets/upa",
    ],
)
def test_key_vault_addresses(address):
    """Certificates and secrets of a vault of any cloud may be referred to."""
    content = document(credentials={"graph": {"certificate": {"client_id": APP, "keyvault": address}}})

    assert content
    assert connector_of(credentials=content["connectors"][0]["credentials"]).name == "contoso"


@pytest.mark.parametrize("renamed", ["first", "second"])
def test_one_tenant_has_one_name(renamed):
    """Connectors of a renamed tenant say the same of it: two names would be two lanes, and import jobs at a time."""
    old = {**TARGET, "renamed_from": "https://old-admin.sharepoint.com"}
    other = {**CONNECTOR, "name": "other", "mappings": [{"target": "Other", "source": "city"}]}
    content = document(target=old if renamed == "first" else TARGET)
    content["connectors"].append({**other, "target": TARGET if renamed == "first" else old})
    problem = only_problem(content)

    assert (problem.where, problem.suggestion) == (
        "connectors[1].target",
        "renamed_from: https://old-admin.sharepoint.com",
    )
    content["connectors"][0]["target"] = content["connectors"][1]["target"] = old
    assert len({one.target.lane for one in load(content).connectors}) == 1


def test_the_default_port_isnt_written():
    """With and without it the address is one tenant's, and storage would know two."""
    problem = only_problem(document(target={**TARGET, "admin_url": "https://contoso-admin.sharepoint.com:443"}))

    assert "without the port 443" in problem.message
