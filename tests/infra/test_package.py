"""The deployment package: what is named goes in and nothing else, for one Python, the same bytes at every build.

The slow half (the libraries, the real worker) is `make package-test`.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from tests.infra.predicted import settings
from tests.support.bicep_compiler import ROOT
from upa_core.deployed import wrong_python

MODULES = {
    "azure": {"azure-functions", "azure-functions-durable", "azure-identity", "azure-storage-blob", "azure-core"},
    "opentelemetry": {"azure-monitor-opentelemetry"},
    "yaml": {"pyyaml"},
    "pydantic_core": {"pydantic-core"},
}
"""Modules whose distributions have another name."""


def program(name: str) -> ModuleType:
    """Load a program of scripts/ as a module."""
    loader = SourceFileLoader(name.replace("-", "_"), str(ROOT / "scripts" / name))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def package() -> ModuleType:
    """The program that builds the package."""
    return program("build-package")


OURS = [
    "function_app.py",
    "host.json",
    "requirements.txt",
    "upa.yaml",
    "upa_core/__init__.py",
    "upa_core/assets/openapi.json",
    "upa_core/assets/page/page.css",
    "upa_core/config/load.py",
]
STRAY = [
    *(".coverage", ".env", ".funcignore", ".git/config", ".github/workflows/ci.yml", ".venv/bin/python"),
    *("cert.p12", "hr.csv", "id_rsa", "keys/client.pfx", "local.settings.json", "secrets.env", "upa.terminal.yaml"),
    *("Makefile", "README.md", "azure.yaml", "dist/old.zip", "infra/main.bicep", "requirements-dev.txt"),
    *("functions_host/host.py", "tenant_sim/app.py", "tests/domain/upa_core/x.py", "upa_cli/main.py"),
    *("upa_core/.env", "upa_core/cert.p12", "upa_core/hr.csv", "upa_core/id_rsa", "upa_core/secrets.env"),
    *("upa_core/assets/page/.page.css.swp", "upa_core/assets/hr.csv", "upa_core/assets/key.pem"),
    *("upa_core/assets/tokens.json", "upa_core/assets/page/people.json"),
    *("upa_core/__pycache__/x.cpython-313.pyc", "upa_core/config/local.json", "upa_core/.ipynb_checkpoints/x.py"),
    *("upa_core/py.typed", "upa_sync.egg-info/PKG-INFO", "upa_core/upa_core.egg-info/x.py"),
]
"""What lies about in a checkout: by-products, other people's data, secrets."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a stray file in every place that tools and people leave them."""
    for name in (*OURS, *STRAY):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n', encoding="utf-8")
    return tmp_path


def test_the_package_holds_what_is_named_and_nothing_else(package: ModuleType, checkout: Path, tmp_path: Path) -> None:
    """Triggers, host.json, requirements, upa_core and the connector file; no secret, feed, by-product or tool."""
    built = package.build(tmp_path / "dist" / "app", checkout, python="3.12", libraries=False)

    assert built == sorted([*OURS, "upa_package.json"])
    assert json.loads((tmp_path / "dist" / "app" / "upa_package.json").read_text(encoding="utf-8")) == {
        "python": "3.12",
        "version": "1.2.3",
    }


def test_a_second_build_replaces_the_first(package: ModuleType, checkout: Path) -> None:
    """What an earlier build left is gone."""
    target = checkout / "dist" / "app"
    package.build(target, checkout, libraries=False)
    (target / "old.py").write_text("", encoding="utf-8")
    (checkout / "upa_core" / "config" / "load.py").unlink()

    assert "upa_core/config/load.py" not in package.build(target, checkout, libraries=False)
    assert not (target / "old.py").exists()


def test_every_file_of_upa_core_is_packaged(package: ModuleType) -> None:
    """All of upa_core that git tracks is in the package of this checkout, the marker for type checkers excepted."""
    tracked = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "upa_core"], capture_output=True, text=True, check=True
    )
    existing = {name for name in tracked.stdout.split() if (ROOT / name).is_file()}

    assert existing - set(files_of(package)) == {"upa_core/py.typed"}


def files_of(package: ModuleType) -> list[str]:
    """Return the files of this checkout's package, without its connector file and libraries."""
    return list(package.package_files(ROOT, "blob:config/upa.yaml"))


def test_a_connector_file_in_a_blob_is_not_packaged(package: ModuleType, checkout: Path) -> None:
    """With UPA_CONFIG=blob:… the package holds no connector file."""
    assert package.package_files(checkout, "blob:config/upa.yaml") == [name for name in OURS if name != "upa.yaml"]


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("gone.yaml", "The connector file gone.yaml isn't in"),
        ("../upa.yaml", "UPA_CONFIG is ../upa.yaml: name a file in the project's folder"),
        ("/etc/upa.yaml", "UPA_CONFIG is /etc/upa.yaml: name a file in the project's folder"),
        ("secrets.env", "UPA_CONFIG is secrets.env: a connector file ends in .yaml or .yml"),
    ],
)
def test_a_connector_file_that_cannot_be_packaged_is_refused(
    package: ModuleType, checkout: Path, config: str, sentence: str
) -> None:
    """A missing file, a path outside of the project and another kind of file end the build with a sentence."""
    with pytest.raises(package.PackageError, match=re.escape(sentence)):
        package.build(checkout / "dist" / "app", checkout, config=config, libraries=False)

    assert not (checkout / "dist" / "app").exists()


