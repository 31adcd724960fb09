"""Importing an adapter costs nothing cloudy: a cold start pays for what it uses (style guide, 7)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cold import CONFIG, READY

ROOT = Path(__file__).resolve().parents[2]
ADAPTERS = ROOT / "upa_core" / "adapters"
MODULES = sorted(".".join(path.relative_to(ADAPTERS).with_suffix("").parts) for path in ADAPTERS.rglob("[a-z]*.py"))
VENDORS = ("azure", "msal", "requests", "urllib3", "orjson", "cryptography")


def test_there_are_adapters() -> None:
    """The list of modules below isn't empty by mistake."""
    assert {
        "storage.blob_store",
        "graph.users",
        "sharepoint.import_jobs",
        "sharepoint.library",
        "identity.tokens",
    } <= set(MODULES)


def test_importing_adapters_imports_no_vendor() -> None:
    """No adapter module imports a vendor's library when it is imported."""
    code = ";".join(["import sys", *(f"import upa_core.adapters.{name}" for name in MODULES)])
    code += f";print(sorted(name for name in sys.modules if name.split('.')[0] in {VENDORS!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_an_app_without_sources_imports_no_reader(tmp_path: Path) -> None:
    """Ready to run, with ports built: no module that reads files or queries, and no extra, is imported."""
    (tmp_path / "upa.yaml").write_text(CONFIG, encoding="utf-8")
    readers = ("upa_core.adapters.sources", "upa_core.domain.sources.judge", *("python_calamine", "pg8000", "pytds"))
    code = f"{READY}\nimport sys; print([name for name in {readers!r} if name in sys.modules])"
    environment = {
        **os.environ,
        "UPA_CONFIG": str(tmp_path / "upa.yaml"),
        "UPA_STATE": f"folder:{tmp_path}/state",
        "UPA_SCHEDULE": "0 */15 * * * *",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, env=environment
    )

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", MODULES)
def test_modules_stay_small(name: str) -> None:
    """A module of adapters is one idea of at most 250 lines."""
    lines = (ADAPTERS / f"{name.replace('.', '/')}.py").read_text().splitlines()

    assert len(lines) <= 250
