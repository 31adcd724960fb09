"""Every view of the page in a real browser: links to share, accessibility, folded values, the reader's zone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.conftest import KEY
from tests.support.api_world import ApiWorld, api_world
from tests.support.axe import violations
from upa_core.services.drift import campaign
from upa_core.services.drift.read_back import read_back

LONG = "Department of " + "very " * 60 + "long names"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiWorld]:
    """A pipeline with people in escrow for two causes, a long value, drift, and a held plan."""
    with api_world(tmp_path_factory.mktemp("views"), people=24, key=KEY) as made:
        sim, ports = made.on.sim, made.on.ports
        sim.directory.add({"userPrincipalName": "late@contoso.com", "employeeType": "x"}, profile=False)
        sim.directory.edit(made.people[0], employeeType=LONG)
        sim.profiles.define("Badge", max_length=8)
        sim.profiles.define("EmployeeType", max_length=4000)
        for person in made.people[1:3]:
            sim.directory.edit(person, onPremisesExtensionAttributes={"extensionAttribute1": "0815 is too long"})
        made.on.clock.sleep(3600)
        made.run()
        sim.profiles.set(made.people[5], "CostCenter", "by hand")
        campaign.begin(ports, made.on.connector, "Ann")
        read_back(ports, made.on.connector)
        made.hold()
        yield made


def _views(world: ApiWorld) -> dict[str, str]:
    headers = {"x-functions-key": KEY}
    run = world.get("/api/runs", headers=headers).json()["runs"][0]["id"]
    held = world.get("/api/status", headers=headers).json()["connectors"][0]["held_plan"]["run"]
    return {
        "overview": "",
        "connector": "connector=demo",
        "run": f"run={run}",
        "person": f"person={world.people[0]}",
        "escrow": "escrow=demo",
        "hold": f"hold={held}",
        "declined": "declined=demo",
        "drift": "drift=demo",
    }


def _open(page: Page, world: ApiWorld, at: str) -> None:
    page.goto(f"{world.base}/api/ui?{at}{'&' if at else ''}code={quote(KEY, safe='')}")
    expect(page.locator("#view[data-view]")).to_be_visible()


NAMES = ("overview", "connector", "run", "person", "escrow", "hold", "declined", "drift")


@pytest.mark.parametrize(("scheme", "width"), [("dark", 390), ("light", 1100)])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    browser: Browser, world: ApiWorld, shots: Path, scheme: str, width: int
) -> None:
    """Each view, on a telephone and on a desk, dark and light: no violation of axe-core's rules, no sideways scroll."""
    found: dict[str, list[str]] = {}
    options: dict[str, Any] = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    context = browser.new_context(**options)
    page = context.new_page()
    for name, at in _views(world).items():
        _open(page, world, at)
        page.screenshot(path=shots / f"{name}-{width}-{scheme}.png", full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth")
        found[name] = [*violations(page), *([f"{wide} pixels wide"] if wide > width else [])]
    context.close()

    assert list(found) == list(NAMES)
    assert {view: wrong for view, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_view_has_an_address_of_its_own(page: Page, world: ApiWorld, name: str) -> None:
    """Whoever opens the address sees that view; the address bears no key."""
    at = _views(world)[name]
    _open(page, world, at)

    assert page.locator("#view").get_attribute("data-view") == name
    assert page.url == f"{world.base}/api/ui{'?' if at else ''}{at}"


def test_a_link_is_followed_without_loading_and_back_goes_back(page: Page, world: ApiWorld) -> None:
    """The address follows the click, the title says where one is, and the browser's own button leads back."""
    _open(page, world, "")
    loads: list[str] = []
    page.on("request", lambda one: loads.append(one.url) if "/api/ui" in one.url else None)
    page.get_by_role("group", name="Runs").get_by_role("link").first.click()
    expect(page.locator("#view[data-view=run]")).to_be_visible()
    run = page.title()
    page.go_back()
    expect(page.locator("#view[data-view=overview]")).to_be_visible()

    assert run.startswith("Run 2026")
    assert loads == []


def test_a_long_value_is_folded_and_opens(page: Page, world: ApiWorld) -> None:
    """Hundreds of characters take one line until somebody opens them."""
    _open(page, world, f"person={world.people[0]}")
    folded = page.locator("#person details").first
    closed = folded.bounding_box()
    folded.locator("summary").click()
    opened = folded.bounding_box()

    assert "characters" in (folded.locator("summary").text_content() or "")
    assert closed is not None
    assert opened is not None
    assert opened["height"] > 2 * closed["height"]


def test_moments_have_a_day_and_the_zone_of_the_reader(browser: Browser, world: ApiWorld) -> None:
    """Two readers see one moment each in their own zone, and UTC in its tip."""
    told = {}
    for zone in ("Asia/Tokyo", "America/New_York"):
        context = browser.new_context(timezone_id=zone)
        page = context.new_page()
        _open(page, world, "")
        time = page.locator(".connector time").first
        told[zone] = (time.text_content(), time.get_attribute("title"))
        context.close()
    tokyo, york = told.values()

    assert tokyo[0] != york[0]
    assert all(text is not None and text[:3] in ("Mon", "Tue") for text in (tokyo[0], york[0]))
    assert "GMT+9" in str(tokyo[0])
    assert tokyo[1] == york[1]
    assert str(tokyo[1]).endswith("UTC")


def test_no_chart_is_drawn_of_zeros(page: Page, world: ApiWorld) -> None:
    """Nothing lies in the library, so there is no chart of it."""
    _open(page, world, "")
    drawn = page.locator(".charts figcaption").all_text_contents()

    assert drawn
    assert not [caption for caption in drawn if caption.startswith("Library")]


def test_a_view_that_cannot_be_shown_says_why_and_leads_back(page: Page, world: ApiWorld) -> None:
    """A run that was never asked for is a sentence and a link, not an empty page."""
    _open(page, world, "run=20261101T000000Z-aaaa")

    expect(page.locator("#view")).to_contain_text("it never existed, or its retention has passed")
    expect(page.get_by_role("link", name="Overview")).to_be_visible()


def test_a_run_shows_its_people_and_a_filter_is_part_of_the_address(page: Page, world: ApiWorld) -> None:
    """Old → new and result for each person; whoever is sent the address sees the same people."""
    _open(page, world, _views(world)["run"])
    people = page.get_by_role("group", name="People")
    expect(people).to_contain_text("late@contoso.com")
    expect(people).to_contain_text("→")
    everybody = people.locator("tbody tr").count()
    page.get_by_label("result").select_option("escrowed")
    expect(page.get_by_role("group", name="People").locator("tbody tr")).to_have_count(1)

    assert everybody == 4
    assert "result=escrowed" in page.url


def test_a_runs_people_are_saved_as_csv(page: Page, world: ApiWorld) -> None:
    """The whole of it, by a button; no address bears the key."""
    _open(page, world, _views(world)["run"])
    with page.expect_download() as saved:
        page.get_by_role("button", name="All of them as CSV").click()
    text = saved.value.path().read_text(encoding="utf-8-sig")

    assert "late@contoso.com" in text
    assert len(text.splitlines()) >= 3


def test_a_held_plan_is_read_whole_before_it_is_decided(page: Page, world: ApiWorld) -> None:
    """Changes by property and kind, clears first, everybody page by page, and the whole as CSV."""
    _open(page, world, _views(world)["hold"])
    kinds = page.get_by_role("group", name="Changes by property")
    expect(kinds).to_contain_text("CostCenter")
    with page.expect_download() as saved:
        page.get_by_role("button", name="The whole plan as CSV").click()
    rows = saved.value.path().read_text(encoding="utf-8-sig").splitlines()
    page.get_by_role("link", name="Everybody, page by page").click()
    expect(page.get_by_role("group", name="People").locator("tbody tr").first).to_be_visible()

    assert len(rows) > 17
    assert kinds.locator("th").all_text_contents() == ["property", "cleared", "changed", "set"]


def test_each_cause_of_escrow_is_told_once_with_sharepoints_own_words(page: Page, world: ApiWorld) -> None:
    """Property, words without the value, how many, since when, next try, what to do, and who."""
    _open(page, world, "escrow=demo")
    causes = page.locator("section", has=page.get_by_role("button", name="Retry now"))
    refused = causes.filter(has_text="Badge")

    assert causes.count() == 2
    expect(refused).to_contain_text("The length of the value of property 'Badge' exceeds … characters.")
    expect(refused).to_contain_text("2 people")
    expect(refused).to_contain_text("correct the value in Entra, or the mapping, then press Retry now")
    assert refused.get_by_role("link").count() == 2
    assert "0815" not in (page.locator("main").text_content() or "")


def test_everybody_in_escrow_is_saved_as_csv(page: Page, world: ApiWorld) -> None:
    """With the columns of `upa escrow list --csv`."""
    _open(page, world, "escrow=demo")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Everybody as CSV").click()
    rows = saved.value.path().read_text(encoding="utf-8-sig").splitlines()

    assert rows[0] == '"person","user","property","reason","since","tries","due","detail"'
    assert len(rows) == 4


def test_drift_is_listed_with_what_was_accepted_and_found(page: Page, world: ApiWorld) -> None:
    """Old → found and since when, by property, and the whole as CSV with the columns of `upa drift --csv`."""
    _open(page, world, "drift=demo")
    found = page.get_by_role("group", name="Differences")
    expect(found.locator("tbody tr").first).to_contain_text("by hand")
    expect(page.get_by_role("group", name="People by property")).to_contain_text("CostCenter")
    with page.expect_download() as saved:
        page.get_by_role("button", name="All of them as CSV").click()
    rows = saved.value.path().read_text(encoding="utf-8-sig").splitlines()

    assert rows[0].startswith('"id","user","property","old","found","verdict","since"')
    assert [row for row in rows if '"CostCenter"' in row and '"by hand"' in row]
    assert len(rows) == found.locator("tbody tr").count() + 1


def test_several_connectors_begin_with_those_that_need_somebody(page: Page, world: ApiWorld) -> None:
    """One that runs well with a late file needs somebody too; a sentence's moments are in the reader's zone."""
    [known] = world.get("/api/status", headers={"x-functions-key": KEY}).json()["connectors"]
    calm = known | {"state": "healthy", "reason": "", "on_page": "", "held_plan": None, "alarms": []}
    source = dict.fromkeys(("delivered", "accepted", "asked")) | dict.fromkeys(
        ("rows", "people", "unmatched", "missing"), 0
    )
    source |= {"name": "rooms", "file": "rooms.csv", "held": [], "why": "", "late": True, "missed": 2}
    source["next_expected"] = "2026-11-22T05:00:00Z"
    todo = "it is tried again at 2026-11-24 01:17 UTC, or at once by Try now"
    connectors = [
        calm | {"connector": "calm"},
        calm | {"connector": "late", "sources": [source]},
        calm | {"connector": "loud", "state": "quarantined", "on_page": todo},
    ]
    page.route("**/api/status", lambda route: route.fulfill(json={"connectors": connectors}))
    _open(page, world, "")
    cards = page.locator("#view .connector")

    assert [card.get_attribute("data-connector") for card in cards.all()] == ["loud", "late", "calm"]
    expect(page.locator("#view .sum")).to_have_text("2 of 3 connectors need somebody: loud, late")
    expect(cards.nth(0).locator(".todo time")).to_have_attribute("datetime", "2026-11-24T01:17:00Z")
    expect(cards.nth(0).get_by_role("link", name="open loud")).to_be_visible()
    expect(cards.nth(1)).to_contain_text("Source rooms: late, 2 times in a row, expected by Sun 22 Nov")
    expect(cards.nth(2)).not_to_contain_text("last pull")