def test_the_program_ends_with_one_sentence(tmp_path: Path) -> None:
    """Where the connector file is missing, the hook says so in one line and fails."""
    environ = {"PATH": os.environ["PATH"], "UPA_CONFIG": "gone.yaml"}
    command = [sys.executable, str(ROOT / "scripts" / "build-package"), "--output", str(tmp_path / "app")]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "azd env set UPA_CONFIG" in done.stderr


def test_a_python_that_azure_does_not_have_is_refused(package: ModuleType, checkout: Path) -> None:
    """UPA_PYTHON_VERSION is one of three."""
    with pytest.raises(package.PackageError, match=re.escape("UPA_PYTHON_VERSION is 3.10: it is 3.11, 3.12, 3.13.")):
        package.build(checkout / "dist" / "app", checkout, python="3.10", libraries=False)


def test_the_same_files_give_the_same_package(package: ModuleType, checkout: Path, tmp_path: Path) -> None:
    """Two builds are equal in bytes, rights and dates, whatever the rights and dates of the checkout are."""
    package.build(tmp_path / "one", checkout, libraries=False)
    (checkout / "function_app.py").chmod(0o700)
    os.utime(checkout / "host.json", (0, 0))
    package.build(tmp_path / "two", checkout, libraries=False)
    digests = program("package-test").digests

    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert len(digests(tmp_path / "one")) == len(OURS) + 1


def test_nothing_of_an_installer_is_packaged(package: ModuleType, tmp_path: Path) -> None:
    """Programs, bytecode and an installer's records are taken out; what libraries read of themselves stays."""
    (tmp_path / "requirements.txt").write_text("", encoding="utf-8")
    place = tmp_path / "libraries"
    kept = ["orjson/__init__.py", "orjson-1.dist-info/METADATA", "orjson-1.dist-info/entry_points.txt", "x/RECORD"]
    gone = [".lock", "bin/msal", "orjson/__pycache__/x.pyc", "orjson/y.pyc"]
    gone += [f"orjson-1.dist-info/{name}" for name in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")]
    for name in (*kept, *gone):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("", encoding="utf-8")

    package.strip(place)

    assert sorted(str(one.relative_to(place)) for one in place.rglob("*") if one.is_file()) == sorted(kept)


def test_libraries_are_installed_for_the_python_of_the_app(
    package: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uv is asked for hashed wheels of that Python on Linux, into the folder where Azure's worker looks."""
    asked: list[str] = []
    monkeypatch.setattr(package, "_run", lambda _, *command: asked.extend(map(str, command)))
    monkeypatch.setattr(package, "uv", lambda: Path("uv"))
    package.build(checkout / "dist" / "app", checkout, python="3.12")
    line = " ".join(asked)

    assert f"--target {checkout / 'dist' / 'app.new' / '.python_packages' / 'lib' / 'site-packages'}" in line
    assert "--python-version 3.12 --python-platform x86_64-manylinux_2_28 --only-binary :all: --require-hashes" in line


def test_azd_deploys_the_folder_that_is_built_here() -> None:
    """No remote build, the staged folder, an azd that knows both, and a hook of the service for each shell."""
    azure = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))
    app = azure["services"]["app"]
    hook = app["hooks"]["prepackage"]

    assert (app["project"], app["dist"], app["remoteBuild"]) == (".", "dist/app", False)
    assert azure["requiredVersions"] == {"azd": ">= 1.23.5"}
    assert "prepackage" not in azure["hooks"]
    assert hook["posix"] == {"shell": "sh", "run": "python3 scripts/build-package"}
    assert hook["windows"] == {"shell": "pwsh", "run": "python scripts/build-package"}


@pytest.mark.parametrize(
    ("built_for", "running", "wrong"), [("3.11", "3.13", True), ("3.13", "3.13", False), ("3.12", "3.11", True)]
)
def test_a_package_of_another_python_is_one_sentence(tmp_path: Path, built_for: str, running: str, wrong: bool) -> None:
    """The sentence names both Pythons and the remedy; the right Python and a checkout have none."""
    package = tmp_path / "upa_package.json"
    package.write_text(json.dumps({"python": built_for}), encoding="utf-8")
    sentence = wrong_python(package, running)

    assert bool(sentence) is wrong
    assert not wrong or {f"Python {built_for}", f"Python {running}"} <= set(re.findall(r"Python 3\.\d+", sentence))
    assert wrong_python(tmp_path / "none.json", running) == ""


