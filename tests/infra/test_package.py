"""The deployment package: what .funcignore leaves, and that requirements.txt is all it needs.

The slow half (a fresh environment, the real worker) is `make package-test`.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.bicep_compiler import ROOT

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


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a stray file in every place that tools leave them."""
    for name in (
        "function_app.py",
        "host.json",
        "requirements.txt",
        "upa.yaml",
        "upa_core/__init__.py",
        "upa_core/config/grammar.lark",
        "upa_core/__pycache__/x.cpython-313.pyc",
        "local.settings.json",
        "local.settings.sample.json",
        "requirements-dev.txt",
        "requirements.in",
        "README.md",
        "docs/README.md",
        "infra/main.bicep",
        "tests/test_x.py",
        "tests/domain/upa_core/x.py",
        "scripts/build-package",
        "tenant_sim/app.py",
        "functions_host/host.py",
        "upa_cli/main.py",
        "bench/x.py",
        "dist/old.zip",
        "Makefile",
        "LICENSE",
        "azure.yaml",
        "pyproject.toml",
        "node_modules/azurite/x.js",
        "package-lock.json",
        ".env",
        "upa-terminal.pem",
        "keys/client.pfx",
        "upa.terminal.yaml",
        ".venv/bin/python",
        ".venv-3.13/bin/python",
        ".azure/prod/.env",
        ".github/workflows/ci.yml",
        ".tools/x",
        ".demo/state.json",
        ".state/x",
        ".coverage",
        ".hypothesis/x",
        "mutants/x.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / ".funcignore").write_text((ROOT / ".funcignore").read_text(encoding="utf-8"), encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    return tmp_path


def test_the_package_holds_the_app_and_nothing_else(package: ModuleType, checkout: Path) -> None:
    """Triggers, host.json, requirements, upa_core and the connector file; no settings, tests, tools or secrets."""
    assert package.package_files(checkout) == [
        "function_app.py",
        "host.json",
        "requirements.txt",
        "upa.yaml",
        "upa_core/__init__.py",
        "upa_core/config/grammar.lark",
    ]


def test_tracked_files_are_left_out_too(package: ModuleType, checkout: Path) -> None:
    """A pattern holds for what git tracks as for what it doesn't."""
    before = package.package_files(checkout)
    subprocess.run(["git", "-C", str(checkout), "add", "--force", "--all"], check=True)

    assert before == package.package_files(checkout)


def test_every_module_of_upa_core_is_packaged(package: ModuleType) -> None:
    """All of upa_core that git tracks is in the package of this checkout."""
    tracked = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "upa_core"], capture_output=True, text=True, check=True
    )
    existing = {name for name in tracked.stdout.split() if (ROOT / name).is_file()}

    assert existing
    assert existing <= set(package.package_files())


def test_what_git_ignores_is_not_deployed(package: ModuleType) -> None:
    """Whatever .gitignore calls by-products is in .funcignore by a pattern of its own."""
    names = [line.strip("/*") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split() if line[0] != "#"]

    assert [name for name in names if any(name == one.split("/")[0] for one in package.package_files())] == []


def test_the_same_files_give_the_same_package(
    package: ModuleType, tmp_path_factory: pytest.TempPathFactory, checkout: Path
) -> None:
    """Two builds are equal byte for byte."""
    out = tmp_path_factory.mktemp("packages")
    for name in ("one.zip", "two.zip"):
        package.build(out / name, checkout)

    assert (out / "one.zip").read_bytes() == (out / "two.zip").read_bytes()
    assert "host.json" in zipfile.ZipFile(out / "one.zip").namelist()


def test_the_package_is_small(package: ModuleType, tmp_path: Path) -> None:
    """The source of the app is below a megabyte; libraries are installed by Azure."""
    package.build(tmp_path / "package.zip")

    assert (tmp_path / "package.zip").stat().st_size < 1_000_000


ADMIN_ONLY = {
    "upa_core/adapters/graph/admin_graph.py": {"httpx", "kiota_authentication_azure", "msgraph", "msgraph_core"},
    "upa_core/adapters/graph/directory_extensions.py": {"kiota_abstractions", "msgraph"},
    "upa_core/adapters/graph/role_grants.py": {"kiota_abstractions", "msgraph"},
}
"""What only the command line's `admin` extra brings (msgraph-sdk, decision 2): imported inside functions, if at all."""


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
    for name in package.package_files():
        if name.endswith(".py"):
            tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
            ours = set(sys.stdlib_module_names) | {"upa_core", "__future__"}
            ours |= ADMIN_ONLY.get(name, set()) - imports_of(tree.body)
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


def test_the_slow_test_looks_for_the_functions_of_function_app() -> None:
    """`make package-test` expects every trigger of function_app.py, found without importing it."""
    names = program("package-test").functions_of(ROOT / "function_app.py")

    assert {"pull_changes", "continue_pull", "export_changes", "watch_import_job", "watch_step", "housekeeping"} <= set(
        names
    )
    assert not [name for name in names if name.startswith("_")]
