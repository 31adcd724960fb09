"""Facts about what is deployed that no type states: no keys, no passwords, least roles, Flex Consumption's rules.

They are read from the committed snapshots, so no compiler is needed; test_compiled.py holds that those are current.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.infra import predicted
from tests.support import bicep_compiler as bicep
from tests.support.bicep_compiler import INFRA, ROOT

ROLE_DOCS = (ROOT / "docs" / "reference" / "roles.md").read_text(encoding="utf-8")
FILES = sorted(INFRA.rglob("*.bicep"))
STORAGE = "Microsoft.Storage/storageAccounts"
SITE = "Microsoft.Web/sites"
VAULT = "Microsoft.KeyVault/vaults"
SUBNET = "Microsoft.Network/virtualNetworks/subnets"

NOT_ON_FLEX = {
    "FUNCTIONS_EXTENSION_VERSION",
    "FUNCTIONS_WORKER_RUNTIME",
    "WEBSITE_RUN_FROM_PACKAGE",
    "SCM_DO_BUILD_DURING_DEPLOYMENT",
    "ENABLE_ORYX_BUILD",
    "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
    "WEBSITE_CONTENTSHARE",
}
BUILT_IN = {  # the same ids in every subscription [AZ-5]
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "a4417e6f-fecd-4de8-b567-7b0420556985": "Key Vault Certificates Officer",
}
OPERATOR = "00000000-0000-0000-0000-000000000003"
by_set = pytest.mark.parametrize("name", predicted.SETS)


def assignments(name: str) -> list[tuple[str, str, str]]:
    """Return the role assignments of a set: principal, scope (its type, for a container its name) and role."""
    found = []
    for one in predicted.resources(name, "Microsoft.Authorization/roleAssignments"):
        values = one["properties"]
        principal = "operator" if values["principalId"] == OPERATOR else "identity"
        assert (principal == "identity") == ("userAssignedIdentities/id-upa-" in values["principalId"])
        scope = re.sub(r"^\[extensionResourceId\('|', .*$|/providers/Microsoft\.Authorization/.*$", "", one["id"])
        place = re.sub(r"^.*/providers/Microsoft\.", "", scope)
        role = values["roleDefinitionId"].rpartition("/")[2]
        found.append((principal, re.sub(r"/(stupa|kv-|appi-)[\w-]+", "", place), BUILT_IN[role]))
    return sorted(found)


@by_set
def test_the_storage_account_knows_no_keys(name: str) -> None:
    """Shared keys, public blobs, old TLS and plain HTTP are off."""
    found = predicted.properties(name, STORAGE)

    assert (found["allowSharedKeyAccess"], found["allowBlobPublicAccess"], found["allowCrossTenantReplication"]) == (
        (False,) * 3
    )
    assert (found["minimumTlsVersion"], found["supportsHttpsTrafficOnly"]) == ("TLS1_2", True)
    assert {one["properties"]["publicAccess"] for one in containers(name)} == {"None"}


def containers(name: str) -> list[dict[str, Any]]:
    return predicted.resources(name, f"{STORAGE}/blobServices/containers")


@by_set
def test_deleted_state_can_be_brought_back(name: str) -> None:
    """Deleted or overwritten blobs and containers stay for two weeks."""
    found = predicted.properties(name, f"{STORAGE}/blobServices")

    assert found["deleteRetentionPolicy"] == {"enabled": True, "days": 14}
    assert found["containerDeleteRetentionPolicy"] == {"enabled": True, "days": 14}


def test_the_lifecycle_rule_touches_the_archive_only_and_deletes_nothing() -> None:
    """State is outside the prefix; a held plan or an open run may be old, and no rule can tell it from others."""
    (rule,) = predicted.properties("default", f"{STORAGE}/managementPolicies")["policy"]["rules"]

    assert rule["definition"]["filters"]["prefixMatch"] == ["upa/runs/"]
    assert list(rule["definition"]["actions"]) == ["baseBlob"]
    assert list(rule["definition"]["actions"]["baseBlob"]) == ["tierToCool"]


def test_the_queues_are_those_of_the_triggers() -> None:
    """Bicep makes exactly the queues that function_app.py names."""
    named = re.findall(r'queue_name="([a-z-]+)"', (ROOT / "function_app.py").read_text(encoding="utf-8"))
    queues = predicted.resources("default", f"{STORAGE}/queueServices/queues")

    assert set(named) == {one["name"].rpartition("/")[2] for one in queues}


def test_who_read_and_changed_state_is_recorded() -> None:
    """Reads, writes and deletions of blobs go to the workspace, and what is done in the vault too."""
    found = {
        one["id"].rpartition("/providers/Microsoft.Insights/")[0].rpartition("/")[2]: {
            log.get("category") or log["categoryGroup"] for log in one["properties"]["logs"] if log["enabled"]
        }
        for one in predicted.resources("closed", "Microsoft.Insights/diagnosticSettings")
    }
    vault = predicted.one("closed", VAULT)["name"]

    assert found == {"default": {"StorageRead", "StorageWrite", "StorageDelete"}, vault: {"audit"}}


def test_the_vault_is_recoverable_and_uses_roles() -> None:
    """Purge protection and soft delete are on; access policies are off."""
    found = predicted.properties("closed", VAULT)

    assert (found["enablePurgeProtection"], found["enableSoftDelete"], found["enableRbacAuthorization"]) == (True,) * 3


def test_there_is_a_vault_only_where_something_is_kept_in_it() -> None:
    """Neither a certificate nor secrets: no vault, and no name of one for the hooks."""
    assert predicted.resources("default", VAULT) == []
    assert predicted.outputs("default")["UPA_VAULT"] == ""
    assert predicted.outputs("closed")["UPA_VAULT"] == predicted.one("closed", VAULT)["name"]


@by_set
def test_telemetry_needs_an_entra_identity(name: str) -> None:
    """Local authentication is off for Application Insights and the workspace."""
    assert predicted.properties(name, "Microsoft.Insights/components")["DisableLocalAuth"] is True
    workspace = predicted.properties(name, "Microsoft.OperationalInsights/workspaces")
    assert workspace["features"]["disableLocalAuth"] is True


def test_the_plan_is_flex_consumption() -> None:
    """FC1 on Linux."""
    plan = predicted.one("default", "Microsoft.Web/serverfarms")

    assert plan["sku"] == {"name": "FC1", "tier": "FlexConsumption"}
    assert plan["properties"] == {"reserved": True}


def test_the_python_of_the_app_is_the_newest_that_is_tested() -> None:
    """3.13, unless a parameter says otherwise."""
    runtime = predicted.properties("default", SITE)["functionAppConfig"]["runtime"]

    assert runtime == {"name": "python", "version": "3.13"}


@by_set
def test_no_setting_is_one_that_flex_refuses(name: str) -> None:
    """Deprecated settings are neither set nor defaulted."""
    assert set() == NOT_ON_FLEX & set(predicted.settings(name))


@by_set
def test_host_storage_has_no_connection_string(name: str) -> None:
    """AzureWebJobsStorage isn't set, not even empty, or the host would take it for a connection string."""
    assert "AzureWebJobsStorage" not in predicted.settings(name)
    assert predicted.settings(name)["AzureWebJobsStorage__credential"] == "managedidentity"


