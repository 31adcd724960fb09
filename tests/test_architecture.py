"""What import-linter can't see: the standard library alone in the domain, no clock read, thin triggers, laziness."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.syntax_trees import ROOT, statements, tree_of

PURE = sorted((ROOT / "upa_core" / "domain").rglob("*.py"))
PORTS = sorted((ROOT / "upa_core" / "ports").rglob("*.py"))
TELLS_TIME = {"clock.py", "folder_store.py"}
CORE = sorted(path for path in (ROOT / "upa_core").rglob("*.py") if path.name not in TELLS_TIME)
IMPURE = {
    "os",
    "io",
    "pathlib",
    "socket",
    "time",
    "random",
    "uuid",
    "logging",
    "subprocess",
    "secrets",
    "tempfile",
    "threading",
}
TRIGGERS_MAY_IMPORT = {"azure.functions", "azure.durable_functions", "upa_core.deployed", "upa_core.lazily"}


def _imports(path: Path) -> Iterator[str]:
    for node in statements(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_domain_and_ports_import_only_the_pure_standard_library_and_themselves() -> None:
    """A pure module imports upa_core.domain (ports: upa_core.ports too) and pure parts of the standard library."""
    may = dict.fromkeys(PURE, ("upa_core.domain",)) | dict.fromkeys(PORTS, ("upa_core.domain", "upa_core.ports"))
    foreign = [
        f"{path.relative_to(ROOT)}: {name}"
        for path, own in may.items()
        for name in _imports(path)
        if not name.startswith(own)
        and (name.partition(".")[0] not in sys.stdlib_module_names or name.partition(".")[0] in IMPURE)
    ]

    assert foreign == []


def test_time_is_read_only_in_the_clock_adapter() -> None:
    """Only the clock, and the folder store for the age of files, read datetime's now or the time module."""
    read = [
        f"{path.relative_to(ROOT)}: {ast.unparse(node.func)}"
        for path in CORE
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("now", "utcnow", "today", "time", "sleep", "monotonic", "perf_counter")
        and ast.unparse(node.func.value) in ("datetime", "datetime.datetime", "date", "datetime.date", "time")
    ]

    assert read == []


def test_the_function_app_imports_functions_durable_and_its_triggers_alone() -> None:
    """function_app.py imports the standard library, azure.functions, durable functions and, later, our triggers."""
    path = ROOT / "function_app.py"
    foreign = [
        name
        for name in _imports(path)
        if name.partition(".")[0] not in sys.stdlib_module_names and name not in TRIGGERS_MAY_IMPORT
    ]
    later = [
        node.args[0].value
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "LazyModule"
        if isinstance(node.args[0], ast.Constant)
    ]

    assert foreign == []
    assert later == ["upa_core.triggers"]


def test_the_orchestrator_is_deterministic_by_construction() -> None:
    """The orchestrator calls nothing but its context and five pure names."""
    tree = tree_of(ROOT / "function_app.py")
    found = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == "watch_import_job")
    called = {ast.unparse(n.func) for part in found.body for n in ast.walk(part) if isinstance(n, ast.Call)}
    own = {name for name in called if not name.startswith("context.")}

    assert own == {"df.RetryOptions", "datetime.fromisoformat", "max", "range", "timedelta"}


def test_importing_the_triggers_loads_no_cloud_library() -> None:
    """Indexing the app imports neither a cloud SDK nor requests, pydantic, yaml or lark: they come with first use."""
    code = "import sys, upa_core.triggers; print(' '.join(sorted({m.partition('.')[0] for m in sys.modules})))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()

    assert {"azure", "msal", "requests", "pydantic", "yaml", "lark", "cryptography"} & set(loaded) == set()


def test_settings_in_the_sample_are_those_the_code_reads() -> None:
    """local.settings.sample.json names every setting that the code reads, and only the worker runtime beside them."""
    import json

    from upa_core.config.settings import KNOWN

    sample = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))["Values"]

    assert set(sample) == set(KNOWN) | {"FUNCTIONS_WORKER_RUNTIME"}
