"""Every state that the page can show, in a real browser: first line with and without script, buttons, screenshots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.conftest import KEY
from tests.support.api_world import ApiWorld, api_world
from upa_cli.work.runner import drive
from upa_core import bootstrap
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.quarantine import Quarantine, QuarantineReason
from upa_core.domain.documents.runs import Retry
from upa_core.domain.health.alarms import Alarm
from upa_core.services.health.notify import count_library, notification_log_of
from upa_core.services.pull import pull
from upa_core.state.document import lane_of, state_of

DENIED = "GET graph.microsoft.com /v1.0/users/delta: HTTP 403 Authorization_RequestDenied"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiWorld]:
    """A pipeline whose stored state each test makes anew."""
    with api_world(tmp_path_factory.mktemp("states"), people=24, key=KEY) as made:
        yield made


@pytest.fixture
def world(shared: ApiWorld) -> Iterator[ApiWorld]:
    store = shared.on.ports.store
    before, lane = state_of(store, "demo").load().value, lane_of(store, shared.on.connector).load().value
    text = shared.on.connector_file.read_text(encoding="utf-8")
    yield shared
    state_of(store, "demo").update(lambda _: before)
    lane_of(store, shared.on.connector).update(lambda _: lane)
    shared.on.connector_file.write_text(text, encoding="utf-8")
    bootstrap.app.cache_clear()


def _quarantine(now: datetime, **changes: Any) -> Quarantine:
    return replace(Quarantine(QuarantineReason.CREDENTIALS, now - timedelta(days=3), DENIED, "pull"), **changes)


def _failing(now: datetime) -> Retry:
    return Retry(5, now + timedelta(hours=9), "InternalError, no log", since=now - timedelta(hours=30))


STATES: dict[str, tuple[str, str, str, str]] = {
    "healthy": ("Healthy", "", "", ""),
    "degraded": ("Degraded", "InternalError, no log", "it tries again at", "it tries again at"),
    "quarantined": (
        "Quarantined",
        f"credentials: {DENIED}",
        "or at once by upa resume; switched off after",
        "or at once by Try now; switched off after",
    ),
    "off": ("Quarantined", "switched off at", "then upa resume", "then press Switch on"),
    "staging": (
        "Staging",
        "everything but export",
        "upa plan, then upa go",
        "then press Go live",
    ),
    "paused": ("Paused", "paused by Ann", "upa resume", "press Resume"),
    "stalled": (
        "Stalled",
        "SharePoint has had the import job for hours",
        "it is given up after 24 h",
        "it is given up after 24 h",
    ),
    "held": ("Held", "clears of", "upa hold show", "press Approve or Reject"),
    "expired": ("Quarantined", "hold_expired: nobody has decided", "upa hold approve", "press Approve or Reject"),
}
"""State, why, and what to do: with commands where there is no script, with the page's buttons where there is."""


def _now(world: ApiWorld) -> datetime:
    """Return the app's own time: a held plan is made by moving the tenant's clock ahead of it."""
    answer = world.get("/api/status", headers={"x-functions-key": KEY}).json()
    return datetime.fromisoformat(answer["connectors"][0]["now"])


def _become(world: ApiWorld, name: str) -> None:
    now = _now(world)
    changes: dict[str, dict[str, Any]] = {
        "degraded": {"retry": _failing(now)},
        "quarantined": {"quarantine": _quarantine(now), "pull_retry": _failing(now)},
        "off": {"quarantine": _quarantine(now, since=now - timedelta(days=29), off_since=now - timedelta(hours=7))},
        "paused": {"paused": True, "paused_since": now - timedelta(hours=2), "paused_by": "Ann"},
    }
    if name in ("held", "expired"):
        world.hold()
    if name == "expired":
        why = "nobody has decided since 2026-11-22 about a run: clears of 18 people"
        late = _quarantine(now, reason=QuarantineReason.HOLD_EXPIRED, detail=why, probe="decision")
        changes[name] = {"quarantine": late}
    if name == "stalled":
        flight = InFlight("demo", "20261122T101500Z-7f3k", "upa-demo-20261122T101500Z-7f3k-1.json", 1, "queued", now)
        since = now - timedelta(hours=8)
        jobs = ("03417313-3265-4a8f-97d0-105d43d6bb5a",)
        late_flight = replace(flight, since=since, queued=since, jobs=jobs, stalled=True)
        lane_of(world.on.ports.store, world.on.connector).update(lambda lane: replace(lane, in_flight=late_flight))
    if name == "staging":
        text = world.on.connector_file.read_text(encoding="utf-8")
        world.on.connector_file.write_text(text.replace("staging: false", "staging: true"), "utf-8")
        bootstrap.app.cache_clear()

    def change(state: ConnectorState) -> ConnectorState:
        return replace(state, **changes.get(name, {}))

    state_of(world.on.ports.store, "demo").update(change)


