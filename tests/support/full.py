"""Short forms and full ones: a test that has both runs the full one under `make campaigns` (UPA_FULL=1)."""

from __future__ import annotations

import os

FULL = os.environ.get("UPA_FULL") == "1"
