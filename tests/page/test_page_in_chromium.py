"""The status page in a real browser: flows, hostile values, keyboard, phone, both colour schemes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.conftest import KEY
from tests.support.api_world import ApiWorld, api_world
from upa_core.services.admin import escrow
from upa_core.state.document import state_of

HOSTILE = (
    '<img src=x onerror="window.hit=1">',
    "</script><script>window.hit=1</script>",
    '"><svg onload=window.hit=1>',
    "javascript:window.hit=1",
    "{{constructor.constructor('window.hit=1')()}}",
    "\u202egnp.exe\u202c \u0000\u200b",
)


def _open(page: Page, world: ApiWorld, key: str = KEY, at: str = "") -> None:
    page.goto(
        f"{world.base}/api/ui?{at}&code={quote(key, safe='')}"
        if at
        else f"{world.base}/api/ui?code={quote(key, safe='')}"
    )
    expect(page.locator("#view[data-view]")).to_be_visible()


def _look_up(page: Page, who: str) -> None:
    page.fill("#who", who)
    page.press("#who", "Enter")
    expect(page.locator("#view[data-view=person]")).to_be_visible()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[ApiWorld]:
    """A pipeline of one's own, for tests that change the tenant."""
    with api_world(tmp_path, people=24, key=KEY) as made:
        yield made


@pytest.fixture
def changeable(world: ApiWorld, tmp_path: Path) -> Iterator[ApiWorld]:
    """The shared pipeline; what a test stores is put back after it."""
    with world.put_back(tmp_path / "before"):
        yield world


def test_the_first_line_says_how_the_connector_is(page: Page, world: ApiWorld) -> None:
    """Name, state and since when stand on top; runs and what there is to draw follow."""
    _open(page, world)

    expect(page.locator(".connector .top")).to_contain_text("demo")
    expect(page.locator(".connector .state")).to_have_text("Healthy")
    expect(page.locator("figure svg[role=img]")).to_have_count(2)
    expect(page.get_by_role("group", name="Runs").locator("tbody tr")).to_have_count(1)


def test_the_key_leaves_the_address_and_stays_in_the_tab(page: Page, world: ApiWorld) -> None:
    """After loading the address bears no key; a reload of the data sends it as a header, never in an address."""
    asked: list[tuple[str, str | None]] = []
    page.on("request", lambda request: asked.append((request.url, request.headers.get("x-functions-key"))))
    _open(page, world)
    calls = [(url, key) for url, key in asked if "/api/ui" not in url]

    assert page.url == f"{world.base}/api/ui"
    assert page.evaluate("sessionStorage.getItem('upa-key')") == KEY
    assert page.evaluate("localStorage.length") == 0
    assert calls
    assert all(key == KEY and "code" not in url and KEY not in url for url, key in calls)


def test_the_page_asks_for_a_key_where_its_own_opens_nothing(page: Page, world: ApiWorld) -> None:
    """A wrong key is answered by a form; the right one typed in with the keyboard shows everything."""
    _open(page, world)
    page.evaluate("sessionStorage.setItem('upa-key', 'wrong')")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#key")).to_be_focused()
    page.keyboard.type(KEY)
    page.keyboard.press("Enter")

    expect(page.locator("#key-form")).to_have_count(0)
    expect(page.locator("#note")).to_contain_text("As of")


def test_nothing_comes_from_elsewhere(page: Page, world: ApiWorld) -> None:
    """Every request goes to the function app."""
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    _open(page, world)

    assert urls
    assert all(url.startswith(world.base) for url in urls)


def test_the_policy_stops_foreign_script_style_and_markup(page: Page, world: ApiWorld) -> None:
    """A script, a style and markup added by somebody don't run, don't apply and aren't parsed."""
    answer = page.goto(f"{world.base}/api/ui?code={quote(KEY, safe='')}")
    assert answer is not None
    policy = answer.headers["content-security-policy"]

    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    with pytest.raises(Exception, match="TrustedHTML"):
        page.evaluate("document.body.innerHTML = '<p>x</p>'")


