"""4. Cold start in fresh processes: against importing azure.functions and azure.durable_functions alone."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.measure import median

ROOT = Path(__file__).resolve().parents[1]
_TOLD = """
import resource, sys
lines = open('/proc/self/status').read().splitlines()
rss = next(int(l.split()[1]) for l in lines if l.startswith('VmHWM')) / 1024
sdk = sorted(m for m in ('azure.storage.blob', 'azure.identity', 'msal', 'requests') if m in sys.modules)
u = resource.getrusage(resource.RUSAGE_SELF)
print(u.ru_utime + u.ru_stime, rss, ','.join(sdk))
"""
BASE = "import azure.functions, azure.durable_functions"
INDEXED = "import function_app"
READY = """import function_app
from upa_core.bootstrap import app
built = app()
for one in built.connectors.values(): built.ports(one)"""
CONFIG = """version: 1
credentials:
  graph: managed_identity
  sharepoint: managed_identity
connectors:
  - name: hr
    source:
      tenant: 11111111-2222-3333-4444-555555555555
    target:
      admin_url: https://contoso-admin.sharepoint.com
      site_url: https://contoso.sharepoint.com/sites/upa
      folder: Imports
    mappings:
      - {target: UpaDepartment, source: department, on_empty: clear}
      - {target: UpaHired, source: employeeHireDate, type: date}
      - {target: UpaName, expression: 'Join(" ", [givenName], [surname])'}
"""


def _once(code: str, environment: dict[str, str]) -> tuple[float, float, str]:
    done = subprocess.run(
        [sys.executable, "-c", code + _TOLD], capture_output=True, text=True, cwd=ROOT, env=environment, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    seconds, mib, *modules = done.stdout.split()
    return float(seconds), float(mib), "".join(modules)


def run(rounds: int = 7) -> dict[str, Any]:
    """Interleave the three."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "upa.yaml"
        config.write_text(CONFIG)
        environment = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPYCACHEPREFIX": f"{folder}/bytecode",
            "PYTHONPATH": str(ROOT),
            "UPA_CONFIG": str(config),
            "UPA_STATE": f"folder:{folder}/state",
            "UPA_SCHEDULE": "0 */15 * * * *",
        }
        kinds = {"base": BASE, "indexed": INDEXED, "ready": READY}
        for code in kinds.values():
            _once(code, environment)  # bytecode
        took = {name: [] for name in kinds}  # type: dict[str, list[tuple[float, float, str]]]
        for _ in range(rounds):
            for name, code in kinds.items():
                took[name].append(_once(code, environment))
    base = [t[0] for t in took["base"]]
    return {
        "rounds": rounds,
        "base_cpu_s": round(median(base), 3),
        "indexed_ratio": round(median(t[0] / b for t, b in zip(took["indexed"], base, strict=True)), 2),
        "ready_ratio": round(median(t[0] / b for t, b in zip(took["ready"], base, strict=True)), 2),
        "ready_extra_mib": round(median(t[1] for t in took["ready"]) - median(t[1] for t in took["base"]), 1),
        "cloud_sdks_imported": took["ready"][0][2],
    }