def test_the_host_finds_its_storage_by_name_or_by_addresses() -> None:
    """The name in the public cloud, where addresses broke hosts; three addresses where it is said so; never both."""
    account = predicted.one("default", STORAGE)["name"]
    kinds = {"accountName", "blobServiceUri", "queueServiceUri", "tableServiceUri"}
    given = {
        name: {kind for kind in kinds if f"AzureWebJobsStorage__{kind}" in predicted.settings(name)}
        for name in predicted.SETS
    }

    assert given == {"default": {"accountName"}, "closed": kinds - {"accountName"}}
    assert predicted.settings("default")["AzureWebJobsStorage__accountName"] == account


@by_set
def test_state_lies_in_the_container_that_is_made(name: str) -> None:
    """UPA_STATE is the container's address in every cloud, however the host finds its storage."""
    account = predicted.one(name, STORAGE)["name"]
    suffix = "environment().suffixes.storage"
    address = f"[format('{{0}}/{{1}}', format('https://{{0}}.blob.{{1}}', '{account}', {suffix}), 'upa')]"

    assert predicted.settings(name)["UPA_STATE"] == address
    assert predicted.outputs(name)["UPA_STATE_URL"] == address
    assert f"{account}/default/upa" in {one["name"] for one in containers(name)}


@by_set
def test_the_app_is_reached_by_tls_and_deployed_without_passwords(name: str) -> None:
    """HTTPS only, TLS 1.2, no FTP, no publishing passwords, no remote debugging."""
    found = predicted.properties(name, SITE)
    site = found["siteConfig"]
    passwords = predicted.resources(name, f"{SITE}/basicPublishingCredentialsPolicies")

    assert found["httpsOnly"] is True
    assert (site["minTlsVersion"], site["scmMinTlsVersion"], site["ftpsState"]) == ("1.2", "1.2", "Disabled")
    assert site["remoteDebuggingEnabled"] is False
    assert {one["name"].rpartition("/")[2]: one["properties"] for one in passwords} == {
        "ftp": {"allow": False},
        "scm": {"allow": False},
    }


