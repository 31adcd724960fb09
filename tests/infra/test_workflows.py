"""The GitHub workflows, which can't run here: valid YAML of the right shape, actions pinned, nothing missing."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.bicep_compiler import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
each = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def load(path: Path) -> dict[Any, Any]:
    """Read a workflow; YAML 1.1 reads the key `on` as true."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    document["on"] = document.pop(True)
    return document


def steps(path: Path) -> list[dict[str, Any]]:
    """Return all steps."""
    return [step for job in load(path)["jobs"].values() for step in job["steps"]]


def test_there_are_the_six_workflows() -> None:
    """Tests, infrastructure, audit, deployment, release, and the workflows themselves."""
    assert [path.stem for path in WORKFLOWS] == ["audit", "azure-dev", "ci", "infra", "release", "zizmor"]


def test_the_deployment_signs_in_without_a_secret_and_ends_with_a_smoke_test() -> None:
    """azure-dev.yml asks for an OIDC token, names no secret, and fails unless the app's health answers."""
    path = ROOT / ".github" / "workflows" / "azure-dev.yml"
    job = load(path)["jobs"]["deploy"]

    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert "secrets." not in path.read_text(encoding="utf-8")
    assert any("--federated-credential-provider github" in step.get("run", "") for step in job["steps"])
    assert "/api/health" in job["steps"][-1]["run"]
    assert "exit 1" in job["steps"][-1]["run"]


@each
def test_a_workflow_has_triggers_jobs_and_limits(path: Path) -> None:
    """It says when it runs, may only read, and no job runs for ever."""
    document = load(path)

    assert document["permissions"] == {"contents": "read"}
    assert document["on"]
    for job in document["jobs"].values():
        assert job["runs-on"].startswith("ubuntu-")
        assert 0 < job["timeout-minutes"] <= 90


@each
def test_every_action_is_pinned_to_a_commit(path: Path) -> None:
    """`uses` names a full commit id, with the version as a comment."""
    text = path.read_text(encoding="utf-8")
    pinned = re.findall(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", text, re.MULTILINE)

    assert len(pinned) == text.count("uses:") > 0


@each
def test_every_step_does_one_thing(path: Path) -> None:
    """A step uses an action or runs a command, and no untrusted text is put into a command."""
    for step in steps(path):
        assert len({"uses", "run"} & set(step)) == 1
        assert "github.event" not in step.get("run", "")


@each
def test_what_a_workflow_calls_exists(path: Path) -> None:
    """Every `make` target that a workflow calls is in the Makefile, every program in scripts/."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for step in steps(path):
        for target in re.findall(r"\bmake ([a-z-]+)", step.get("run", "")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
        for program in re.findall(r"\bscripts/([a-z-]+)", step.get("run", "")):
            assert os.access(ROOT / "scripts" / program, os.X_OK), program


def test_ci_covers_every_supported_python() -> None:
    """The matrix runs from the oldest Python of pyproject.toml to the one that is deployed."""
    matrix = load(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]
    oldest = re.search(r'requires-python = ">=(3\.\d+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert oldest is not None
    assert [oldest[1], "3.12", "3.13"] == matrix


def test_the_bicep_compiler_reads_the_whole_of_infra() -> None:
    """The compiler builds and lints main.bicep, from which every module is reached."""
    commands = [step.get("run", "") for step in steps(ROOT / ".github" / "workflows" / "infra.yml")]

    assert any("az bicep build --file infra/main.bicep" in command for command in commands)
    assert any("az bicep lint --file infra/main.bicep" in command for command in commands)


@each
def test_paths_of_a_trigger_exist(path: Path) -> None:
    """A path filter names something that is there, or the workflow would never run for it."""
    for trigger in load(path)["on"].values():
        for pattern in (trigger or {}).get("paths", []) if isinstance(trigger, dict) else []:
            assert (ROOT / pattern.removesuffix("/**")).exists(), pattern


def test_every_skip_of_checkov_has_a_reason() -> None:
    """No policy is skipped without a word why."""
    lines = (ROOT / "infra" / ".checkov.yaml").read_text(encoding="utf-8").splitlines()
    skips = [line for line in lines if re.match(r"\s+- CKV", line)]

    assert skips
    assert [line for line in skips if len(line.partition("#")[2].split()) < 3] == []
