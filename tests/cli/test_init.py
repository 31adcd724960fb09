"""`upa init` in a terminal of its own: questions, answers that are asked again, and leaving halfway."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.terminal import CTRL_C, CTRL_D, talk
from upa_cli.shell import exits
from upa_core.config import load_config
from upa_core.domain.cloud import CLOUDS
from upa_core.domain.drift_share import DriftShare


def init(folder: Path, answers: list[str], *options: str) -> tuple[int, str]:
    return talk(folder, ["init", *options], answers)


def test_a_few_questions_make_a_valid_file(tmp_path: Path) -> None:
    """Eight answers, four of them Enter, are enough; the file holds them, and an example as its mapping."""
    code, shown = init(tmp_path, ["", "contoso.onmicrosoft.com", "contoso", "", "n", "", "", ""])
    connector = load_config(tmp_path / "upa.yaml", {}).connectors[0]

    assert (code, connector.source.tenant_id, connector.staging) == (exits.OK, "contoso.onmicrosoft.com", True)
    assert connector.target.site_url == "https://contoso.sharepoint.com/sites/upa"
    assert [(m.target, m.inputs) for m in connector.mappings] == [("CostCenter", ("employeeOrgData.costCenter",))]
    assert shown.endswith(
        "Wrote upa.yaml: connector people with 1 mapping(s), in staging mode.\n"
        "Next: upa config check, then upa doctor --probe\n"
    )


def test_reading_back_is_one_comment_away(tmp_path: Path) -> None:
    """Drift is off in a new file, which names it: without its `#` the file is valid, and profiles are read back."""
    init(tmp_path, ["", "contoso.onmicrosoft.com", "contoso", "", "n", "", "", ""])
    file = tmp_path / "upa.yaml"
    before = load_config(file, {}).connectors[0].drift
    file.write_text(file.read_text().replace("# drift: {}", "drift: {}"))

    assert (before, load_config(file, {}).connectors[0].drift) == (None, DriftShare())


def test_an_answer_that_the_file_would_refuse_is_asked_again(tmp_path: Path) -> None:
    """Each wrong answer is told why, with a suggestion where there is one, and nothing has to be typed twice."""
    app = "11111111-2222-3333-4444-555555555555"
    answers = [
        *("mars", "usgov", "contoso", "contoso.onmicrosoft.us", "con toso", "contoso", "/sites/hr"),
        *("y", "my-app", app, "upa.pem"),
        *("Department", "Badge", "extensionAttribute77", "extensionAttribute7"),
        *("CostCenter", "ext:CostCenter", "", "no-guid", app),
    ]
    code, shown = init(tmp_path, answers)
    connector = load_config(tmp_path / "upa.yaml", {}).connectors[0]

    assert code == exits.OK
    assert "'mars' must be one of global, usgov, dod, china" in shown
    assert "'contoso' is neither a tenant id nor a domain such as contoso.onmicrosoft.com" in shown
    assert "'my-app' isn't an application id" in shown
    assert "'Department' can't be a target" in shown
    assert "extensionAttribute77" in shown
    assert "'no-guid' isn't an application id (a GUID)" in shown
    assert connector.target.admin_url == "https://contoso-admin.sharepoint.us"
    assert [(m.target, m.inputs[0]) for m in connector.mappings] == [
        ("Badge", "onPremisesExtensionAttributes.extensionAttribute7"),
        ("CostCenter", "extension_11111111222233334444555555555555_CostCenter"),
    ]


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
def test_leaving_halfway_writes_nothing(tmp_path: Path, key: str) -> None:
    """Ctrl-C and Ctrl-D at a question end it in one line; there is no file."""
    code, shown = init(tmp_path, ["", "contoso.onmicrosoft.com", key])

    assert (code, list(tmp_path.iterdir())) == (exits.INTERRUPTED, [])
    assert shown.endswith("stopped; nothing was changed\n")
    assert "Traceback" not in shown


def test_dates_and_booleans_are_declared(tmp_path: Path) -> None:
    """A mapping from an attribute that isn't text gets its type."""
    pairs = ("Hired=employeeHireDate", "Active=accountEnabled", "City=city")
    options = ("--tenant", "contoso.com", "--sharepoint", "contoso", "--site", "/sites/x")
    init(tmp_path, ["n"], *options, *(word for pair in pairs for word in ("--map", pair)))
    mappings = load_config(tmp_path / "upa.yaml", {}).connectors[0].mappings

    assert {m.target: m.type for m in mappings} == {"Hired": "date", "Active": "boolean", "City": "string"}


def test_what_is_given_isnt_asked(tmp_path: Path) -> None:
    """Options answer their questions; only the sign-in is left."""
    options = ("--tenant", "contoso.com", "--sharepoint", "contoso", "--site", "/sites/x", "--map", "A=department")
    code, shown = init(tmp_path, ["n"], *options)

    assert (code, shown.count("?")) == (exits.OK, 1)
    assert shown.startswith("Sign in with a certificate")


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(
    "name", ["contoso", "contoso-admin", "contoso.{}", "https://contoso.{}/", "https://contoso-admin.{}"]
)
def test_hosts_of_every_cloud(tmp_path: Path, cloud: str, name: str) -> None:
    """SharePoint's name, host or address gives the admin site and the site of that cloud."""
    from typer.testing import CliRunner

    from upa_cli.main import command_line

    suffix = CLOUDS[cloud].sharepoint_suffix
    options = [
        "--cloud",
        cloud,
        "--tenant",
        "contoso.com",
        "--sharepoint",
        name.format(suffix),
        "--map",
        "A=department",
    ]
    made = CliRunner().invoke(command_line(), ["init", str(tmp_path / "u.yaml"), *options])
    target = load_config(tmp_path / "u.yaml", {}).connectors[0].target

    assert made.exit_code == exits.OK
    assert (target.admin_url, target.site_url) == (
        f"https://contoso-admin.{suffix}",
        f"https://contoso.{suffix}/sites/upa",
    )