def test_the_check_of_the_python_comes_first_and_needs_no_library() -> None:
    """What function_app.py imports before it knows its Python is the standard library and a module that has no more."""
    tree = ast.parse((ROOT / "function_app.py").read_text(encoding="utf-8")).body
    first = tree[: next(at for at, node in enumerate(tree) if isinstance(node, ast.Assign))]
    own = ast.parse((ROOT / "upa_core" / "deployed.py").read_text(encoding="utf-8"))

    assert imports_of(first) == {"sys", "upa_core"}
    assert imports_of(ast.walk(own)) <= set(sys.stdlib_module_names)


APP = """
import azure.functions as func, azure.durable_functions
import function_app, sys
print(function_app.WRONG_PYTHON)
try:
    function_app.triggers.tick()
except RuntimeError as error:
    print(error)
"""


@pytest.mark.parametrize("broken", [False, True])
def test_an_app_on_another_python_says_so_and_does_nothing(package: ModuleType, tmp_path: Path, broken: bool) -> None:
    """Every trigger refuses with the sentence; where libraries don't even import, the sentence is all there is."""
    other = "3.11" if sys.version_info[:2] != (3, 11) else "3.12"
    app = tmp_path / "app"
    package.build(app, ROOT, config="blob:config/upa.yaml", python=other, libraries=False)
    (app / "orjson.py").write_text("raise ImportError('compiled for another Python')", encoding="utf-8")
    if broken:
        (app / "azure").mkdir()
        (app / "azure" / "__init__.py").write_text("raise ImportError('compiled for another')", encoding="utf-8")
    code = APP if not broken else "import function_app"
    done = subprocess.run([sys.executable, "-c", code], cwd=app, capture_output=True, text=True, check=False)
    sentence = wrong_python(app / "upa_package.json")

    assert done.returncode == (1 if broken else 0), done.stderr
    assert (done.stderr if broken else done.stdout).splitlines() == [sentence] * (1 if broken else 2)


EXTRAS_ONLY = {
    "upa_core/adapters/graph/admin_graph.py": {"httpx", "kiota_authentication_azure", "msgraph", "msgraph_core"},
    "upa_core/adapters/graph/directory_extensions.py": {"kiota_abstractions", "msgraph"},
    "upa_core/adapters/graph/role_grants.py": {"kiota_abstractions", "msgraph"},
    "upa_core/adapters/sources/sql_drivers.py": {"pg8000"},
    "upa_core/adapters/sources/tds_driver.py": {"pytds"},
    "upa_core/adapters/sources/workbook.py": {"python_calamine"},
}
"""What only an extra brings (`admin`, `postgresql`, `sql-server`, `xlsx`): imported inside functions, if at all."""


def imports_of(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the top-level modules that are imported in a tree."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_the_package_imports_only_what_is_deployed(package: ModuleType) -> None:
    """Every import is the standard library's, upa_core's, or of a distribution that requirements.txt installs."""
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8").lower()
    deployed = set(re.findall(r"^([a-z0-9._-]+)==", locked, re.MULTILINE))
    for name in files_of(package):
        if name.endswith(".py"):
            tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
            ours = set(sys.stdlib_module_names) | {"upa_core", "__future__"}
            ours |= EXTRAS_ONLY.get(name, set()) - imports_of(tree.body)
            for module in imports_of(ast.walk(tree)) - ours:
                assert deployed & MODULES.get(module, {module.replace("_", "-")}), f"{name} imports {module}"


def test_requirements_hold_no_worker_and_no_development_tool() -> None:
    """The worker is Azure's; nothing of the tests or of the administrator's extra is deployed."""
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8").lower()

    for name in ("azure-functions-worker", "azure-functions-runtime", "msgraph", "pytest", "typer", "starlette"):
        assert name not in locked


def test_requirements_resolve_on_every_python_that_azure_may_build_with() -> None:
    """Remote build has used 3.11 whatever the app's version: azure-functions is locked for both lines."""
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8")

    assert re.search(r"^azure-functions==1\.\S+ ; python_full_version < '3\.13'", locked, re.MULTILINE)
    assert re.search(r"^azure-functions==2\.\S+ ; python_full_version >= '3\.13'", locked, re.MULTILINE)


def test_the_slow_test_starts_the_app_with_the_settings_of_a_deployment() -> None:
    """Every setting that `azd up` gives is there, none is an expression, and state is where Bicep says it is."""
    given = program("package-test").settings()

    assert given.keys() == settings("default").keys()
    assert not [value for value in given.values() if value.startswith("[")]
    assert given["UPA_STATE"].startswith("https://")


def test_the_slow_test_looks_for_the_functions_of_function_app() -> None:
    """`make package-test` expects every trigger of function_app.py, found without importing it."""
    names = program("package-test").functions_of(ROOT / "function_app.py")

    assert {"pull_changes", "continue_pull", "export_changes", "watch_import_job", "watch_step", "housekeeping"} <= set(
        names
    )
    assert not [name for name in names if name.startswith("_")]
