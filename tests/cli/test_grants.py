"""`upa grant`, `upa revoke`, `upa extensions`: what an administrator sees and changes in Entra, and who signs in."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import Office
from upa_cli.shell import exits

SDK_WARNS = pytest.mark.filterwarnings(  # msgraph-sdk and kiota warn about their own classes when imported
    "ignore:GetQueryParameters is deprecated:DeprecationWarning", "ignore:This class is deprecated:DeprecationWarning"
)


@SDK_WARNS
def test_grant_and_revoke_change_what_is_needed(office: Office) -> None:
    """--dry-run says what would be done; grant does it, revoke takes it away again."""
    client = office.sim.apps.client
    for role in ("Application.Read.All", "AppRoleAssignment.ReadWrite.All"):
        client.grant("graph", role)
    client.revoke("sharepoint", "User.ReadWrite.All")
    arguments = ("--sign-in", "connector", "--json")

    dry = office.upa("grant", *arguments, "--dry-run").json
    still = set(client.roles["sharepoint"])
    done = office.upa("grant", *arguments).json
    granted = set(client.roles["sharepoint"])
    office.upa("revoke", *arguments, "sharepoint:User.ReadWrite.All", "--to", office.served.client_id)

    def actions(document: dict) -> dict[str, str]:
        return {c["service"] + ":" + c["role"]: c["action"] for p in document["principals"] for c in p["changes"]}

    assert actions(dry) == actions(done)
    assert actions(done)["sharepoint:User.ReadWrite.All"] == "granted"
    assert (still, granted) == ({"Sites.FullControl.All"}, {"Sites.FullControl.All", "User.ReadWrite.All"})
    assert client.roles["sharepoint"] == {"Sites.FullControl.All"}


@SDK_WARNS
@pytest.mark.parametrize("more", ["", "notifications:\n  email: {to: [ops@contoso.com], sender: upa@contoso.com}\n"])
def test_grant_gives_mail_only_where_the_connector_file_wants_it(office: Office, more: str) -> None:
    """Without notifications by mail nobody can send any; with them the Graph identity alone gets Mail.Send."""
    office.write(more=more)
    for role in ("Application.Read.All", "AppRoleAssignment.ReadWrite.All"):
        office.sim.apps.client.grant("graph", role)
    office.upa("grant", "--sign-in", "connector")

    assert ("Mail.Send" in office.sim.apps.identity.roles["graph"]) == bool(more)
    assert "Mail.Send" not in office.sim.apps.client.roles["graph"]


@SDK_WARNS
def test_grant_without_rights_is_access_denied(office: Office) -> None:
    """Who may not grant gets exit code 4 and is told which rights it takes."""
    answer = office.upa("grant", "--sign-in", "connector", "--dry-run")

    assert answer.code == exits.ACCESS
    assert "Privileged Role Administrator" in answer.err


def test_grant_names_the_extra_where_it_isnt_installed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without msgraph-sdk the message says what to install, exit code 3."""
    monkeypatch.setitem(sys.modules, "msgraph", None)

    answer = office.upa("grant", "--sign-in", "connector")

    assert answer.code == exits.CONFIG
    assert answer.err.startswith("this needs msgraph-sdk: install the extra `admin`")


def _az(office: Office, script: str) -> str:
    """Put an `az` into a folder of its own; returns a PATH that finds it first."""
    place = office.folder / "bin" / "az"
    place.parent.mkdir()
    place.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    place.chmod(stat.S_IRWXU)
    return f"{place.parent}:/usr/bin:/bin"


@SDK_WARNS
def test_az_logins_person_signs_in_by_default(office: Office) -> None:
    """Without --sign-in the token is that of `az`, for the connector's tenant and Graph; it is what Graph judges."""
    office.sim.apps.add("admin", graph={"Application.Read.All", "AppRoleAssignment.ReadWrite.All"})
    office.sim.apps.client.revoke("sharepoint", "User.ReadWrite.All")
    answer = json.dumps({"accessToken": office.sim.token("admin", "graph"), "expires_on": 4_000_000_000})
    path = _az(office, f"echo \"$*\" >> '{office.folder}/asked'\necho '{answer}'")

    done = office.upa("grant", PATH=path)

    assert (done.code, done.out.splitlines()[-1]) == (exits.OK, "Next: upa doctor")
    assert "User.ReadWrite.All" in office.sim.apps.client.roles["sharepoint"]
    asked = (office.folder / "asked").read_text(encoding="utf-8")
    assert f"--tenant {office.served.tenant_id}" in asked
    assert office.served.urls.graph in asked


