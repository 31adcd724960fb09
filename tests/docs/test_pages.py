"""Documentation that can't rot: links resolve, blocks parse, connector files load, everything is named that exists."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.docs.pages import DOCS, PAGES, ROOT, Block, anchors, blocks, links, prose
from upa_core.config import load_config
from upa_core.config.settings import KNOWN
from upa_core.domain.cloud import CLOUDS
from upa_core.domain.documents.quarantine import QuarantineReason
from upa_core.domain.health.events import EventName

STARTER = {
    "version": 1,
    "connectors": [
        {
            "name": "example",
            "source": {"tenant": "contoso.onmicrosoft.com"},
            "target": {
                "admin_url": "https://contoso-admin.sharepoint.com",
                "site_url": "https://contoso.sharepoint.com/sites/upa",
                "folder": "Imports",
            },
            "mappings": [{"target": "CostCenter", "source": "department"}],
        }
    ],
}
"""A whole file, into which a page's excerpt is put."""

ENVIRONMENT = {
    "UPA_CLIENT_ID": "11111111-2222-3333-4444-555555555555",
    "TEAMS_WEBHOOK": "https://example.com/hook",
    "BADGES_PASSWORD": "x",
}

by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@by_page
def test_links_resolve(page: Path) -> None:
    """Every relative link leads to a file of the repository, and its anchor to a heading."""
    broken = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


@by_page
def test_each_path_that_a_page_names_exists(page: Path) -> None:
    """A module or test that moves is moved in the pages too: `upa_core/…`, `tests/…` and the other folders."""
    named = re.findall(
        r"`((?:upa_core|upa_cli|tenant_sim|functions_host|tests|infra|scripts|docs)/[\w./-]+)", page.read_text()
    )

    assert [path for path in named if not (ROOT / path).exists() and not list(ROOT.glob(f"{path}*"))] == []


def test_every_page_is_reached_from_the_index() -> None:
    """Who starts at docs/README.md can come to every page."""
    seen, waiting = set(), [DOCS / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        targets = [(page.parent / link.partition("#")[0]).resolve() for link in links(page) if ":" not in link]
        waiting += [one for one in targets if one.suffix == ".md" and one.exists()]

    assert [str(page.relative_to(ROOT)) for page in PAGES if DOCS in page.parents and page not in seen] == []


def test_each_decision_has_a_number_of_its_own() -> None:
    """The decisions are numbered from 1 without a gap, in file name and title."""
    pages = sorted((DOCS / "adr").glob("0*.md"))

    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    assert [page.read_text().partition(".")[0] for page in pages] == [f"# {n}" for n in range(1, len(pages) + 1)]


@pytest.mark.parametrize("block", blocks("yaml", "yml"), ids=lambda block: block.name)
def test_yaml_blocks_parse(block: Block) -> None:
    """A YAML block is YAML."""
    assert yaml.safe_load(block.text) is not None


@pytest.mark.parametrize("block", blocks("json"), ids=lambda block: block.name)
def test_json_blocks_parse(block: Block) -> None:
    """A JSON block is JSON."""
    assert json.loads(block.text) is not None


def connector_blocks() -> list[Block]:
    """Return the YAML blocks that are connector files, or parts of one."""
    found = []
    for block in blocks("yaml"):
        document = yaml.safe_load(block.text)
        if isinstance(document, dict) and {"connectors", "mappings", "credentials", "scope"} & set(document):
            found.append(block)
    return found


@pytest.mark.parametrize("block", connector_blocks(), ids=lambda block: block.name)
def test_connector_files_load(block: Block) -> None:
    """An example of the connector file, or a part of it put into a small one, is accepted by the real reader."""
    document = yaml.safe_load(block.text)
    if "connectors" in document:
        text = block.text
    else:
        whole = json.loads(json.dumps(STARTER))
        for key, value in document.items():
            place = whole if key in ("credentials", "notifications") else whole["connectors"][0]
            place[key] = value
        text = yaml.safe_dump(whole)

    assert load_config(text.encode(), ENVIRONMENT).connectors


def test_every_setting_is_documented() -> None:
    """The page of settings has exactly the settings that the code reads, in its first table."""
    text = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    first = text[: text.index("## Of the platform")]

    assert set(KNOWN) == set(re.findall(r"^\| `(\w+)` \|", first, re.MULTILINE))


def test_every_platform_setting_is_documented() -> None:
    """The page's second table is what Bicep sets beside them."""
    from tests.infra.test_settings import PLATFORM

    text = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    second = text[text.index("## Of the platform") :]

    assert set(re.findall(r"^\| `(\w+)` \|", second, re.MULTILINE)) == PLATFORM


def test_every_parameter_is_documented() -> None:
    """The how-to of deployment has every variable of the parameters file that isn't azd's own, with its default."""
    text = (DOCS / "how-to" / "deploy.md").read_text(encoding="utf-8")
    values = (ROOT / "infra" / "main.parameters.json").read_text(encoding="utf-8")
    for name, default in re.findall(r"\$\{(UPA_\w+)(?:=([^}]*))?\}", values):
        shown = f"`{default}`" if default else "empty"
        assert re.search(rf"^\| `{name}` \| {re.escape(shown)} \|", text, re.MULTILINE), name


def event_rows() -> dict[str, str]:
    """Return the rows of the page of events: name to alert column."""
    text = (DOCS / "reference" / "events.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `(upa\.[a-z_.]+)` \| .* \| (.*) \|$", text, re.MULTILINE))


