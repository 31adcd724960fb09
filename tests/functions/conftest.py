"""The function app under the functions host needs the worker library, which exists for Python 3.13 and newer."""

from __future__ import annotations

import sys

collect_ignore_glob = [] if sys.version_info >= (3, 13) else ["test_app.py", "test_survival.py", "test_orchestrator.py"]