@SDK_WARNS
@pytest.mark.parametrize("script", ["echo 'Please run az login' >&2; exit 1", ""])
def test_who_isnt_signed_in_is_told_how(office: Office, script: str) -> None:
    """Without az, or without az login, the other ways are named, exit code 4."""
    path = _az(office, script) if script else str(office.folder)

    answer = office.upa("grant", PATH=path)

    assert answer.code == exits.ACCESS
    assert "az login, or --sign-in browser or device" in answer.err
    assert "Traceback" not in answer.err


class Person:
    """Stands for azure-identity's credential of a person: a browser and a device can't be had here."""

    made: list[tuple[str, dict[str, Any]]]

    def __init__(self, name: str, token: str, **given: Any) -> None:
        self.made.append((name, given))
        self._token, self._prompt = token, given.get("prompt_callback")

    def get_token(self, *_scopes: str, **_: Any) -> Any:
        from azure.core.credentials import AccessToken

        if self._prompt is not None:
            self._prompt("https://microsoft.com/devicelogin", "C0DE", None)
        return AccessToken(self._token, 4_000_000_000)


@SDK_WARNS
@pytest.mark.parametrize(
    ("way", "kind"), [("browser", "InteractiveBrowserCredential"), ("device", "DeviceCodeCredential")]
)
def test_a_browser_or_a_device_code_signs_in(
    office: Office, monkeypatch: pytest.MonkeyPatch, way: str, kind: str
) -> None:
    """Each way is its credential of azure-identity, for the connector's tenant and authority; a code is shown on the
    error stream, so that --json stays a document."""
    for role in ("Application.Read.All", "AppRoleAssignment.ReadWrite.All"):
        office.sim.apps.client.grant("graph", role)
    Person.made = []
    token = office.sim.token("upa-sync", "graph")

    def person(name: str) -> Callable[..., Person]:
        return lambda **given: Person(name, token, **given)

    for name in ("InteractiveBrowserCredential", "DeviceCodeCredential", "AzureCliCredential"):
        monkeypatch.setattr(f"azure.identity.{name}", person(name))
    answer = office.upa("grant", "--sign-in", way, "--dry-run", "--json")

    (made,) = Person.made
    authority = office.served.urls.login.removeprefix("https://")
    assert (answer.code, answer.json["dry_run"]) == (exits.OK, True)
    assert (made[0], made[1]["tenant_id"], made[1]["authority"]) == (kind, office.served.tenant_id, authority)
    assert ("enter the code C0DE" in answer.err) == (way == "device")


def test_another_way_to_sign_in_is_refused(office: Office) -> None:
    """A misspelt way is a wrong command line, and the ways are named."""
    answer = office.upa("grant", "--sign-in", "browsr")

    assert answer.code == exits.USAGE
    assert "--sign-in is cli, browser, device or connector, not 'browsr'" in answer.err


@SDK_WARNS
def test_extensions_are_listed_as_mappings_name_them(office: Office) -> None:
    """Every extension of users with type, owner, and whether a mapping reads it; --app leaves one owner's."""
    office.sim.apps.client.grant("graph", "Application.Read.All")
    mine = office.sim.define_extension(office.sim.apps.client, "CostCenter")["name"]
    office.sim.define_extension(office.sim.apps.client, "Skills", multi_value=True)
    other = office.sim.apps.add("other")
    office.sim.define_extension(other, "Floor", "Integer")
    office.write(replace=("source: employeeOrgData.costCenter", f"source: {mine}"))

    every = office.upa("extensions", "--sign-in", "connector", "--json").json["extensions"]
    one = office.upa("extensions", "--sign-in", "connector", "--app", other.app_id)

    assert {(e["source"].rpartition("_")[2], e["type"], e["several"], e["owner"], e["mapped"]) for e in every} == {
        ("CostCenter", "String", False, "upa-sync", True),
        ("Skills", "String", True, "upa-sync", False),
        ("Floor", "Integer", False, "other", False),
    }
    assert (one.code, one.out.count("extension_")) == (exits.OK, 1)


@SDK_WARNS
def test_a_tenant_too_large_to_list_is_told_how(office: Office) -> None:
    """Nothing listed may mean too many applications: --app is named; an owner of another tenant is refused."""
    office.sim.apps.client.grant("graph", "Application.Read.All")
    none = office.upa("extensions", "--sign-in", "connector")
    foreign = office.upa("extensions", "--sign-in", "connector", "--app", "11111111-2222-3333-4444-555555555555")

    assert (none.code, "name the owner with --app ID" in none.out) == (exits.OK, True)
    assert (foreign.code, "is registered in this tenant" in foreign.err) == (exits.REFUSED, True)
    assert office.upa("extensions", "--app", "mine").code == exits.USAGE
