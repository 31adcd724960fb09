"""What `make release` builds: the same bytes twice, a dated changelog, every pin in the bill of materials."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml

from tests.distribution.environments import ROOT
from tests.infra.test_package import program

RELEASE = program("release")
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8"))
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in RELEASE.REQUIREMENTS}
PARTS = ("upa_core", "upa_cli", "tenant_sim", "functions_host", "function_app.py", "host.json", "LICENSE", "README.md")
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- All.\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what a release needs, with what lies about in a checkout."""
    root = tmp_path / "checkout"
    root.mkdir()
    for name in (*PARTS, "pyproject.toml", ".gitignore", *RELEASE.REQUIREMENTS):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, root / name)
    for name in (
        "cert.p12",
        "hr.csv",
        "upa.yaml",
        "upa_core/secrets.env",
        "upa_core/hr.csv",
        "upa_core/assets/key.pem",
    ):
        (root / name).write_text("stray", encoding="utf-8")
    changelog = RELEASE.dated(CHANGELOG, RELEASE.version_of(root), date(2026, 11, 27))
    (root / "CHANGELOG.md").write_text(changelog, encoding="utf-8")
    return root


def test_a_release_is_the_same_bytes_twice_and_holds_nothing_stray(checkout: Path, tmp_path: Path) -> None:
    """Wheel and sdist of the checkout equal those of the unpacked sdist, and nothing that lies about is in them."""
    sums = RELEASE.release(tmp_path / "out", checkout)
    sdist = next(name for name in sums if name.endswith(".tar.gz"))
    with tarfile.open(tmp_path / "out" / sdist) as archive:
        names = {Path(*Path(one.name).parts[1:]).as_posix() for one in archive if one.isfile()}

    assert [name.rpartition(".")[2] for name in sums] == ["whl", "json", "gz"]
    assert len((tmp_path / "out" / "SHA256SUMS").read_text(encoding="utf-8").splitlines()) == len(sums)
    assert {"function_app.py", "upa_core/assets/page/start.js", "CHANGELOG.md"} <= names
    names |= set(zipfile.ZipFile(tmp_path / "out" / next(name for name in sums if name.endswith(".whl"))).namelist())
    assert not [name for name in names if re.search(r"\.(p12|csv|env|pem|yaml)$", name)]


def test_a_release_without_a_date_is_refused(checkout: Path, tmp_path: Path) -> None:
    """The changelog has to state the version with its day."""
    (checkout / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")

    with pytest.raises(RELEASE.ReleaseError, match="has no date for"):
        RELEASE.release(tmp_path / "out", checkout)


def test_the_changelog_is_dated_once() -> None:
    """What was unreleased comes under version and day, below an empty part for what comes next."""
    once = RELEASE.dated(CHANGELOG, "1.2.3", date(2026, 12, 1))

    assert "## [Unreleased]\n\n## [1.2.3] - 2026-12-01\n\n### Added" in once
    assert RELEASE.dated(once, "1.2.3", date(2027, 1, 1)) == once
    assert RELEASE.released_on(once, "1.2.3") == date(2026, 12, 1)
    assert RELEASE.released_on(once, "1.2.4") is None


def test_the_bill_of_materials_covers_every_pin() -> None:
    """Each pin of each compiled file is a component, the deployed ones are required and have their hashes."""
    bom = RELEASE.sbom("1.2.3", TEXTS, datetime(2026, 12, 1, tzinfo=UTC))
    there = {(one["name"], one["version"]): one for one in bom["components"]}
    lines = {name: re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE) for name, text in TEXTS.items()}

    assert {(name.lower(), version) for pins in lines.values() for name, version in pins} == set(there)
    for name, version in lines["requirements.txt"]:
        assert there[name.lower(), version]["scope"] == "required"
        assert there[name.lower(), version]["properties"]
    assert len({one["bom-ref"] for one in there.values()}) == len(there)
    assert (bom["bomFormat"], bom["specVersion"], bom["metadata"]["component"]["version"]) == (
        *("CycloneDX", "1.6"),
        "1.2.3",
    )


def test_the_bill_of_materials_is_the_same_for_the_same_release() -> None:
    """Neither its serial number nor its time change from build to build."""
    when = datetime(2026, 12, 1, tzinfo=UTC)

    assert json.dumps(RELEASE.sbom("1.2.3", TEXTS, when)) == json.dumps(RELEASE.sbom("1.2.3", TEXTS, when))
    assert RELEASE.sbom("1.2.4", TEXTS, when)["serialNumber"] != RELEASE.sbom("1.2.3", TEXTS, when)["serialNumber"]


def test_the_workflow_attests_what_it_publishes() -> None:
    """The job that builds may attest and write nothing else; the one that publishes runs none of our code."""
    build, publish = WORKFLOW["jobs"]["build"], WORKFLOW["jobs"]["publish"]
    used = [step.get("uses", "").partition("@")[0] for step in build["steps"]]

    assert build["permissions"] == {"contents": "read", "id-token": "write", "attestations": "write"}
    assert used.index("actions/attest-build-provenance") < used.index("actions/upload-artifact")
    assert (publish["permissions"], publish["needs"]) == ({"contents": "write"}, "build")
    assert not [step for step in publish["steps"] if "checkout" in step.get("uses", "")]


def test_a_tag_of_another_version_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`scripts/release --tag v9.9.9` ends with a sentence, and builds nothing."""
    monkeypatch.setattr("sys.argv", ["release", "--tag", "v9.9.9"])

    assert RELEASE.main() == 1
    assert "The tag is v9.9.9, the version of pyproject.toml is" in capsys.readouterr().err