def _open(page: Page, world: ApiWorld) -> None:
    page.goto(f"{world.base}/api/ui?code={quote(KEY, safe='')}")
    expect(page.locator("#view[data-view]")).to_be_visible()


@pytest.mark.parametrize("name", STATES)
def test_each_state_says_since_when_why_and_what_to_do(
    browser: Browser, page: Page, world: ApiWorld, shots: Path, name: str
) -> None:
    """The first line is the same with script and without; what to do names buttons where there are any."""
    _become(world, name)
    state, why, todo, here = STATES[name]
    plain = browser.new_context(java_script_enabled=False)
    bare = plain.new_page()
    bare.goto(f"{world.base}/api/ui?code={quote(KEY, safe='')}")
    _open(page, world)
    page.screenshot(path=shots / f"state-{name}.png", full_page=True)
    for shown in (page, bare):
        top = shown.locator(".connector")
        assert top.locator(".state").text_content() == state
        assert why in (top.locator(".top").text_content() or "")
        assert (here if shown is page else todo) in (top.text_content() or "")
        if name != "staging":  # nobody has looked after this connector yet
            assert "since " in (top.locator(".since").text_content() or "")
    plain.close()


def test_a_quarantined_connector_is_tried_at_once_by_a_click(page: Page, world: ApiWorld) -> None:
    """The next try and the last day are among the facts; "Try now" makes the try due."""
    _become(world, "quarantined")
    _open(page, world)
    facts = page.locator(".connector .facts")
    expect(facts).to_contain_text("next try")
    expect(facts).to_contain_text("switched off after")
    page.get_by_role("button", name="Try now").click()
    expect(page.locator("#note")).to_have_text("It is tried at once")
    state = state_of(world.on.ports.store, "demo").load().value

    assert state.pull_retry is not None
    assert state.pull_retry.not_before <= _now(world)
    assert state.quarantine is not None


def test_a_connector_that_is_switched_off_is_switched_on_by_a_click(page: Page, world: ApiWorld) -> None:
    """Nothing else can be asked of it before."""
    _become(world, "off")
    _open(page, world)
    buttons = page.locator(".connector .actions button").all_text_contents()
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("button", name="Try now")).to_be_visible()
    state = state_of(world.on.ports.store, "demo").load().value

    assert buttons == ["Switch on"]
    assert state.quarantine is not None
    assert state.quarantine.off_since is None


def test_a_run_shows_its_import_jobs(page: Page, world: ApiWorld) -> None:
    """Its link opens the run's own page, with the ids of its import jobs."""
    _open(page, world)
    job = next(iter(world.on.sim.jobs)).job_id
    runs = page.get_by_role("group", name="Runs")
    expect(runs.locator("tbody tr").first).to_contain_text("full")
    runs.get_by_role("link").first.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("group", name="Import files")).to_contain_text(str(job))


def test_every_chart_is_drawn_once_there_is_something_to_draw(page: Page, tmp_path: Path, shots: Path) -> None:
    """Changes, latency, escrow by reason and library; each says its figures to who can't see it."""
    with api_world(tmp_path, people=24, key=KEY) as world:
        on = world.on
        on.sim.directory.add({"userPrincipalName": "late@contoso.com", "employeeType": "x"}, profile=False)
        on.clock.sleep(3600)
        pull(on.ports, on.connector)
        drive(on.ports, on.connector)
        on.ports.library.upload("upa-somebody-elses.json", b"{}")
        count_library(on.ports, on.connector)
        told = Alarm("certificate", "7", "the certificate ends in less than 7 days", "it ends 2026-11-28", "rotate it")
        notification_log_of(on.ports, on.connector).update(
            lambda one: one.judged([told], (), on.clock.now(), occasions=frozenset())
        )
        _open(page, world)
        page.screenshot(path=shots / "charts.png", full_page=True)
        labels = [one.get_attribute("aria-label") or "" for one in page.locator("figure svg[role=img]").all()]
        captions = [one.text_content() for one in page.locator(".charts figcaption").all()]

    assert [label.partition(":")[0] for label in labels] == [
        "Changes per run",
        "From reading the directory to the profile",
        "Escrow by reason",
        "Library",
    ]
    assert "profile not created 1" in labels[2]
    assert labels[3].endswith(" 1")
    assert len(captions) == 4
    assert "the certificate ends in less than 7 days" in (page.locator(".alarms").text_content() or "")


def test_staging_mode_is_ended_after_a_second_look(page: Page, world: ApiWorld) -> None:
    """Go live asks first."""
    _become(world, "staging")
    _open(page, world)
    page.get_by_role("button", name="Go live").click()
    assert not state_of(world.on.ports.store, "demo").load().value.released
    page.get_by_role("button", name="Really export from now on").click()

    expect(page.locator("#note")).to_contain_text("Live: what was pulled is exported")
    expect(page.get_by_role("button", name="Go live")).to_have_count(0)
    assert state_of(world.on.ports.store, "demo").load().value.released