def test_a_person_is_looked_up_with_the_keyboard(page: Page, world: ApiWorld) -> None:
    """Name in, Enter: confirmed values and the timeline, newest first."""
    name = world.on.sim.directory.get(world.people[2])["userPrincipalName"]
    _open(page, world)
    page.locator("#who").focus()
    page.keyboard.type(name)
    page.keyboard.press("Enter")

    expect(page.locator("ol.timeline li")).to_have_count(1)
    expect(page.locator("#person")).to_contain_text(name)


def test_somebody_unknown_is_said_to_be_unknown(page: Page, world: ApiWorld) -> None:
    """The answer of the API is shown as it is."""
    _open(page, world)
    _look_up(page, "nobody@contoso.com")

    expect(page.locator("#view")).to_contain_text("neither the directory nor what is stored here knows this user")


def test_hostile_names_and_values_are_inert(page: Page, fresh: ApiWorld) -> None:
    """A display name and a mapped value that are markup or script are shown as text, and nothing runs."""
    people = dict(zip(fresh.people, HOSTILE, strict=False))
    for person, value in people.items():
        fresh.on.sim.directory.edit(person, displayName=value, employeeType=value.replace("\u0000", ""))
    fresh.on.clock.sleep(3600)
    fresh.run()
    _open(page, fresh)
    for person, value in people.items():
        _look_up(page, person)
        name = fresh.on.sim.directory.get(person)["userPrincipalName"]
        expect(page.locator("#person")).to_contain_text(name)
        expect(page.locator("ol.timeline li").first).to_be_visible()

        assert page.evaluate("window.hit") is None
        assert (
            page.locator("#person img, #person script, #person svg, #person a:not([href^='/api/ui?run='])").count() == 0
        )
        assert value.replace("\u0000", "")[:12] in (page.locator("#person").text_content() or "")


def test_a_held_plan_is_approved_after_a_second_look(page: Page, fresh: ApiWorld, shots: Path) -> None:
    """Samples are shown; one click asks again, the second approves; the name is recorded and the hold is gone."""
    fresh.hold()
    _open(page, fresh)
    expect(page.locator(".connector .state")).to_have_text("Held")
    page.get_by_role("link", name="Look at the held plan and decide").click()
    expect(page.locator(".hold tbody tr", has_text="→").first).to_be_visible()
    page.screenshot(path=shots / "hold.png", full_page=True)
    page.locator(".hold input").fill("Ann")
    page.get_by_role("button", name="Approve").click()
    assert state_of(fresh.on.ports.store, "demo").load().value.hold is not None
    page.get_by_role("button", name="Really export this plan").click()

    expect(page.locator("#note")).to_contain_text(
        "Plan approved by Ann (not verified, by function key): it is exported"
    )
    expect(page.locator(".hold")).to_have_count(0)
    assert state_of(fresh.on.ports.store, "demo").load().value.hold is None


def test_a_held_plan_is_rejected(page: Page, fresh: ApiWorld) -> None:
    """Rejecting ends the hold without an export."""
    _open(page, fresh, at=f"hold={fresh.hold()}")
    page.get_by_role("button", name="Reject").click()
    page.get_by_role("button", name="Really reject this plan").click()

    expect(page.locator("#note")).to_contain_text("Plan rejected")
    assert state_of(fresh.on.ports.store, "demo").load().value.run is None


def test_a_connector_is_paused_and_resumed(page: Page, changeable: ApiWorld) -> None:
    """The first line follows each click."""
    _open(page, changeable)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".connector .state")).to_have_text("Paused")
    page.get_by_role("button", name="Resume").click()

    expect(page.locator(".connector .state")).to_have_text("Healthy")


def test_a_run_is_asked_for(page: Page, changeable: ApiWorld) -> None:
    """The button leaves a request in storage."""
    _open(page, changeable)
    page.get_by_role("button", name="Run now").click()

    expect(page.locator("#note")).to_have_text("Run asked for")
    assert state_of(changeable.on.ports.store, "demo").load().value.requested is not None


