"""The Bicep files as a language: they parse, symbols resolve, modules fit, bodies fit Azure's schemas."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pycep import BicepParser

from tests.infra import arm
from tests.infra.bicep import FILES, INFRA, TYPES, load, parse, used_symbols

WITHOUT_SCHEMA = {
    "Microsoft.Resources/resourceGroups": "no schema of it was published with the others",
    "Microsoft.Insights/diagnosticSettings": "the schema of 2021-05-01-preview isn't among those kept",
    "Microsoft.Network/virtualNetworks": "network schemas aren't kept (size)",
    "Microsoft.Network/virtualNetworks/subnets": "network schemas aren't kept (size)",
    "Microsoft.Network/privateDnsZones": "network schemas aren't kept (size)",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": "network schemas aren't kept (size)",
    "Microsoft.Network/privateEndpoints": "network schemas aren't kept (size)",
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": "network schemas aren't kept (size)",
    "Microsoft.Graph/servicePrincipals": "Graph's types come with the extension, not as ARM schemas",
    "Microsoft.Graph/appRoleAssignedTo": "Graph's types come with the extension, not as ARM schemas",
}
"""What only `az bicep build` checks (.github/workflows/infra.yml)."""

RESOURCES = [
    pytest.param(path, symbol, id=f"{path.stem}-{symbol}")
    for path in FILES
    for symbol, resource in load(path).resources.items()
    if not resource["existing"] and resource["type"] not in WITHOUT_SCHEMA
]
needs_schemas = pytest.mark.skipif(
    not arm.SCHEMAS.is_dir(), reason="../shared/data/arm-schemas is absent: ARM schemas aren't committed"
)
by_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@by_file
def test_every_file_parses_and_no_resource_is_lost(path: Path) -> None:
    """Pycep reads the file and finds each resource in it (of nested children it would keep only the last)."""
    declared = {name for name, kind in load(path).declared.items() if kind == "resource"}

    assert declared == set(load(path).resources)
    assert not re.findall(r"^[ \t]+resource ", load(path).text, re.MULTILINE)


@by_file
def test_every_symbol_is_declared(path: Path) -> None:
    """What a file uses is a parameter, variable, resource or module of it."""
    assert set(used_symbols(load(path))) - TYPES <= set(load(path).declared)


@by_file
def test_every_parameter_and_variable_is_used(path: Path) -> None:
    """No parameter or variable is without effect."""
    used = used_symbols(load(path))

    assert [name for name, kind in load(path).declared.items() if kind in ("param", "var") and name not in used] == []


def test_the_symbol_check_finds_a_typing_error() -> None:
    """A misspelt symbol is found, also inside a string; a string's text isn't taken for one."""
    found = parse("param location string\nvar a = '${locaton}-other'\nvar b = [for x in a: { k: x, l: lacation }]\n")

    assert {"locaton", "lacation", "a"} == set(used_symbols(found))


@by_file
def test_module_calls_fit_the_modules(path: Path) -> None:
    """A module gets every parameter without a default, and none that it doesn't know."""
    found = load(path)
    for symbol, module in found.modules.items():
        target = load((path.parent / module["detail"]["path"]).resolve())
        given = set(found.body(symbol)["params"])
        needed = {name for name, one in target.parameters.items() if one["default"] is None}

        assert needed <= given <= set(target.parameters), symbol


@by_file
def test_module_outputs_exist(path: Path) -> None:
    """Every output that is read is one that the module has."""
    found = load(path)
    for symbol, output in re.findall(r"\b(\w+)!?\.outputs\.(\w+)", found.text):
        target = load((path.parent / found.modules[symbol]["detail"]["path"]).resolve())

        assert output in target.outputs, f"{symbol}.{output}"


@by_file
def test_parameters_are_passed_on_with_their_type(path: Path) -> None:
    """A parameter handed to a module as it is has the same type there."""
    found = load(path)
    for symbol, module in found.modules.items():
        target = load((path.parent / module["detail"]["path"]).resolve())
        for name, value in found.body(symbol)["params"].items():
            if isinstance(value, str) and value in found.parameters:
                assert found.parameters[value]["type"] == target.parameters[name]["type"], (symbol, name)


def test_every_module_is_used() -> None:
    """No Bicep file lies about unused."""
    used = {
        (path.parent / module["detail"]["path"]).resolve() for path in FILES for module in load(path).modules.values()
    }

    assert {path for path in FILES if path.name != "main.bicep"} == used


def test_only_the_directory_roles_need_the_graph_extension() -> None:
    """The extension is confined to one optional module, so that everything else is checked by any parser."""
    with_extension = [path.name for path in FILES if re.search(r"^extension ", load(path).text, re.MULTILINE)]
    config = json.loads((INFRA / "bicepconfig.json").read_text(encoding="utf-8"))

    assert with_extension == ["graph-permissions.bicep"]
    assert load(INFRA / "main.bicep").modules["directoryRoles"]["config"]["condition"] == "grantDirectoryRoles"
    assert config["extensions"]["microsoftGraphV1"].startswith(
        "br:mcr.microsoft.com/bicep/extensions/microsoftgraph/v1.0:"
    )


@needs_schemas
@pytest.mark.parametrize(("path", "symbol"), RESOURCES)
def test_body_fits_the_arm_schema(path: Path, symbol: str) -> None:
    """Azure's schema of that API version knows every property, misses none, and allows every literal."""
    assert arm.problems(load(path), symbol) == []


def test_only_the_listed_types_go_without_a_schema() -> None:
    """The list of types that aren't checked offline holds nothing that isn't used."""
    used = {one["type"] for path in FILES for one in load(path).resources.values()}

    assert set(WITHOUT_SCHEMA) <= used


@needs_schemas
@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("functionAppConfig:", "functionsAppConfig:", "unknown"),
        ("instanceMemoryMB: instanceMemoryMB", "instanceMemoryMb: instanceMemoryMB", "unknown"),
        ("type: 'UserAssigned'", "type: 'UserAsigned'", "not one of"),
        ("httpsOnly: true", "httpsOnly: 'yes'", "not of type boolean"),
    ],
)
def test_the_schema_check_finds_planted_mistakes(right: str, wrong: str, complaint: str) -> None:
    """A misspelt property, an unknown word and a wrong type are each found in the function app's body."""
    text = load(INFRA / "modules" / "function-app.bicep").text
    planted = parse(text.replace(right, wrong, 1))

    assert right in text
    assert [complaint in one for one in arm.problems(planted, "app")] == [True]


@needs_schemas
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("metricName:", "metricNames:"),
        ("autoMitigate: true\n    criteria: {\n      'odata", "auto: 1\n    criteria: {\n      'odata"),
    ],
)
def test_the_schema_check_looks_into_shapes_chosen_by_a_name(right: str, wrong: str) -> None:
    """A misspelt property is found where the schema offers several shapes (criteria of a metric alert)."""
    text = load(INFRA / "modules" / "alerts.bicep").text

    assert right in text
    assert arm.problems(parse(text.replace(right, wrong)), "exceptions")


@needs_schemas
def test_the_schema_check_finds_a_missing_property() -> None:
    """A required property that is left out is found."""
    text = load(INFRA / "modules" / "vault.bicep").text.replace("    tenantId: tenant().tenantId\n", "")

    assert arm.problems(parse(text), "vault") == ["vault.properties lacks tenantId"]


def test_the_parser_is_new_enough_for_extensions() -> None:
    """The parser in use reads `extension`, which pycep 0.5 does not."""
    assert "extensions" in BicepParser().parse(text="extension microsoftGraphV1\nparam a string\n")
