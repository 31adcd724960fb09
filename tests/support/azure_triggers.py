"""The program with Microsoft's triggers for the tests: the copy in ../shared, on Linux x86_64 only."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[3] / "shared" / "tools" / "azure-triggers" / "azure-triggers"


def why_absent() -> str:
    """Return why Microsoft's triggers can't run here; empty where they can."""
    if sys.version_info < (3, 13):
        return "the functions host needs Python 3.13: Microsoft publishes its Python worker for 3.13 and later only"
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return "Microsoft's triggers are a program for Linux on x86_64"
    if not PROGRAM.is_file():
        return "Microsoft's triggers aren't here: no ../shared/tools/azure-triggers beside the project"
    return ""
