"""Unmodified clients of Microsoft and of the community against the tenant on loopback, over TLS."""

from __future__ import annotations

import asyncio
import ssl

import msal
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ManagedIdentityCredential

from tenant_sim import TenantSim
from tenant_sim.people import seeding

pytestmark = pytest.mark.filterwarnings(  # msgraph-sdk and kiota warn about their own classes when imported
    "ignore:GetQueryParameters is deprecated:DeprecationWarning", "ignore:This class is deprecated:DeprecationWarning"
)


@pytest.fixture
def served(monkeypatch):
    sim = TenantSim()
    with sim.serve() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def http():
    """msal never closes a session of its own."""
    with requests.Session() as session:
        yield session


def msal_app(served, http, **options):
    credential = {
        "private_key": served.private_key_pem.decode(),
        "public_certificate": served.certificate_pem.decode(),
        "thumbprint": served.thumbprint,
    }
    options = {"client_credential": credential, "authority": served.authority, **options}
    return msal.ConfidentialClientApplication(served.client_id, instance_discovery=False, http_client=http, **options)


def test_msal_gets_a_token_by_certificate_and_caches_it(served, http):
    """msal discovers the authority, signs an assertion, and asks once for two uses; one token per host."""
    app = msal_app(served, http)
    first = app.acquire_token_for_client([f"{served.urls.admin}/.default"])
    second = app.acquire_token_for_client([f"{served.urls.admin}/.default"])
    other = app.acquire_token_for_client([f"{served.urls.sharepoint}/.default"])

    assert first["access_token"] == second["access_token"] != other["access_token"]
    assert served.sim.calls.counts() == {"login openid": 1, "login token": 2}


def test_msal_takes_a_sha256_thumbprint_alone(served, http):
    """Without a SHA-1 thumbprint msal signs with x5t#S256 and PSS."""
    credential = {"private_key": served.private_key_pem.decode(), "public_certificate": served.certificate_pem.decode()}

    assert "access_token" in msal_app(served, http, client_credential=credential).acquire_token_for_client(
        [f"{served.urls.admin}/.default"]
    )


def test_msal_shows_the_error_of_an_unknown_resource(served, http):
    """AADSTS500011 reaches the caller of msal."""
    result = msal_app(served, http).acquire_token_for_client(["https://nowhere.example/.default"])

    assert result["error_codes"] == [500011]


def test_azure_identity_certificate_credential(served):
    """CertificateCredential signs in with the PEM file that the tenant wrote."""
    with CertificateCredential(
        served.tenant_id,
        served.client_id,
        str(served.certificate_file),
        authority=served.urls.login,
        disable_instance_discovery=True,
    ) as credential:
        token = credential.get_token(f"{served.urls.sharepoint}/.default").token

    answer = requests.get(
        f"{served.urls.sharepoint}/sites/upa/_api/web",
        timeout=10,
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json;odata=nometadata"},
    )
    assert answer.json()["ServerRelativeUrl"] == "/sites/upa"


def test_azure_identity_managed_identity(served):
    """ManagedIdentityCredential finds the App Service endpoint in its environment and may read users."""
    served.sim.directory.add({"displayName": "Zoë", "userPrincipalName": "zoe@contoso.com"})
    with ManagedIdentityCredential() as credential:
        token = credential.get_token(f"{served.urls.graph}/.default").token
        again = credential.get_token(f"{served.urls.graph}/.default").token

    answer = requests.get(
        f"{served.urls.graph}/v1.0/users/delta", headers={"Authorization": f"Bearer {token}"}, timeout=10
    )
    assert [user["displayName"] for user in answer.json()["value"]] == ["Zoë"]
    assert token == again
    assert served.sim.calls.counts()["managed_identity token"] == 1


def test_azure_identity_user_assigned(served):
    """A user-assigned identity is asked for by its client id; an unknown one fails."""
    with ManagedIdentityCredential(client_id=served.identity_client_id) as credential:
        assert credential.get_token("https://storage.azure.com/.default").token
    with (
        ManagedIdentityCredential(client_id="00000000-0000-0000-0000-00000000dead") as credential,
        pytest.raises(ClientAuthenticationError),
    ):
        credential.get_token("https://storage.azure.com/.default")


def test_managed_identity_as_federated_credential_through_azure_identity(served):
    """ClientAssertionCredential with the identity's token signs in without any certificate."""
    from azure.identity import ClientAssertionCredential

    from tenant_sim.login.apps import FederatedCredential

    sim = served.sim
    sim.apps.client.federated.append(FederatedCredential(sim.tokens.issuer, sim.apps.identity.object_id))
    with (
        ManagedIdentityCredential() as identity,
        ClientAssertionCredential(
            served.tenant_id,
            served.client_id,
            lambda: identity.get_token("api://AzureADTokenExchange/.default").token,
            authority=served.urls.login,
            disable_instance_discovery=True,
        ) as credential,
    ):
        token = credential.get_token(f"{served.urls.admin}/.default")

    assert sim.tokens.claims(token.token)["appid"] == served.client_id


# -- msgraph-sdk -------------------------------------------------------------------------------------------------------


