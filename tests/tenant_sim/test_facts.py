"""Facts and guesses: code and table agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tenant_sim
from tenant_sim import assumptions, facts

PACKAGE = Path(tenant_sim.__file__).parent
TAG = re.compile(r"ASSUMED \[([A-Z]{2}-\d+)\]:")
PROPERTIES = Path(__file__).parents[3] / "shared" / "data" / "graph-user-properties.tsv"


def sources() -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}


def test_every_tag_in_the_code_is_listed_and_the_other_way_round():
    """What the code marks as ASSUMED is what `--assumptions` prints."""
    tagged = {tag for text in sources().values() for tag in TAG.findall(text)}

    assert tagged == {fact.id for fact in assumptions()}


def test_no_tag_without_an_id():
    """A guess without an id would be listed nowhere."""
    for path, text in sources().items():
        if path.name not in ("facts.py", "facts_table.py"):
            assert text.count("ASSUMED") == len(TAG.findall(text)), path


def test_facts_are_whole():
    """Each fact has its own id, a text, a source and one of four certainties."""
    ids = [fact.id for fact in facts()]

    assert len(ids) == len(set(ids)) > 100
    for fact in facts():
        assert fact.text
        assert fact.source
        assert fact.certainty in ("verified", "documented", "reported", "assumed")


def test_nothing_is_shared_with_the_client():
    """The simulator imports nothing of the code it is to judge."""
    for path, text in sources().items():
        assert not re.search(r"^\s*(?:from|import) (?:upa_core|upa_cli|functions_host)", text, re.MULTILINE), path


def test_modules_stay_small():
    """No module past 350 lines."""
    assert {path.name: text.count("\n") for path, text in sources().items() if text.count("\n") > 350} == {}


def test_user_properties_are_those_of_the_metadata():
    """Names and types agree with the table taken from Microsoft's metadata."""
    if not PROPERTIES.exists():
        pytest.skip(f"the property table is not here: {PROPERTIES}")
    from tenant_sim.graph.schema import TYPES

    kinds = {"Edm.String": str, "Edm.Boolean": bool, "Edm.DateTimeOffset": str, "Edm.Int32": int}
    table = dict(line.split("\t") for line in PROPERTIES.read_text().splitlines())
    assert {
        name: kinds.get(kind, list if kind.startswith("Collection") else dict) for name, kind in table.items()
    } == TYPES
