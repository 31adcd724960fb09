"""Facts about what is deployed that no schema states: no keys, no passwords, least roles, Flex Consumption's rules."""

from __future__ import annotations

import json
import re

import pytest

from tests.infra.bicep import FILES, INFRA, ROOT, load, unquote
from upa_core.config.models import RetentionModel

APP = load(INFRA / "modules" / "function-app.bicep")
STORAGE = load(INFRA / "modules" / "storage.bicep")
VAULT = load(INFRA / "modules" / "vault.bicep")
MONITORING = load(INFRA / "modules" / "monitoring.bicep")
ROLES = load(INFRA / "modules" / "roles.bicep")
GRAPH = load(INFRA / "graph-permissions.bicep")
MAIN = load(INFRA / "main.bicep")
ROLE_DOCS = (ROOT / "docs" / "reference" / "roles.md").read_text(encoding="utf-8")

NOT_ON_FLEX = {
    "FUNCTIONS_EXTENSION_VERSION",
    "FUNCTIONS_WORKER_RUNTIME",
    "WEBSITE_RUN_FROM_PACKAGE",
    "SCM_DO_BUILD_DURING_DEPLOYMENT",
    "ENABLE_ORYX_BUILD",
    "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
    "WEBSITE_CONTENTSHARE",
}
BUILT_IN = {
    "storageBlobDataOwner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "storageBlobDataContributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "storageQueueDataContributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "storageTableDataContributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "monitoringMetricsPublisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "keyVaultSecretsUser": "4633458b-17de-408a-b874-0445c86b69e6",
    "keyVaultCertificatesOfficer": "a4417e6f-fecd-4de8-b567-7b0420556985",
}


def assignments() -> dict[str, tuple[str, str, str]]:
    """Return the role assignments: symbol to scope, principal and role."""
    found = {}
    for symbol, resource in ROLES.resources.items():
        if not resource["existing"]:
            body = ROLES.body(symbol)
            role = re.search(r"roleIds\W+operand_2\W+(\w+)", str(body["properties"]["roleDefinitionId"]))
            assert role is not None
            found[symbol] = (body["scope"], body["properties"]["principalId"], role[1])
    return found


def test_the_storage_account_knows_no_keys() -> None:
    """Shared keys, public blobs, old TLS and plain HTTP are off."""
    properties = STORAGE.body("account")["properties"]

    assert (
        properties["allowSharedKeyAccess"],
        properties["allowBlobPublicAccess"],
        properties["allowCrossTenantReplication"],
    ) == (False, False, False)
    assert (properties["minimumTlsVersion"], properties["supportsHttpsTrafficOnly"]) == ("TLS1_2", True)


def test_deleted_state_can_be_brought_back() -> None:
    """Deleted or overwritten blobs and containers stay for two weeks."""
    properties = STORAGE.body("blobs")["properties"]

    assert properties["deleteRetentionPolicy"] == {"enabled": True, "days": 14}
    assert properties["containerDeleteRetentionPolicy"] == {"enabled": True, "days": 14}


def test_the_lifecycle_rule_touches_the_archive_only() -> None:
    """State is outside the rule's prefix, and nothing is deleted before the longest default retention has passed."""
    rule = STORAGE.body("lifecycle")["properties"]["policy"]["rules"][0]["definition"]

    assert rule["filters"]["prefixMatch"] == ["${stateContainer}/runs/"]
    assert MAIN.parameters["archiveDays"]["default"] > RetentionModel().failures.days
    assert MAIN.parameters["archiveDays"]["default"] > RetentionModel().successes.days


def test_the_queues_are_those_of_the_triggers() -> None:
    """Bicep makes exactly the queues that function_app.py names."""
    named = re.findall(r'queue_name="([a-z-]+)"', (ROOT / "function_app.py").read_text(encoding="utf-8"))

    assert set(named) == set(STORAGE.variables["queues"])


def test_the_vault_is_recoverable_and_uses_roles() -> None:
    """Purge protection and soft delete are on; access policies are off."""
    properties = VAULT.body("vault")["properties"]

    assert (
        properties["enablePurgeProtection"],
        properties["enableSoftDelete"],
        properties["enableRbacAuthorization"],
    ) == (True, True, True)


def test_telemetry_needs_an_entra_identity() -> None:
    """Local authentication is off for Application Insights and the workspace."""
    assert MONITORING.body("insights")["properties"]["DisableLocalAuth"] is True
    assert MONITORING.body("workspace")["properties"]["features"]["disableLocalAuth"] is True


def test_the_plan_is_flex_consumption() -> None:
    """FC1 on Linux."""
    body = APP.body("plan")

    assert body["sku"] == {"name": "FC1", "tier": "FlexConsumption"}
    assert body["properties"] == {"reserved": True}


def test_the_python_version_is_a_parameter() -> None:
    """3.13 is the default, and every version that requirements.txt resolves on is allowed."""
    parameter = MAIN.parameters["pythonVersion"]
    allowed = next(one["argument"] for one in parameter["decorators"] if one["type"] == "allowed")
    runtime = APP.body("app")["properties"]["functionAppConfig"]["runtime"]

    assert (parameter["default"], allowed) == ("3.13", ["3.11", "3.12", "3.13"])
    assert runtime == {"name": "python", "version": "pythonVersion"}


