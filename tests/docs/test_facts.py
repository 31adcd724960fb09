"""The register of facts, its citations in the code, and the simulator's copy agree; nothing cites what isn't here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from scripts import facts
from tests.docs.pages import DOCS, ROOT

REGISTER = facts.register()
DOCUMENT = re.compile(r"(?<![\w/.*{}-])((?:\.\./|\./)*(?:[\w.-]+/)*[A-Za-z][\w-]*\.md)\b")
SECTION = re.compile(r"\bDESIGN\b|\(§|\.md,? §|\((?:F\d+(?:, )?)+\)")
ELSEWHERE = {"bad.md", "live-check.md", "page.md"}
"""Names of documents that tests invent, and those that a command writes."""


def cited_texts() -> Iterator[tuple[Path, str]]:
    yield from ((path, path.read_text(encoding="utf-8")) for path in facts.citing_files())


def test_every_cited_id_exists() -> None:
    """A citation leads to a line of docs/facts."""
    known = {entry.id for entry in REGISTER}

    assert {id_: sorted(who) for id_, who in facts.citations().items() if id_ not in known} == {}


def test_ids_are_unique_and_every_fact_is_whole() -> None:
    """An id names one fact; each has a text, a source, one of four certainties, and somebody who relies on it."""
    ids = [entry.id for entry in REGISTER]

    assert len(ids) == len(set(ids)) > 150
    assert [e.id for e in REGISTER if not (e.text and e.source and e.certainty in facts.CERTAINTIES)] == []
    assert [e.id for e in REGISTER if not e.relied_on_by] == []


def test_the_last_column_is_who_cites_the_fact() -> None:
    """The column "relied on by" names the folders that cite the id: run `make facts`."""
    cited = facts.citations()
    for name in facts.PAGES:
        text = facts.page(name).read_text(encoding="utf-8")
        assert text == facts.with_citations(text, cited), f"docs/facts/{name}.md: run make facts"


def test_the_simulator_carries_the_register() -> None:
    """The simulator's copy of the facts is what the script makes of the register: run `make facts`."""
    assert facts.TABLE.read_text(encoding="utf-8") == facts.table(REGISTER)


def test_every_guess_waits_for_a_trial() -> None:
    """Each assumed fact has its id, and with it a test, in docs/never-tried-live.md; no other id stands there."""
    waiting = set(facts.ID.findall((DOCS / "never-tried-live.md").read_text(encoding="utf-8")))

    assert waiting == {entry.id for entry in REGISTER if entry.certainty == "assumed"}


def test_code_cites_no_document_that_is_not_here() -> None:
    """A document that code, tests or infrastructure name lies in the repository."""
    names = {path.name for path in (*DOCS.rglob("*.md"), *ROOT.glob("*.md"))}
    absent = [
        f"{path.relative_to(ROOT)}: {cited}"
        for path, text in cited_texts()
        if path != Path(__file__)
        for cited in DOCUMENT.findall(text)
        if cited.rpartition("/")[2] not in names | ELSEWHERE
    ]

    assert absent == []


def test_no_section_of_an_absent_document_is_cited() -> None:
    """Neither code nor documentation cites a section or a feature number of a document that isn't here."""
    texts = [*cited_texts(), *((page, page.read_text(encoding="utf-8")) for page in DOCS.rglob("*.md"))]
    absent = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path, text in texts
        if path != Path(__file__)
        for match in SECTION.finditer(text)
    ]

    assert absent == []
