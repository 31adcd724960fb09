"""What azd reads: azure.yaml and the parameters file. Its hooks: test_hooks.py."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from tests.infra import predicted
from tests.support import bicep_compiler as bicep
from tests.support.bicep_compiler import INFRA, ROOT

AZURE = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))
PARAMETERS = json.loads((INFRA / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
needs_compiler = pytest.mark.skipif(bicep.find() is None, reason=bicep.WHY_ABSENT)
NOT_ASKED = {
    "extraSettings": "an object: set it in main.parameters.json of the environment",
    "storageByAddress": "its default asks the cloud, which a default of azd can't: set it there too",
}


def test_the_service_is_found_by_its_tag() -> None:
    """azure.yaml's service is the one that the function app is tagged with."""
    app = AZURE["services"]["app"]
    assert (app["project"], app["host"], app["language"]) == (".", "function", "python")
    assert predicted.one("default", "Microsoft.Web/sites")["tags"]["azd-service-name"] == "app"


def test_azd_finds_the_bicep_files() -> None:
    """Provider, folder and module are what lies there."""
    infra = AZURE["infra"]

    assert infra["provider"] == "bicep"
    assert (ROOT / infra["path"] / f"{infra['module']}.bicep").is_file()


@needs_compiler
def test_every_parameter_is_given() -> None:
    """The parameters file gives exactly the parameters of main.bicep, except those stated."""
    assert set(bicep.template()["parameters"]) - set(NOT_ASKED) == set(PARAMETERS)


@needs_compiler
def test_parameters_without_a_default_come_from_azd() -> None:
    """Name and region are azd's own variables."""
    needed = {name for name, one in bicep.template()["parameters"].items() if "defaultValue" not in one}

    assert {name: PARAMETERS[name]["value"] for name in needed} == {
        "environmentName": "${AZURE_ENV_NAME}",
        "location": "${AZURE_LOCATION}",
    }


@needs_compiler
def test_defaults_are_the_same_in_both_files() -> None:
    """The default of a variable is the default of its parameter."""
    for name, one in PARAMETERS.items():
        match = re.fullmatch(r"\$\{(\w+)(?:=(.*))?\}", one["value"])
        assert match is not None, name
        default = bicep.template()["parameters"][name].get("defaultValue")
        if default is not None and match[2] is not None:
            assert match[2] == (str(default).lower() if isinstance(default, bool) else str(default)), name