class StaticCredential:
    """A token from the tenant, in the shape azure-core's async credentials have."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def get_token(self, *_scopes, **_options):
        from azure.core.credentials import AccessToken

        return AccessToken(self._token, 4_000_000_000)

    async def close(self) -> None:
        pass


def graph_client(served, http):
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from msgraph.graph_request_adapter import GraphRequestAdapter
    from msgraph.graph_service_client import GraphServiceClient
    from msgraph_core import GraphClientFactory

    provider = AzureIdentityAuthenticationProvider(
        StaticCredential(served.sim.token("upa-sync-identity", "graph")),
        scopes=[f"{served.urls.graph}/.default"],
        allowed_hosts=["127.0.0.1"],
    )
    client = GraphClientFactory.create_with_default_middleware(client=http, host=f"{served.urls.graph}/v1.0")
    adapter = GraphRequestAdapter(provider, client=client)
    adapter.base_url = f"{served.urls.graph}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def with_graph(served, use):
    """Run `use(client)` with msgraph-sdk."""
    import httpx

    async def run():
        context = ssl.create_default_context(cafile=str(served.ca_file))
        transport = httpx.AsyncHTTPTransport(verify=context)
        async with httpx.AsyncClient(transport=transport) as client:
            try:
                return await use(graph_client(served, client))
            finally:
                await transport.aclose()  # msgraph-core wraps the transport and forgets to close it

    return asyncio.run(run())


def test_msgraph_sdk_reads_users_and_delta(served):
    """Users, one user, a whole delta round by hand with with_url, and its 404 as an ODataError."""
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError
    from msgraph.generated.users.delta.delta_request_builder import DeltaRequestBuilder

    seeding.seed_generated(served.sim, 210)
    gone = served.sim.directory.users()[3]["id"]
    served.sim.directory.remove(gone)

    async def use(client):
        some = await client.users.get()
        one = await client.users.by_user_id(some.value[0].id).get()
        query = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(select=["id", "displayName"])
        page = await client.users.delta.get(request_configuration=RequestConfiguration(query_parameters=query))
        everybody = list(page.value)
        while page.odata_next_link:
            page = await client.users.delta.with_url(page.odata_next_link).get()
            everybody += page.value
        with pytest.raises(ODataError) as caught:
            await client.users.by_user_id("nobody").get()
        return some, one, everybody, page.odata_delta_link, caught.value

    some, one, everybody, link, error = with_graph(served, use)
    removed = [user.id for user in everybody if "@removed" in user.additional_data]
    assert one.display_name == some.value[0].display_name
    assert (len(everybody), removed) == (210, [gone])
    assert "$deltatoken=" in link
    assert (error.response_status_code, error.error.code) == (404, "Request_ResourceNotFound")


def test_msgraph_sdk_grants_an_app_role(served):
    """servicePrincipals by filter, appRoleAssignments created and listed: what a setup command does."""
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.models.app_role_assignment import AppRoleAssignment
    from msgraph.generated.service_principals.service_principals_request_builder import ServicePrincipalsRequestBuilder

    for role in ("Application.Read.All", "AppRoleAssignment.ReadWrite.All"):
        served.sim.apps.identity.grant("graph", role)

    async def find(client, app_id):
        query = ServicePrincipalsRequestBuilder.ServicePrincipalsRequestBuilderGetQueryParameters(
            filter=f"appId eq '{app_id}'"
        )
        found = await client.service_principals.get(request_configuration=RequestConfiguration(query_parameters=query))
        return found.value[0]

    async def use(client):
        identity = await find(client, served.identity_client_id)
        sharepoint = await find(client, "00000003-0000-0ff1-ce00-000000000000")
        role = next(role for role in sharepoint.app_roles if role.value == "User.ReadWrite.All")
        assignments = client.service_principals.by_service_principal_id(identity.id).app_role_assignments
        await assignments.post(
            AppRoleAssignment(principal_id=identity.id, resource_id=sharepoint.id, app_role_id=role.id)
        )
        organization = await client.organization.get()
        return (await assignments.get()).value, organization.value[0].id

    assigned, tenant_id = with_graph(served, use)
    assert "Office 365 SharePoint Online" in {one.resource_display_name for one in assigned}
    assert served.sim.apps.identity.roles["sharepoint"] == {"User.ReadWrite.All"}
    assert tenant_id == served.tenant_id


def test_msgraph_sdk_takes_a_role_away_and_defines_an_extension(served):
    """applications by filter, extensionProperties posted and listed, and assignments deleted."""
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from msgraph.generated.applications.applications_request_builder import ApplicationsRequestBuilder
    from msgraph.generated.models.extension_property import ExtensionProperty

    for role in ("Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"):
        served.sim.apps.identity.grant("graph", role)

    async def use(client):
        query = ApplicationsRequestBuilder.ApplicationsRequestBuilderGetQueryParameters(
            filter=f"appId eq '{served.client_id}'"
        )
        found = await client.applications.get(request_configuration=RequestConfiguration(query_parameters=query))
        extensions = client.applications.by_application_id(found.value[0].id).extension_properties
        made = await extensions.post(ExtensionProperty(name="badge", data_type="String", target_objects=["User"]))
        listed = (await extensions.get()).value
        identity = client.service_principals.by_service_principal_id(served.sim.apps.identity.object_id)
        assigned = (await identity.app_role_assignments.get()).value
        for one in assigned:
            await identity.app_role_assignments.by_app_role_assignment_id(one.id).delete()
        return made.name, [one.name for one in listed], len(assigned)

    name, listed, assigned = with_graph(served, use)
    assert name == f"extension_{served.client_id.replace('-', '')}_badge"
    assert listed == [name]
    assert (assigned, served.sim.apps.identity.roles["graph"]) == (3, set())


# -- Office365-REST-Python-Client --------------------------------------------------------------------------------------


@pytest.fixture
def office(served):
    from office365.runtime.auth.token_response import TokenResponse
    from office365.sharepoint.client_context import ClientContext

    def context(host: str, path: str = "") -> ClientContext:
        token = served.sim.token("upa-sync", host)
        url = getattr(served.urls, host) + path
        return ClientContext(url).with_access_token(lambda: TokenResponse(access_token=token, token_type="Bearer"))

    return context


def test_office365_client_works_with_files(served, office, tmp_path):
    """Upload, list, download, recycle and delete."""
    context = office("sharepoint", "/sites/upa")
    folder = context.web.get_folder_by_server_relative_url("/sites/upa/Imports")
    made = folder.upload_file("a.json", b'{"value":[]}').execute_query()
    folder.upload_file("b.json", b"b").execute_query()
    names = [file.name for file in folder.files.get().execute_query()]
    content = made.read()
    made.delete_object().execute_query()
    context.web.get_file_by_server_relative_url("/sites/upa/Imports/b.json").recycle().execute_query()

    assert (names, content) == (["a.json", "b.json"], b'{"value":[]}')
    assert served.sim.library.items() == []
    assert [item.name for item in served.sim.library.recycle_bin] == ["b.json"]


def test_office365_client_uploads_in_chunks(served, office, tmp_path):
    """Its upload session: an empty file, then start, continue and finish."""
    big = tmp_path / "big.json"
    big.write_bytes(bytes(range(256)) * 1024)
    context = office("sharepoint", "/sites/upa")
    folder = context.web.get_folder_by_server_relative_url("/sites/upa/Imports")
    folder.files.create_upload_session(str(big), 100_000).execute_query()

    assert served.sim.library.file("/sites/upa/Imports/big.json").content == big.read_bytes()
    assert {"sharepoint file.startupload", "sharepoint file.finishupload"} <= set(served.sim.calls.counts())


def test_office365_clients_queue_call_is_rejected(served, office):
    """Its queue call posts the map as an object; the service wants a list [SP-17], so nothing is queued."""
    from office365.runtime.client_request_exception import ClientRequestException
    from office365.sharepoint.tenant.management.office365_tenant import Office365Tenant

    context = office("admin")
    call = Office365Tenant(context).queue_import_profile_properties(
        1, "IdName", {"City": "City"}, f"{served.urls.sharepoint}/sites/upa/Imports/a.json"
    )
    with pytest.raises(ClientRequestException) as caught:
        call.execute_query()

    assert caught.value.response.status_code == 400
    assert served.sim.jobs == []


def test_office365_client_gets_and_sets_profile_properties(served, office):
    """Its sets of one text and of several arrive as they were sent, and its read finds the person."""
    from office365.sharepoint.userprofiles.people_manager import PeopleManager

    sim, account = served.sim, "i:0#.f|membership|zoe@contoso.com"
    sim.profiles.define("CostCenter")
    sim.profiles.define("Teams", multi_value=True)
    zoe = sim.directory.add({"userPrincipalName": "zoe@contoso.com", "displayName": "Zoe"}, profile=True)
    context = office("admin")
    people = PeopleManager(context)
    people.set_single_value_profile_property(account, "CostCenter", 'R&D "x" <é>').execute_query()
    people.set_multi_valued_profile_property(account, "Teams", ["one", "two, three"]).execute_query()
    every = people.get_properties_for(account).execute_query()

    held = sim.profiles.get(zoe)
    assert (held["CostCenter"], held["Teams"]) == ('R&D "x" <é>', "one|two, three")
    assert every.properties["AccountName"] == account


def test_office365_client_is_told_what_an_app_may_not_set(served, office):
    """A property that users may not edit is refused to an app that isn't an administrator of profiles, by type."""
    from office365.runtime.client_request_exception import ClientRequestException
    from office365.sharepoint.userprofiles.people_manager import PeopleManager

    sim = served.sim
    sim.profiles.define("CostCenter")
    sim.directory.add({"userPrincipalName": "zoe@contoso.com", "displayName": "Zoe"}, profile=True)
    sim.single_writes.rules.app_writes = "editable_only"
    people = PeopleManager(office("admin"))
    people.set_single_value_profile_property("i:0#.f|membership|zoe@contoso.com", "CostCenter", "x")
    with pytest.raises(ClientRequestException, match="PropertyNotEditableException"):
        people.execute_query()