def test_no_setting_is_one_that_flex_refuses() -> None:
    """Deprecated settings are neither set nor defaulted."""
    assert set() == NOT_ON_FLEX & set(unquote(APP.variables["settings"]))


def test_the_app_is_reached_by_tls_and_deployed_without_passwords() -> None:
    """HTTPS only, TLS 1.2, no FTP, no publishing passwords, no remote debugging."""
    properties = APP.body("app")["properties"]
    site = properties["siteConfig"]

    assert properties["httpsOnly"] is True
    assert (
        site["minTlsVersion"],
        site["scmMinTlsVersion"],
        site["ftpsState"],
        site["remoteDebuggingEnabled"],
    ) == ("1.2", "1.2", "Disabled", False)
    assert [APP.body(one)["properties"] for one in ("noFtpPassword", "noScmPassword")] == [{"allow": False}] * 2


def test_the_package_is_fetched_with_the_identity() -> None:
    """Deployment storage is signed in to as the user-assigned identity, not with a connection string."""
    storage = APP.body("app")["properties"]["functionAppConfig"]["deployment"]["storage"]

    assert (storage["type"], storage["authentication"]["type"]) == ("blobContainer", "UserAssignedIdentity")


def test_durable_functions_can_have_an_instance_kept_warm() -> None:
    """The always-ready group is the one that Flex calls durable."""
    scale = APP.text[APP.text.index("alwaysReady:") :]

    assert "name: 'durable', instanceCount: alwaysReadyDurable" in scale


def test_no_secret_stands_in_bicep_or_its_parameters() -> None:
    """No listKeys, no connection string with a key, no value that looks like one."""
    texts = [load(path).text for path in FILES] + [(INFRA / "main.parameters.json").read_text(encoding="utf-8")]

    assert [
        found for text in texts for found in re.findall(r"listKeys|AccountKey=|SharedAccessSignature|sig=", text)
    ] == []


def test_the_role_ids_are_the_built_in_ones() -> None:
    """Each name has the id of Azure's built-in role (reference/infra.md B1)."""
    assert unquote(ROLES.variables["roleIds"]) == BUILT_IN


def test_the_identity_has_these_roles_and_no_more() -> None:
    """Storage roles on the account, telemetry on the component, secrets on the vault."""
    app = {(scope, role) for scope, principal, role in assignments().values() if principal == "identityPrincipalId"}

    assert app == {
        ("storage", "storageBlobDataOwner"),
        ("storage", "storageQueueDataContributor"),
        ("storage", "storageTableDataContributor"),
        ("insights", "monitoringMetricsPublisher"),
        ("vault", "keyVaultSecretsUser"),
    }


def test_the_operator_sees_the_state_container_only() -> None:
    """Whoever runs azd may use the state, and make a certificate where one is used; not the host's own containers."""
    operator = {(scope, role) for scope, principal, role in assignments().values() if principal == "operatorObjectId"}

    assert operator == {("state", "storageBlobDataContributor"), ("vault", "keyVaultCertificatesOfficer")}


def test_every_assignment_has_a_name_of_its_own() -> None:
    """The name is a function of scope, principal and role, so that a second deployment changes nothing."""
    names = [str(ROLES.body(symbol)["name"]) for symbol in assignments()]

    assert len(set(names)) == len(names)
    assert all("guid" in name for name in names)


@pytest.mark.parametrize("role", sorted(BUILT_IN.values()))
def test_every_role_has_its_reason_in_the_docs(role: str) -> None:
    """docs/reference/roles.md has a row for the role, with a reason."""
    rows = [line for line in ROLE_DOCS.splitlines() if role in line]

    assert len(rows) == 1
    assert len(rows[0].split("|")[-2].split()) >= 5


def test_the_directory_roles_are_those_of_the_docs() -> None:
    """Bicep grants User.Read.All on Graph and the two SharePoint roles, each documented with its reason."""
    named = set(re.findall(r"'(\w+(?:\.\w+)+\.All)'", GRAPH.text))

    assert named == {"User.Read.All", "Sites.FullControl.All", "User.ReadWrite.All"}
    assert [role for role in named if f"`{role}`" not in ROLE_DOCS] == []


def test_private_means_closed() -> None:
    """With private endpoints, storage and vault refuse everybody else; all three storage services have an endpoint."""
    network = load(INFRA / "modules" / "network.bicep")

    for found, symbol in ((STORAGE, "account"), (VAULT, "vault")):
        properties = found.body(symbol)["properties"]
        assert (properties["publicNetworkAccess"], properties["networkAcls"]["defaultAction"]) == (
            "publicAccess",
            "othersMay",
        )
        assert "var publicAccess = isPrivate ? 'Disabled' : 'Enabled'" in found.text
        assert "var othersMay = isPrivate ? 'Deny' : 'Allow'" in found.text
    assert [one["groupId"] for one in network.variables["endpoints"]] == ["blob", "queue", "table", "vault"]
    assert "Microsoft.App/environments" in network.text


def test_hosts_come_from_the_cloud() -> None:
    """No public cloud host stands in Bicep, so that national clouds work."""
    code = "\n".join(re.sub(r"//.*", "", load(path).text) for path in FILES)

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
