"""Chromium for the tests of the page: Debian's headless shell, or its browser, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.api_world import ApiWorld, api_world

INSTALL = "apt-get update && apt-get install -y chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
KEY = "a-key/with+signs="


@pytest.fixture(scope="module")  # while it is open an event loop runs in this thread, which others mustn't meet
def browser() -> Iterator[Browser]:
    """A browser; `make test` installs one where it may, elsewhere the tests say how and are skipped."""
    named = os.environ.get("UPA_CHROMIUM")
    chromium = named or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if chromium is None:
        pytest.skip(f"the status page is tested in Chromium, which isn't here; to run these tests: {INSTALL}")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiWorld]:
    """A pipeline behind a function key."""
    with api_world(tmp_path_factory.mktemp("page"), people=24, key=KEY) as made:
        yield made


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh tab that fails the test for anything the console complains of."""
    context = browser.new_context(viewport={"width": 1100, "height": 800})
    context.set_default_timeout(15_000)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    yield opened
    context.close()
    assert complaints == []


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where screenshots go: UPA_SHOTS, to look at them, or nowhere lasting."""
    return Path(os.environ.get("UPA_SHOTS") or tmp_path)
