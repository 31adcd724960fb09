"""azd's hooks, run as azd runs them, with stand-ins for az and azd that write down how they were called."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra import predicted
from tests.support.bicep_compiler import INFRA, ROOT

AZURE = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))
HOOKS = ("preprovision", "postprovision")
ENVIRONMENT = {"AZURE_ENV_NAME": "example", "AZURE_LOCATION": "westeurope"}
IDENTITY = "11111111-2222-3333-4444-555555555555"
CERTIFICATE = {
    "UPA_SHAREPOINT_CERTIFICATE": "true",
    "UPA_DIRECTORY_ROLES_GRANTED": "true",
    "UPA_VAULT": "kv-6sft244biuyw2",
    "UPA_IDENTITY_PRINCIPAL_ID": IDENTITY,
}
STAND_IN = """#!{python}
import json, pathlib, sys
here = pathlib.Path(__file__)
with (here.parent / "calls").open("a") as calls:
    calls.write(json.dumps([here.name, *sys.argv[1:]]) + "\\n")
answers = json.loads((here.parent / "answers").read_text())
said = " ".join(sys.argv[1:])
for start, (code, text) in answers.items():
    if said.startswith(start):
        print(text)
        sys.exit(code)
"""


class Tools:
    """A folder with az and azd that answer as they are told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: dict[str, tuple[int, str]] = {}
        for name in ("az", "azd"):
            (folder / name).write_text(STAND_IN.replace("{python}", sys.executable), encoding="utf-8")
            (folder / name).chmod(0o755)

    def run(self, hook: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a hook with nothing but these tools on the path."""
        (self.folder / "answers").write_text(json.dumps(self.answers), encoding="utf-8")
        return subprocess.run(
            [sys.executable, str(ROOT / "scripts" / hook)],
            env={"PATH": str(self.folder), **ENVIRONMENT, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self) -> list[list[str]]:
        """How they were called, in order."""
        file = self.folder / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    """The stand-ins."""
    return Tools(tmp_path)


def deleted(name: str = "kv-6sft244biuyw2", group: str = "rg-example", place: str = "westeurope") -> dict[str, Any]:
    """Return a deleted vault as az lists it."""
    vault = f"/subscriptions/s/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{name}"
    return {"name": name, "properties": {"location": place, "vaultId": vault}}


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_needs_python_alone(hook: str) -> None:
    """It is run by Python on POSIX and on Windows, without a shell of its own."""
    assert AZURE["hooks"][hook]["posix"]["run"] == f"python3 scripts/{hook}"
    assert (AZURE["hooks"][hook]["windows"]["shell"], AZURE["hooks"][hook]["windows"]["run"]) == (
        "pwsh",
        f"python scripts/{hook}",
    )
    assert os.access(ROOT / "scripts" / hook, os.X_OK)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_reads_only_what_azd_gives_it(hook: str) -> None:
    """Every variable is an output of main.bicep, a variable of the parameters file, or one of the hook's own."""
    text = (ROOT / "scripts" / hook).read_text(encoding="utf-8")
    parameters = (INFRA / "main.parameters.json").read_text(encoding="utf-8")
    given = set(predicted.outputs("default")) | set(re.findall(r"\$\{(\w+)", parameters)) | {"UPA_APP_CLIENT_ID"}
    used = set(re.findall(r'"((?:UPA|AZURE)_\w+)"', text))

    assert used
    assert used <= given


def test_nobody_looks_for_a_vault_where_none_is_made(tools: Tools) -> None:
    """Without a certificate and without secrets no tool is called."""
    done = tools.run("preprovision", UPA_SHAREPOINT_CERTIFICATE="false")

    assert (done.returncode, done.stdout, tools.calls) == (0, "", [])


@pytest.mark.parametrize(
    ("listed", "value"),
    [
        ([], "false"),
        ([deleted()], "true"),
        ([deleted(place="West Europe")], "true"),
        ([deleted(group="RG-Example")], "true"),
        ([deleted(group="rg-example2")], "false"),
        ([deleted(place="northeurope")], "false"),
        ([deleted(name="other-6sft244biuyw2")], "false"),
    ],
)
@pytest.mark.parametrize("wanted", ["UPA_SHAREPOINT_CERTIFICATE", "UPA_SECRETS_VAULT"])
def test_a_deleted_vault_of_this_environment_is_asked_for(
    tools: Tools, wanted: str, listed: list[dict[str, Any]], value: str
) -> None:
    """UPA_RECOVER_VAULT is true where the vault of this group, region and kind of name was deleted; else false."""
    tools.answers["keyvault list-deleted"] = (0, json.dumps(listed))

    done = tools.run("preprovision", **{wanted: "true"})

    assert done.returncode == 0
    assert tools.calls[-1] == ["azd", "env", "set", "UPA_RECOVER_VAULT", value]


@pytest.mark.parametrize("answer", [(1, ""), (0, ""), (0, "no JSON"), (0, "[{}]"), (0, '{"value": 1}'), (0, "[1]")])
def test_what_az_can_not_say_changes_nothing(tools: Tools, answer: tuple[int, str]) -> None:
    """A failure, or an answer of another shape, is told in one sentence; the variable stays."""
    tools.answers["keyvault list-deleted"] = answer

    done = tools.run("preprovision", UPA_SECRETS_VAULT="true")

    assert done.returncode == 0
    assert "UPA_RECOVER_VAULT stays" in done.stdout
    assert [call[0] for call in tools.calls] == ["az"]


def test_a_missing_az_is_told(tools: Tools) -> None:
    """Nobody looked: said so, and nothing set."""
    (tools.folder / "az").unlink()

    done = tools.run("preprovision", UPA_SECRETS_VAULT="true")

    assert (done.returncode, done.stderr, tools.calls) == (0, "", [])
    assert done.stdout.startswith("az isn't on the path")


def test_recovering_is_taken_back(tools: Tools) -> None:
    """After provisioning the vault exists, and the next `recover` would fail."""
    tools.run("postprovision", UPA_RECOVER_VAULT="true")

    assert tools.calls == [["azd", "env", "set", "UPA_RECOVER_VAULT", "false"]]


def test_without_a_certificate_only_the_grants_are_told(tools: Tools) -> None:
    """Where the managed identity is used, the hook calls no tool and says what is left to grant."""
    done = tools.run("postprovision", UPA_IDENTITY_PRINCIPAL_ID=IDENTITY)

    assert (done.returncode, done.stderr, tools.calls) == (0, "", [])
    assert f"upa grant --to {IDENTITY}" in done.stdout


def test_the_certificate_is_made_once_and_read_by_the_identity_alone(tools: Tools) -> None:
    """A new one is made; the identity gets Key Vault Secrets User on that secret; the registration learns it."""
    tools.answers |= {
        "keyvault certificate show": (3, ""),
        "keyvault certificate get-default-policy": (0, "{}"),
        "keyvault show": (0, "/subscriptions/s/vaults/kv-6sft244biuyw2"),
    }

    done = tools.run("postprovision", **CERTIFICATE, UPA_APP_CLIENT_ID="app")
    said = [" ".join(call[1:4]) for call in tools.calls]
    role = next(call for call in tools.calls if call[1] == "role")

    assert done.returncode == 0, done.stderr
    assert "keyvault certificate create" in said
    assert role[role.index("--scope") + 1] == "/subscriptions/s/vaults/kv-6sft244biuyw2/secrets/upa-sharepoint"
    assert role[role.index("--role") + 1] == "4633458b-17de-408a-b874-0445c86b69e6"
    assert role[role.index("--assignee-object-id") + 1] == IDENTITY
    assert said[-1] == "ad app credential"


def test_an_existing_certificate_is_kept(tools: Tools) -> None:
    """The hook can be repeated: no new version is made."""
    tools.answers["keyvault show"] = (0, "/subscriptions/s/vaults/kv-6sft244biuyw2")

    tools.run("postprovision", **CERTIFICATE)

    assert [call for call in tools.calls if "create" in call and "certificate" in call] == []


def test_a_step_that_fails_ends_the_hook_with_a_sentence(tools: Tools) -> None:
    """Which step, and what to do; no stack trace, and no step after it."""
    tools.answers |= {"keyvault show": (0, "/subscriptions/s/vaults/v"), "role assignment": (1, "")}

    done = tools.run("postprovision", **CERTIFICATE, UPA_APP_CLIENT_ID="app")

    assert done.returncode == 1
    assert done.stderr == "az role assignment create ended with 1; fix it, then: azd provision\n"
    assert tools.calls[-1][1:3] == ["role", "assignment"]


def test_a_variable_that_azd_did_not_give_is_named(tools: Tools) -> None:
    """Run by hand without the environment, the hook says which variable is missing."""
    done = tools.run("postprovision", UPA_SHAREPOINT_CERTIFICATE="true")

    assert (done.returncode, tools.calls) == (1, [])
    assert done.stderr.startswith("UPA_VAULT is empty")
