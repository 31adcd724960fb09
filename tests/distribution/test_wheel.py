"""The wheel in an empty environment, without a checkout: what a new user gets."""

from __future__ import annotations

import os
import re
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tests.distribution.environments import ROOT, Environment

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PACKAGES = ("upa_core", "upa_cli", "tenant_sim", "functions_host")
INIT = ("init", "--tenant", "contoso.onmicrosoft.com", "--sharepoint", "contoso", "--map", "CostCenter=department")


def one_line(text: str) -> str:
    """Return the only line of a text."""
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]


def test_the_version_is_that_of_pyproject(bare: Environment) -> None:
    """`upa --version` tells it, and no file of the project states it twice."""
    assert bare.run("upa", "--version").stdout == f"upa {PROJECT['version']}\n"


def test_a_connector_file_is_made_and_checked(bare: Environment) -> None:
    """`upa init` and `upa config check` need nothing but the wheel."""
    made, checked = bare.run("upa", *INIT), bare.run("upa", "config", "check")

    assert (made.returncode, checked.returncode) == (0, 0), made.stderr + checked.stderr
    assert "upa.yaml is fine: 1 connector" in checked.stdout


def test_the_doctor_examines(bare: Environment) -> None:
    """`upa doctor` says what is missing, here the certificate: a finding with its remedy, no stack trace."""
    bare.run("upa", *INIT, "--client-id", "11111111-2222-3333-4444-555555555555", "--certificate", "gone.pem")
    done = bare.run("upa", "doctor", "--state", "folder:state")

    assert done.returncode == 1
    assert "ERROR sign-in     the certificate can't be read: gone.pem" in done.stdout
    assert "correct the credentials of this connector" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_the_page_has_its_assets(bare: Environment) -> None:
    """Page, style, script and the API's description are in the package that serves them."""
    code = (
        "from importlib.resources import files; a = files('upa_core')/'assets';"
        "print(*sorted(one.name for place in (a, a/'page') for one in place.iterdir()))"
    )
    ours = ROOT / "upa_core" / "assets"

    assert bare.python(code).split() == sorted(one.name for place in (ours, ours / "page") for one in place.iterdir())


@pytest.mark.parametrize("command", ["demo", "sim"])
def test_a_missing_extra_is_one_sentence_with_its_remedy(bare: Environment, command: str) -> None:
    """Without the simulator's libraries, a command that needs it says how they come."""
    done = bare.run("upa", command)

    assert done.returncode == 1
    assert one_line(done.stderr).startswith(f"upa {command} needs the extra `sim` (")
    assert done.stderr.strip().endswith("pip install 'upa-sync[sim]'")


def test_a_missing_admin_extra_is_one_sentence_with_its_remedy(bare: Environment) -> None:
    """Without msgraph-sdk, a command of an administrator says how it comes."""
    bare.run("upa", *INIT)
    done = bare.run("upa", "extensions", "--state", "folder:state")

    assert done.returncode == 3
    assert "pip install 'upa-sync[admin]'" in done.stderr.splitlines()[0]


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    """Modules, assets, schemas and markers: whatever a package reads is there, and no by-product."""
    wanted = {
        str(one.relative_to(ROOT))
        for package in PACKAGES
        for one in (ROOT / package).rglob("*")
        if one.is_file() and "__pycache__" not in one.parts
    }
    there = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert there - wanted == {"upa_cli/app/function_app.py", "upa_cli/app/host.json"}
    assert wanted - there == set()


def test_the_function_app_is_data_and_not_on_the_path(bare: Environment) -> None:
    """The wheel puts its four packages on the path and no module beside them."""
    names = ("function_app", "tests", "scripts", "bench")
    code = f"import importlib.util as u; print([n for n in {names} if u.find_spec(n)])"

    assert bare.python(code) == "[]"


def test_the_metadata_tell_what_it_is(wheel: Path) -> None:
    """Readme, licence, supported Pythons and extras are stated; the packages are typed."""
    archive = zipfile.ZipFile(wheel)
    about = Parser().parsestr(next(archive.read(n) for n in archive.namelist() if n.endswith("METADATA")).decode())
    pythons = {c.rpartition(" :: ")[2] for c in about.get_all("Classifier", []) if re.search(r":: 3\.\d+$", c)}

    assert about["Description-Content-Type"] == "text/markdown"
    assert about.get_payload() == (ROOT / "README.md").read_text(encoding="utf-8")
    assert about["License-Expression"] == "MIT"
    assert pythons == {"3.11", "3.12", "3.13"}
    assert set(about.get_all("Provides-Extra", [])) == {
        "admin",
        "app",
        "host",
        "postgresql",
        "sim",
        "sql-server",
        "xlsx",
    }
    assert {"upa_core/py.typed", "upa_cli/py.typed"} <= set(archive.namelist())


def test_what_is_deployed_is_stated_in_pyproject() -> None:
    """Each line of requirements.in, of which the app's lock is compiled, stands in pyproject.toml word for word."""
    stated = {*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["app"]}
    deployed = {
        line for line in (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines() if line and line[0] != "#"
    }

    assert deployed
    assert deployed - stated == set()


def test_the_simulator_comes_with_its_extra(with_sim: Environment) -> None:
    """`upa sim` knows its assumptions, which needs everything that it imports."""
    done = with_sim.run("upa", "sim", "--assumptions")

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 5


def test_the_demo_runs_in_a_plain_loop_with_the_simulator_alone(with_sim: Environment) -> None:
    """The demo says what the functions host would need, and every profile is right without it."""
    done = with_sim.run("upa", "demo", "--people", "30")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "the same use cases run in a plain loop" in done.stdout
    assert "All 30 profiles equal the oracle" in " ".join(done.stdout.split())


INDEX = """
from functions_host.worker.python_worker import PythonWorker
from upa_cli.demo.engine import APP
from upa_cli.shell.extras import what_the_host_lacks
worker = PythonWorker(APP)
worker.start()
print(repr(what_the_host_lacks()), *sorted(worker.functions))
worker.stop()
"""


def test_the_worker_indexes_the_function_app_of_the_wheel(with_host: Environment) -> None:
    """The functions host lacks nothing, and finds the functions in what the wheel carries."""
    if "(3, 13)" not in with_host.python("import sys; print(sys.version_info[:2])"):
        assert "Python 3.13" in with_host.python("from upa_cli.shell.extras import *; print(what_the_host_lacks())")
        return
    lacks, *names = with_host.python(INDEX).split()

    assert lacks == "''"
    assert {"pull_changes", "export_changes", "watch_import_job", "health"} <= set(names)


@pytest.mark.skipif("UPA_WHEEL_PYTHONS" not in os.environ, reason="half a minute for each Python: make wheel-test")
def test_the_demo_runs_the_function_app_with_the_host(with_host: Environment) -> None:
    """From 3.13 on, the function app that the wheel carries runs; on an older Python the plain loop does."""
    done = with_host.run("upa", "demo", "--people", "30")
    old = with_host.python("import sys; print(sys.version_info < (3, 13))") == "True"

    assert done.returncode == 0, done.stdout + done.stderr
    assert "All 30 profiles equal the oracle" in " ".join(done.stdout.split())
    assert ("POST /api/runs: 202" in done.stdout) is not old
    assert ("needs Python 3.13" in done.stdout) is old
