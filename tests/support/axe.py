"""axe-core, Deque's accessibility rules, for the tests of the page: installed from npm once."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support import npm


def violations(page: Page) -> list[str]:
    """Return what axe-core finds wrong with a page, rule and node; skips the test where axe-core can't be had."""
    try:
        npm.install(npm.AXE)
    except npm.NpmMissingError as exc:
        pytest.skip(str(exc))
    page.evaluate(npm.AXE.main.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run()")
    return [f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]
