"""Genuine clients under Node.js against the tenant on loopback: Graph's client, PnPjs, CLI for Microsoft 365."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tenant_sim import TenantSim
from tests.support import npm

PROGRAM = Path(__file__).resolve().parents[1] / "support" / "clients.mjs"
REAL_NAMES = (
    "login.microsoftonline.com",
    "graph.microsoft.com",
    "contoso.sharepoint.com",
    "contoso-admin.sharepoint.com",
)
NAME = "p1@contoso.com"


@pytest.fixture(scope="module")
def node() -> str:
    """Return where Node.js is, with the clients installed."""
    try:
        return npm.install(npm.CLIENTS)
    except npm.NpmMissingError as exc:
        pytest.skip(str(exc))


@pytest.fixture
def sim() -> Iterator[TenantSim]:
    made = TenantSim()
    for n in range(5):
        made.directory.add(
            {"userPrincipalName": f"p{n}@contoso.com", "displayName": f"P{n}", "department": "X" if n < 2 else "Y"}
        )
    made.profiles.define("CostCenter")
    for name in ("Teams", "Badges"):
        made.profiles.define(name, multi_value=True)
    return made


def drive(node: str, client: str, asked: dict[str, Any], ca_file: Path, **environment: str) -> dict[str, Any]:
    """Let a client take its steps; returns what each answered."""
    preload = ["--require", str(PROGRAM.with_name("names.cjs"))] if "UPA_NAMES" in environment else []
    done = subprocess.run(
        [node, *preload, str(PROGRAM), str(npm.CLIENTS.home), client],
        env={
            **os.environ,
            "NODE_EXTRA_CA_CERTS": str(ca_file),
            "NODE_NO_WARNINGS": "1",
            "CLIMICROSOFT365_NOUPDATE": "1",
            "UPA_ASKED": json.dumps(asked),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said: dict[str, Any] = json.loads(done.stdout.rpartition("\n@@")[2])
    return said


def test_the_graph_client(node: str, sim: TenantSim) -> None:
    """Users with every option that is simulated, delta by its page iterator, a batch; what isn't simulated says so."""
    with sim.serve() as served:
        asked = {"graph": served.urls.graph, "token": sim.token("upa-sync-identity", "graph"), "name": NAME}
        said = drive(node, "graph", asked, served.ca_file)

    assert [one["displayName"] for one in said["selected"]["value"]] == ["P0", "P1"]
    assert [one["displayName"] for one in said["ordered"]["value"]] == ["P4", "P3"]
    assert len(said["filtered"]["value"]) == 1
    assert said["not equal"]["code"] == "Request_UnsupportedQuery"
    assert (said["not equal, counted"]["@odata.count"], int(said["count"])) == (3, 5)
    assert (said["one"]["displayName"], said["nobody"]["code"]) == ("P1", "Request_ResourceNotFound")
    assert said["no such segment"] == {"error": "Resource not found for the segment 'userz'.", "code": "BadRequest"}
    assert {said[name]["code"] for name in ("searched", "expanded")} == {"NotSimulated"}
    assert said["site"]["code"] == "Authorization_RequestDenied"
    assert (said["delta"]["people"], "$deltatoken=" in said["delta"]["link"]) == (5, True)
    assert [one["status"] for one in said["batch"]["responses"]] == [200, 404]


def test_pnpjs(node: str, sim: TenantSim) -> None:
    """Files and libraries of the site, and its queue call: a list of keys and values is taken [SP-17].

    Profiles: one value and several are set as they were sent, an empty list clears, an error is told by its type.
    """
    person = sim.directory.ids[1]
    sim.profiles.set(person, "Badges", "a|b")
    with sim.serve() as served:
        asked = {
            "site": f"{served.urls.sharepoint}/sites/upa",
            "admin": served.urls.admin,
            "token": sim.token("upa-sync", "sharepoint"),
            "adminToken": sim.token("upa-sync", "admin"),
            "name": NAME,
        }
        said = drive(node, "pnpjs", asked, served.ca_file)

    assert (said["added"], said["added with quotes"]) == ("a.json", "O'Neil's.json")
    assert [one["Name"] for one in said["listed"]] == ["a.json", "O'Neil's.json"]
    assert said["listed"][1]["odata.id"].endswith("(decodedurl='/sites/upa/Imports/O''Neil''s.json')")
    assert [one["Name"] for one in said["filtered"]] == ["a.json"]
    assert "The field or property 'Nonsense' does not exist." in said["no such field"]["error"]
    assert (said["text"], said["no such file"]["code"]) == ('{"value":[]}', 404)
    assert (said["library"]["ForceCheckout"], said["library"]["Title"]) == (False, "Imports")
    assert (said["profile"], said["property"]) == (f"i:0#.f|membership|{NAME}", NAME)
    held = sim.profiles.get(person)
    assert said["set, read back"] == held["CostCenter"] == """R&D "x" <é>, 'y'"""
    assert (held["Teams"], held.get("Badges", "")) == ("one|two, three", "")
    assert "UserProfiles.PropertyNotFoundException" in said["set what isn't there"]["error"]
    assert (said["queued"], said["jobs"]) == (sim.jobs[0].job_id, [1])
    assert {said[name]["code"] for name in ("lists", "user")} == {501}
    assert said["folder"] == "logs"
    assert [item.name for item in sim.library.recycle_bin] == ["O'Neil's.json"]
    assert [item.name for item in sim.library.items("/sites/upa/Imports")] == ["logs"]


def test_cli_for_microsoft_365(node: str, sim: TenantSim, tmp_path: Path) -> None:
    """It knows the real names only: sign-in by certificate, a user, a file from upload to removal.

    Of a profile it sets one value; what it takes for several, it cuts at the comma; and what isn't there it is told.
    """
    file = tmp_path / "data.json"
    file.write_text('{"value":[]}', encoding="utf-8")
    for role in ("User.Read.All", "Sites.Read.All"):
        sim.apps.client.grant("graph", role)
    sim.library.change_settings("/sites/upa/Imports", force_checkout=True)
    with sim.serve(hosts=list(REAL_NAMES)) as served:
        asked = {
            "site": "https://contoso.sharepoint.com/sites/upa",
            "certificate": str(served.certificate_file),
            "thumbprint": served.thumbprint,
            "app": served.client_id,
            "tenant": served.tenant_id,
            "name": NAME,
            "file": str(file),
            "fileName": file.name,
        }
        port = served.urls.graph.rpartition(":")[2]
        names = {"UPA_NAMES": ",".join(REAL_NAMES), "UPA_PORT": port, "HOME": str(tmp_path)}
        said = drive(node, "m365", asked, served.ca_file, **names)

    assert said["login"]["connectedAs"] == "upa-sync"
    assert said["user"]["displayName"] == "P1"
    assert (said["added"]["Level"], said["listed"]) == (255, [{"Length": "12", "Name": "data.json"}])
    assert "error" not in (said["checked in"] or {})
    assert said["library"] == {"ForceCheckout": True, "Title": "Imports"}
    assert said["profile"]["AccountName"] == f"i:0#.f|membership|{NAME}"
    told = {one["Key"]: one["Value"] for one in said["read back"]["UserProfileProperties"]}
    assert (told["CostCenter"], told["Teams"]) == ('R&D "x" <é>', "one|two")
    assert said["set what isn't there"]["error"].startswith("Property Not Found")
    assert sim.library.items("/sites/upa/Imports") == []
