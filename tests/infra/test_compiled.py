"""infra/ through the real compiler: what it refuses, azd would refuse before it starts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.infra import predicted
from tests.infra.predicted import SETS
from tests.support import bicep_compiler as bicep

needs_compiler = pytest.mark.skipif(bicep.find() is None, reason=bicep.WHY_ABSENT)
FILES = sorted(bicep.INFRA.rglob("*.bicep"))
CONFIG = bicep.INFRA / "bicepconfig.json"
EVERYWHERE = {"Microsoft.Authorization/roleAssignments", "Microsoft.Insights/diagnosticSettings"}
"""Types that belong to other resources, so that several modules make some."""

_TYPE = re.compile(r"'(Microsoft\.\w+(?:/\w+)+)'")


def modules(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the modules of a template by name."""
    return {one["name"]: one for one in template["resources"] if one["type"] == "Microsoft.Resources/deployments"}


def made(module: dict[str, Any]) -> set[str]:
    """Return the types of resources that a module makes."""
    found = module["properties"]["template"]["resources"]
    listed = found.values() if isinstance(found, dict) else found
    return {one["type"] for one in listed if not one.get("existing")}


def named(module: dict[str, Any]) -> set[str]:
    """Return the types of resources that a module names in an expression, its own among them."""
    return set(_TYPE.findall(str(module["properties"])))


def waits_for(name: str, all_of_them: dict[str, dict[str, Any]]) -> set[str]:
    """Return the modules that a module waits for, directly or by way of others."""
    said = " ".join(all_of_them[name].get("dependsOn", []))
    direct = set(re.findall(r"'Microsoft\.Resources/deployments', '([\w-]+)'", said))
    return direct.union(*(waits_for(one, all_of_them) for one in direct))


def too_early(all_of_them: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield each module that doesn't wait for one whose resources it names."""
    makers = {kind: name for name, one in all_of_them.items() for kind in made(one) - EVERYWHERE}
    for name, module in all_of_them.items():
        for kind in named(module) & set(makers):
            if makers[kind] not in {name, *waits_for(name, all_of_them)}:
                yield f"{name} names {kind} of {makers[kind]} and doesn't wait for it"


@needs_compiler
def test_infra_builds_without_an_error_or_a_warning() -> None:
    """main.bicep, from which every module is reached, becomes a template; compiler and linter have nothing to say."""
    built = bicep.build()

    assert (built.code, built.stderr) == (0, "")


def test_every_file_is_reached_from_the_one_that_is_built() -> None:
    """No Bicep file lies about unused, or uncompiled."""
    used = {
        (path.parent / name).resolve()
        for path in FILES
        for name in re.findall(r"^module \w+ '([^']+)'", path.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert {path for path in FILES if path.name != "main.bicep"} == used


def test_every_rule_of_the_linter_is_an_error_or_off_for_a_reason() -> None:
    """A rule is off only under a comment that says why; so is a line that is let through."""
    rules = bicep.read_config(CONFIG)["analyzers"]["core"]["rules"]
    lines = CONFIG.read_text(encoding="utf-8").splitlines()
    off = {name for name, rule in rules.items() if rule["level"] != "error"}
    reasons = {
        re.findall(r'"([\w-]+)"', after)[0]: before
        for before, after in pairwise(lines)
        if before.strip().startswith("// Off: ")
    }

    assert len(rules) > 40
    assert set(reasons) == off
    for path in FILES:
        text = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(text):
            if "#disable" in line:
                assert text[number - 1].strip().startswith("//"), f"{path.name} {number + 1}"


def test_no_child_is_nested_and_the_graph_extension_is_in_one_file() -> None:
    """Parsers that checkov uses lose nested children and don't know extensions."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in FILES}

    assert [name for name, text in texts.items() if re.search(r"^[ \t]+resource ", text, re.MULTILINE)] == []
    assert [name for name, text in texts.items() if re.search(r"^extension ", text, re.MULTILINE)] == [
        "graph-permissions.bicep"
    ]


@needs_compiler
def test_a_module_waits_for_the_modules_whose_resources_it_names() -> None:
    """Names are made in main.bicep, so no output carries the order: dependsOn does, and no linter misses it."""
    assert list(too_early(modules(bicep.template()))) == []


@needs_compiler
def test_the_order_of_modules_is_found_missing() -> None:
    """Without its dependsOn, each module that looks others' resources up is named."""
    all_of_them = modules(bicep.template())
    for module in all_of_them.values():
        module["dependsOn"] = []

    found = " ".join(too_early(all_of_them))

    for name in ("storage", "vault", "operator-roles", "roles", "network", "function-app", "alerts"):
        assert f"{name} names" in found


@needs_compiler
def test_a_type_is_made_by_one_module_alone() -> None:
    """So the type that a module names tells whom it has to wait for."""
    kinds = [kind for one in modules(bicep.template()).values() for kind in made(one) - EVERYWHERE]

    assert sorted(set(kinds)) == sorted(kinds)


@needs_compiler
def test_directory_roles_come_last() -> None:
    """A directory refuses an identity that it doesn't know yet: by then everything else stands."""
    all_of_them = modules(bicep.template())

    assert waits_for("directory-roles", all_of_them) == set(all_of_them) - {"directory-roles"}
    assert all_of_them["directory-roles"]["condition"] == "[parameters('grantDirectoryRoles')]"


@needs_compiler
def test_what_a_preview_can_not_name_are_the_assignments_of_the_identity() -> None:
    """One parameter of a module that names resources is known to Azure alone: the identity's principal."""
    found = {
        f"{name}.{parameter}"
        for name, module in modules(bicep.template()).items()
        for parameter, value in module["properties"]["parameters"].items()
        if "reference(" in str(value)
    }

    assert found == {"roles.principalId", "directory-roles.principalId"}


@needs_compiler
def test_the_host_gets_service_addresses_in_national_clouds_alone() -> None:
    """What the parameter is where nobody sets it."""
    parameter = bicep.template()["parameters"]["storageByAddress"]

    assert parameter["defaultValue"] == "[not(equals(environment().name, 'AzureCloud'))]"


@needs_compiler
def test_a_deleted_vault_comes_back_where_it_is_said_so() -> None:
    """`recover` fails where no vault was deleted, and `default` where one was."""
    recovered = bicep.predict(predicted.CERTIFICATE_AND_PRIVATE)

    assert [one["properties"]["createMode"] for one in recovered if one["type"].endswith("/vaults")] == ["recover"]
    assert predicted.properties("closed", "Microsoft.KeyVault/vaults")["createMode"] == "default"


@needs_compiler
def test_who_signs_in_is_believed_only_after_app_service_checks_it() -> None:
    """UPA_ENTRA_AUTH is written after authentication is on: in between, anybody could send the header."""
    found = modules(bicep.template())["function-app"]["properties"]["template"]["resources"]
    settings = next(one for one in found if "appsettings" in one["name"])

    assert "authsettingsV2" in str(settings["dependsOn"])


@needs_compiler
@pytest.mark.parametrize("name", SETS)
def test_the_snapshots_are_current(name: str) -> None:
    """What infra/ deploys is what the committed snapshots say; `make snapshots` writes them anew."""
    said = bicep.validate(bicep.SNAPSHOTS / f"{name}.bicepparam")

    assert said.code == 0, said.stdout + said.stderr


def test_every_snapshot_has_its_parameters() -> None:
    """No snapshot is left behind by a parameter set that is gone."""
    lying = {path.name.split(".")[0] for path in Path(bicep.SNAPSHOTS).iterdir()}

    assert lying == set(SETS)