def test_every_event_is_documented() -> None:
    """The page of events has every event of the registry, once, and no other."""
    assert {name.value for name in EventName} == set(event_rows())


@by_page
def test_pages_name_only_events_that_exist(page: Path) -> None:
    """Every event named in a page, in text or in a query, is one of the registry."""
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w-])upa\.[a-z_]+\.(?!yaml|json)[a-z_]+\b", text))

    assert named <= {name.value for name in EventName}


def test_the_alert_column_is_true() -> None:
    """An event's row names the rules whose queries name the event."""
    from tests.infra.test_alerts import EVENT, log_rules, query

    rules: dict[str, set[str]] = {}
    for rule in log_rules():
        for one, other in EVENT.findall(query(rule)):
            rules.setdefault(one or other, set()).add(rule)

    documented = {name: set(re.findall(r"#([a-z-]+)\)", column)) for name, column in event_rows().items()}

    assert {name: rules.get(name, set()) for name in documented} == documented


def test_every_route_is_documented() -> None:
    """The page of the HTTP API has exactly the routes of the function app."""
    code = (ROOT / "function_app.py").read_text(encoding="utf-8")
    routes = {
        (method, f"/api/{route}")
        for route, methods in re.findall(r'\.route\(route="([^"]+)", methods=\[([^\]]+)\]', code)
        for method in re.findall(r'"(\w+)"', methods)
    }
    text = (DOCS / "reference" / "http-api.md").read_text(encoding="utf-8")

    assert routes == set(re.findall(r"^\| `([A-Z]+) (/api/[^`]+)` \|", text, re.MULTILINE))


def test_every_cause_of_quarantine_has_an_answer() -> None:
    """The how-to of alerts says what to do for each reason."""
    text = (DOCS / "how-to" / "respond-to-alerts.md").read_text(encoding="utf-8")

    assert {reason.value for reason in QuarantineReason} == set(re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE))


def test_the_national_clouds_are_those_of_the_code() -> None:
    """Every cloud of the code has its hosts on the page."""
    text = (DOCS / "how-to" / "national-cloud.md").read_text(encoding="utf-8")
    for cloud in CLOUDS.values():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{cloud.name}` |"))
        for host in (cloud.graph, cloud.authority):
            assert f"`{host.removeprefix('https://')}`" in row
        assert f"`*.{cloud.sharepoint_suffix}`" in row


def test_everything_untried_has_a_test() -> None:
    """Each item of the page of what was never tried has a written test, or what to watch."""
    text = (DOCS / "never-tried-live.md").read_text(encoding="utf-8")
    items = re.split(r"^### ", text, flags=re.MULTILINE)[1:]

    assert len(items) > 30
    assert [item.splitlines()[0] for item in items if "**Test:**" not in item and "**Watch:**" not in item] == []


WORDS = [
    "outbox",
    "watermark",
    "shadow",
    "escrow",
    "hold",
    "quarantine",
    "import job",
    "settle",
    "staging mode",
    "drift",
]


@pytest.mark.parametrize("word", WORDS)
def test_the_words_of_the_project_are_explained(word: str) -> None:
    """The glossary has the word."""
    text = (DOCS / "reference" / "glossary.md").read_text(encoding="utf-8")

    assert re.search(rf"^\| [^|]*\b{word}\b[^|]* \|", text, re.MULTILINE)


@by_page
def test_names_of_the_past_are_not_used(page: Path) -> None:
    """The directory is Entra, and a job is an import job."""
    text = prose(page)

    assert not re.search(r"Azure AD\b|\bsync job\b", text.replace('Never "sync job"', ""))


def test_no_file_names_a_package_registry() -> None:
    """Hosts of package registries stay out of the repository."""
    hosts = r"(pypi|pythonhosted|npmjs|yarnpkg|nuget|crates)\.(org|com|io)"
    found = subprocess.run(["git", "-C", str(ROOT), "grep", "-lE", hosts], capture_output=True, text=True, check=False)

    assert found.stdout == ""
    assert found.returncode == 1


def test_every_test_that_a_page_names_exists() -> None:
    """A sentence that says which test proves it isn't left without that test when the test is renamed."""
    tests = {
        name for file in (ROOT / "tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    named = {name for page in PAGES for name in re.findall(r"::(test_\w+)", page.read_text(encoding="utf-8"))}

    assert len(named) > 10
    assert named - tests == set()