@by_set
def test_the_package_is_fetched_with_the_identity(name: str) -> None:
    """Deployment storage is signed in to as the user-assigned identity, not with a connection string."""
    storage = predicted.properties(name, SITE)["functionAppConfig"]["deployment"]["storage"]

    assert (storage["type"], storage["authentication"]["type"]) == ("blobContainer", "UserAssignedIdentity")
    assert "/id-upa-" in storage["authentication"]["userAssignedIdentityResourceId"]


def test_durable_functions_can_have_an_instance_kept_warm() -> None:
    """The always-ready group is the one that Flex calls durable; none where nobody wants to pay for it."""
    warm = {
        name: predicted.properties(name, SITE)["functionAppConfig"]["scaleAndConcurrency"]["alwaysReady"]
        for name in predicted.SETS
    }

    assert warm == {"default": [{"name": "durable", "instanceCount": 1}], "closed": []}


def test_no_secret_stands_in_bicep_or_its_parameters() -> None:
    """No listKeys, no connection string with a key, no value that looks like one."""
    texts = [path.read_text(encoding="utf-8") for path in [*FILES, INFRA / "main.parameters.json"]]
    texts += [predicted.text(name) for name in predicted.SETS]

    assert [
        found for text in texts for found in re.findall(r"listKeys\(|AccountKey=|SharedAccessSignature|sig=", text)
    ] == []


STORAGE_ROLES = [
    ("identity", "Storage/storageAccounts", "Storage Blob Data Owner"),
    ("identity", "Storage/storageAccounts", "Storage Queue Data Contributor"),
    ("identity", "Storage/storageAccounts", "Storage Table Data Contributor"),
]
TELEMETRY_ROLE = ("identity", "Insights/components", "Monitoring Metrics Publisher")
STATE_ROLE = (
    "operator",
    "Storage/storageAccounts/blobServices/default/containers/upa",
    "Storage Blob Data Contributor",
)


def test_the_roles_are_these_and_no_more() -> None:
    """Storage and telemetry for the identity, the state container for the operator; nothing on any vault."""
    assert assignments("default") == sorted([*STORAGE_ROLES, TELEMETRY_ROLE, STATE_ROLE])


