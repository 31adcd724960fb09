"""The dependency audit that needs nobody else: pins, hashes, licences, and packages that must not come in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.infra.test_package import program
from tests.support.bicep_compiler import ROOT

AUDIT = program("audit")
TEXT = (ROOT / "requirements.txt").read_text(encoding="utf-8")
HASH = f"--hash=sha256:{'0' * 64}"
GOOD = f"six==1.17.0 \\\n    {HASH}\n    # via python-dateutil\n"
FREE = {"six": "MIT"}
HERE = {"six": "1.17.0"}


def found(text: str, licences: Mapping[str, str] = FREE, installed: Mapping[str, str] = HERE) -> list[str]:
    return list(AUDIT.problems(text, licences, installed))


def test_what_is_deployed_passes() -> None:
    """Every package is pinned and hashed, was tested in this version, and may be used."""
    assert found(TEXT, *AUDIT.here(TEXT)) == []


def test_every_line_of_the_requirements_is_read() -> None:
    """No requirement escapes the audit: there are as many as lines that begin with a name."""
    names = [line for line in TEXT.splitlines() if line and not line.startswith((" ", "#"))]

    assert len(list(AUDIT.pins(TEXT))) == len(names) > 60
    assert sum(pin.hashes for pin in AUDIT.pins(TEXT)) == TEXT.count("--hash=sha256:")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD.replace("==1.17.0", ">=1.17.0"), "six isn't pinned to one version"),
        (GOOD.replace("==1.17.0", "==1.*"), "six isn't pinned to one version"),
        ("six==1.17.0\n    # via python-dateutil\n", "six has no hash: make lock"),
        (GOOD.replace("sha256", "md5"), "six has no hash: make lock"),
        (GOOD.replace("==1.17.0", "==1.16.0"), "six: 1.16.0 is deployed, the tests ran with 1.17.0: make setup"),
        (GOOD + f"adal==1.2.7 \\\n    {HASH}\n", "adal must not be deployed: out of support since 2023"),
        (GOOD + "--index-url https://elsewhere.example/simple\n", "not a pinned package of the registry: --index-url"),
        (GOOD + "evil @ git+https://elsewhere.example/evil\n", "not a pinned package of the registry: evil @"),
        (GOOD + "-e ./evil\n", "not a pinned package of the registry: -e ./evil"),
    ],
)
def test_what_must_not_be_deployed_is_found(text: str, problem: str) -> None:
    """Loose pins, missing hashes, versions nobody tested, forbidden names, other sources."""
    assert found(GOOD) == []
    assert any(one.startswith(problem) for one in found(text))


@pytest.mark.parametrize("licence", ["", "GPL-3.0-only", "AGPL-3.0-or-later", "MIT AND GPL-2.0-only", "LicenseRef-Own"])
def test_a_licence_that_binds_us_or_none_needs_a_decision(licence: str) -> None:
    """Neither copyleft nor silence comes in by itself; a choice that includes a free one may."""
    assert found(GOOD, {"six": licence}) == [f"six: licence {licence or 'unknown'} needs somebody's decision"]
    assert found(GOOD, {"six": "GPL-2.0-only OR MIT"}) == []


def test_the_page_of_dependencies_is_current() -> None:
    """docs/reference/dependencies.md is what `make audit` writes."""
    page = (ROOT / "docs" / "reference" / "dependencies.md").read_text(encoding="utf-8")

    assert page == AUDIT.page(TEXT, AUDIT.here(TEXT)[0])
