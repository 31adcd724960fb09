"""Kusto queries judged by Microsoft's own parser under Node; what it said of the same queries is kept in .tools."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support import npm

PROGRAM = Path(__file__).with_suffix(".js")
TABLES = {
    "traces": {
        "timestamp": "datetime",
        "message": "string",
        "severityLevel": "int",
        "customDimensions": "dynamic",
        "operation_Id": "string",
        "cloud_RoleName": "string",
        "cloud_RoleInstance": "string",
    },
    "_LogOperation": {
        "TimeGenerated": "datetime",
        "Category": "string",
        "Operation": "string",
        "Level": "string",
        "Detail": "string",
        "_ResourceId": "string",
    },
}
"""The tables that our queries read: of Application Insights, and of the workspace itself."""


def complaints(queries: Sequence[str], tables: Mapping[str, Mapping[str, str]] = TABLES) -> list[list[str]]:
    """Return what the parser finds wrong with each query, syntax and names; nothing for a right one.

    Raises:
        NpmMissingError: the parser isn't there and can't be installed.

    """
    question = json.dumps({"tables": tables, "queries": list(queries)})
    key = hashlib.sha256(f"{npm.KUSTO.packages}{PROGRAM.read_text(encoding='utf-8')}{question}".encode()).hexdigest()[
        :32
    ]
    kept = npm.KUSTO.home / f"said-{key}.json"
    if not kept.is_file():
        node = npm.install(npm.KUSTO)
        said = subprocess.run(
            [node, str(PROGRAM), str(npm.KUSTO.main.parent)],
            input=question,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.write_text(said.stdout, encoding="utf-8")
        fresh.rename(kept)
    found: list[list[str]] = json.loads(kept.read_text(encoding="utf-8"))
    assert len(found) == len(queries)
    return found