def test_a_vault_adds_these_roles() -> None:
    """The identity reads secrets that settings refer to; the operator makes the certificate."""
    assert set(assignments("closed")) - set(assignments("default")) == {
        ("identity", "KeyVault/vaults", "Key Vault Secrets User"),
        ("operator", "KeyVault/vaults", "Key Vault Certificates Officer"),
    }


@pytest.mark.skipif(bicep.find() is None, reason=bicep.WHY_ABSENT)
def test_a_certificate_alone_opens_no_vault_to_the_identity() -> None:
    """The hook lets it read that one secret; Bicep gives it no role on the vault."""
    found = bicep.predict(predicted.CERTIFICATE_AND_PRIVATE)
    kinds = [one["type"] for one in found]
    roles = [one["properties"]["roleDefinitionId"] for one in found if one["type"].endswith("/roleAssignments")]

    assert VAULT in kinds
    assert [BUILT_IN[role.rpartition("/")[2]] for role in roles if "4633458b" in role] == []


@by_set
def test_every_assignment_has_a_name_of_its_own(name: str) -> None:
    """The name is a function of scope, principal and role, so that a second deployment changes nothing."""
    names = [one["name"] for one in predicted.resources(name, "Microsoft.Authorization/roleAssignments")]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("role", sorted(BUILT_IN))
def test_every_role_has_its_reason_in_the_docs(role: str) -> None:
    """docs/reference/roles.md has a row for the role, with its name and a reason."""
    rows = [line for line in ROLE_DOCS.splitlines() if role in line]

    assert len(rows) == 1
    assert f"| {BUILT_IN[role]} |" in rows[0]
    assert len(rows[0].split("|")[-2].split()) >= 5


def test_the_directory_roles_are_those_of_the_docs() -> None:
    """Bicep grants User.Read.All on Graph and the two SharePoint roles, each documented with its reason."""
    text = (INFRA / "graph-permissions.bicep").read_text(encoding="utf-8")
    named = set(re.findall(r"'(\w+(?:\.\w+)+\.All)'", text))

    assert named == {"User.Read.All", "Sites.FullControl.All", "User.ReadWrite.All"}
    assert [role for role in named if f"`{role}`" not in ROLE_DOCS] == []


@pytest.mark.parametrize("kind", [STORAGE, VAULT])
def test_private_means_closed(kind: str) -> None:
    """With private endpoints, storage and vault refuse everybody else."""
    found = predicted.properties("closed", kind)

    assert (found["publicNetworkAccess"], found["networkAcls"]["defaultAction"]) == ("Disabled", "Deny")


def test_private_endpoints_cover_everything_that_is_closed() -> None:
    """Blob, queue, table and vault have one each, in a subnet that the app isn't in; without them nothing is closed."""
    found = predicted.resources("closed", "Microsoft.Network/privateEndpoints")
    links = [one["properties"]["privateLinkServiceConnections"][0]["properties"] for one in found]

    assert sorted(link["groupIds"][0] for link in links) == ["blob", "queue", "table", "vault"]
    assert {one["properties"]["subnet"]["id"].rpartition("/")[2] for one in found} == {"endpoints"}
    assert predicted.properties("default", STORAGE)["publicNetworkAccess"] == "Enabled"


def test_the_app_is_joined_to_the_subnet_that_is_made_for_it() -> None:
    """Delegated as Flex Consumption wants it; without a network the app is joined to none."""
    subnet = predicted.one("closed", SUBNET, "/app")
    (delegation,) = subnet["properties"]["delegations"]

    assert delegation["properties"]["serviceName"] == "Microsoft.App/environments"
    assert predicted.properties("closed", SITE)["virtualNetworkSubnetId"] == subnet["id"]
    assert predicted.properties("default", SITE).get("virtualNetworkSubnetId") is None