def test_without_script_the_first_lines_are_there(browser: Browser, world: ApiWorld) -> None:
    """State, facts and where to look for the rest are in the document itself."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{world.base}/api/ui?code={quote(KEY, safe='')}")

    assert page.locator(".connector .state").text_content() == "Healthy"
    assert "upa status" in (page.locator("noscript").text_content() or "")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 1280])
def test_the_page_fits_and_can_be_read(browser: Browser, world: ApiWorld, shots: Path, scheme: str, width: int) -> None:
    """Nothing is wider than the window, and text of the top line has a contrast of 4.5 to 1 at least."""
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    _open(page, world)
    page.screenshot(path=shots / f"{scheme}-{width}.png", full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth")
    contrasts = page.evaluate(
        """() => { const lum = (c) => { const v = c.match(/[\\d.]+/g).slice(0, 3).map((x) => x / 255)
              .map((x) => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
              return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
            const back = (n) => { const c = getComputedStyle(n).backgroundColor;
              return c === "rgba(0, 0, 0, 0)" ? back(n.parentElement) : c; };
            return [...document.querySelectorAll(".state, .since, dt, dd, th, button, .badge, figcaption span, .muted")]
              .map((n) => { const [a, b] = [lum(getComputedStyle(n).color), lum(back(n))].sort((x, y) => y - x);
                return (a + 0.05) / (b + 0.05); }); }"""
    )
    context.close()

    assert wide <= width
    assert min(contrasts) >= 4.5


def test_everything_can_be_reached_with_the_keyboard(page: Page, world: ApiWorld) -> None:
    """Tab goes through the skip link, the buttons, the runs and the search, each with a visible outline."""
    _open(page, world)
    seen = []
    for _ in range(14):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "(() => { const n = document.activeElement; return [n.id || n.textContent.slice(0, 15),"
                " getComputedStyle(n).outlineStyle]; })()"
            )
        )
    names = [name for name, _ in seen]

    assert names[:4] == ["Skip to content", "upa-sync", "Run now", "Pause"]
    assert "who" in names
    assert all(style == "solid" for name, style in seen if name in ("Run now", "Pause", "who"))


def test_a_cause_of_escrow_is_retried_and_given_up(page: Page, changeable: ApiWorld) -> None:
    """Retry makes it due; giving up asks first, and then nobody waits."""
    _leave_somebody_without_a_profile(changeable)
    _open(page, changeable, at="escrow=demo")
    page.get_by_role("button", name="Retry now").click()
    expect(page.locator("#note")).to_contain_text("will be tried at the next export")
    page.get_by_role("button", name="Give up").click()
    assert list(escrow.entries(changeable.on.ports, changeable.on.connector))
    page.get_by_role("button", name="Really give up").click()

    expect(page.locator("#note")).to_contain_text("left escrow")
    expect(page.locator("#view")).to_contain_text("Nobody waits.")


def test_a_person_in_escrow_is_given_up_on_their_own_page(page: Page, changeable: ApiWorld) -> None:
    """For them alone, after a second look."""
    late = _leave_somebody_without_a_profile(changeable)
    _open(page, changeable, at=f"person={late}")
    page.get_by_role("button", name="Retry now").click()
    expect(page.locator("#note")).to_have_text("1 person will be tried at the next export")
    page.get_by_role("button", name="Give up").click()
    page.get_by_role("button", name="Really give this person up").click()

    expect(page.locator("#note")).to_have_text("1 person left escrow")
    assert late not in [person for person, _, _ in escrow.entries(changeable.on.ports, changeable.on.connector)]


def _leave_somebody_without_a_profile(world: ApiWorld) -> str:
    late: str = world.on.sim.directory.add(
        {"userPrincipalName": f"late{world.on.clock.now():%H%M%S}@contoso.com", "employeeType": "x"}, profile=False
    )
    world.on.clock.sleep(3600)
    world.run()
    return late


def test_one_person_is_written_at_once_after_a_second_look(page: Page, changeable: ApiWorld) -> None:
    """One click asks, the second writes; what came of it is said."""
    person = changeable.people[3]
    _open(page, changeable, at=f"person={person}")
    page.get_by_role("button", name="Write what differs now").click()
    expect(page.locator("#note")).to_contain_text("As of")
    page.get_by_role("button", name="Really write this profile now").click()

    expect(page.locator("#note")).to_have_text("Nothing differs")
