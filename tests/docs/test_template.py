"""What Microsoft's validation of azd templates decides by looking at files (template-validation-action, rules.json)."""

from __future__ import annotations

import json
import re

import pytest

from tests.docs.pages import ROOT

FILES = (
    *("README.md", "LICENSE", "SECURITY.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", ".github/ISSUE_TEMPLATE"),
    *(".github/workflows/azure-dev.yml", "azure.yaml", "infra/main.bicep", ".devcontainer/devcontainer.json"),
)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_a_template_is_there(name: str) -> None:
    """Each file or folder that the validation looks for exists and isn't empty."""
    place = ROOT / name

    assert any(place.iterdir()) if place.is_dir() else place.stat().st_size > 50


@pytest.mark.parametrize("section", ["Features", "Getting Started", "Guidance", "Resources"])
def test_the_readme_has_the_sections_of_a_template(section: str) -> None:
    """The four headings stand there word for word."""
    assert f"\n## {section}\n" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_screen_says_for_whom_and_three_ways_to_start() -> None:
    """In 40 lines: for whom, make demo, install with init and doctor, azd up, and that nothing was tried live."""
    top = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40])

    for words in ("For Microsoft 365 administrators", "make demo", "pip install", "upa init", "upa doctor", "azd up"):
        assert words in top
    assert "Nothing here has been tried on a live tenant" in top


def test_the_development_container_builds_from_a_file_that_is_there() -> None:
    """devcontainer.json names its Dockerfile, whose image has a full version, and sets the project up."""
    made = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))

    dockerfile = ROOT / ".devcontainer" / made["build"]["dockerfile"]
    assert dockerfile.is_file()
    assert re.search(r"^FROM python:3\.13\.\d+-\w+$", dockerfile.read_text(encoding="utf-8"), re.MULTILINE)
    assert made["postCreateCommand"] == "make setup"