def test_what_the_app_calls_is_called_from_the_gateway() -> None:
    """With a gateway its subnet has no other way out; the endpoints' subnet has none at all."""
    app, endpoints = (predicted.properties("closed", SUBNET, ending) for ending in ("/app", "/endpoints"))
    gateway = predicted.one("closed", "Microsoft.Network/natGateways")
    address = predicted.one("closed", "Microsoft.Network/publicIPAddresses")

    assert (app["defaultOutboundAccess"], app["natGateway"]["id"]) == (False, gateway["id"])
    assert gateway["properties"]["publicIpAddresses"] == [{"id": address["id"]}]
    assert endpoints["defaultOutboundAccess"] is False


@pytest.mark.skipif(bicep.find() is None, reason=bicep.WHY_ABSENT)
@pytest.mark.parametrize(
    ("parameters", "outbound", "endpoints"),
    [(predicted.CERTIFICATE_AND_PRIVATE, True, 4), ({"natGateway": True}, False, 0)],
)
def test_a_network_is_made_for_either_reason(parameters: dict[str, bool], outbound: bool, endpoints: int) -> None:
    """Without a gateway the app's subnet asks for default outbound access; a gateway closes nothing."""
    found = bicep.predict(parameters)
    subnet = next(one for one in found if one["type"] == SUBNET and one["name"].endswith("/app"))

    assert subnet["properties"]["defaultOutboundAccess"] is outbound
    assert sum(one["type"] == "Microsoft.Network/privateEndpoints" for one in found) == endpoints


def test_callers_sign_in_where_an_app_registration_is_named() -> None:
    """Authentication is required but for health, strange audiences are refused, and the code is told to believe it."""
    found = predicted.properties("closed", f"{SITE}/config", "/authsettingsV2")
    entra = found["identityProviders"]["azureActiveDirectory"]
    client = "00000000-0000-0000-0000-000000000004"

    assert found["platform"]["enabled"] is True
    assert found["globalValidation"] == {
        "requireAuthentication": True,
        "unauthenticatedClientAction": "Return401",
        "excludedPaths": ["/api/health"],
    }
    assert (entra["enabled"], entra["registration"]["clientId"]) == (True, client)
    assert entra["validation"]["allowedAudiences"] == [client, f"api://{client}"]
    assert predicted.settings("closed")["UPA_ENTRA_AUTH"] == "true"


def test_nobody_believes_a_header_where_authentication_is_off() -> None:
    """Without an app registration there is no authentication, and the code is told so."""
    kinds = [one["name"].rpartition("/")[2] for one in predicted.resources("default", f"{SITE}/config")]

    assert kinds == ["appsettings"]
    assert predicted.settings("default")["UPA_ENTRA_AUTH"] == "false"


def test_hosts_come_from_the_cloud() -> None:
    """No public cloud host stands in Bicep, so that national clouds work."""
    code = "\n".join(re.sub(r"//.*", "", path.read_text(encoding="utf-8")) for path in FILES)

    assert re.findall(r"core\.windows\.net|vault\.azure\.net|azurewebsites\.net|microsoftonline", code) == []


def test_the_host_is_set_up_for_one_message_at_a_time_and_known_versions() -> None:
    """host.json has the stable bundle, OpenTelemetry, a task hub of its own and versioned orchestrations."""
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    durable = host["extensions"]["durableTask"]

    assert host["extensionBundle"]["version"] == "[4.*, 5.0.0)"
    assert host["telemetryMode"] == "OpenTelemetry"
    assert (
        durable["hubName"],
        durable["versionMatchStrategy"],
        durable["versionFailureStrategy"],
    ) == ("upa", "CurrentOrOlder", "Reject")


def test_the_host_polls_as_often_as_is_advised_and_brings_cut_off_work_back_soon() -> None:
    """Durable every 10 seconds [AZ-15], the queues every 30; an activity that was cut off waits a minute [AZ-10]."""
    extensions = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))["extensions"]
    provider = extensions["durableTask"]["storageProvider"]

    assert provider["maxQueuePollingInterval"] == "00:00:10"
    assert provider["workItemQueueVisibilityTimeout"] == "00:01:00"
    assert extensions["queues"]["maxPollingInterval"] == "00:00:30"
