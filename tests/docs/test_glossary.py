"""The glossary leads from each word to its place in the code, and has a word for each room and port."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?!word \||---)([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs" / "reference" / "glossary.md").read_text(encoding="utf-8"))
PLACES = [place for _, _, where in ROWS for place in re.findall(r"`(upa_[\w.]+)`", where)]


def _exists(place: str) -> bool:
    """Return whether this is a module, or a name in one."""
    module, _, name = place.rpartition(".")
    if name[0].isupper():
        return hasattr(import_module(module), name)
    return find_spec(place) is not None


def test_each_place_exists() -> None:
    """A module or type that was moved or renamed is moved in the glossary too."""
    assert [place for place in PLACES if not _exists(place)] == []


def test_each_word_has_a_place_or_says_that_it_has_none() -> None:
    """Words are in order, each once."""
    words = [word for word, _, _ in ROWS]

    assert [word for word, _, where in ROWS if "`upa_" not in where and not where.startswith("no code")] == []
    assert words == sorted(set(words), key=str.lower)


def test_each_room_of_the_domain_and_of_the_services_is_a_word() -> None:
    """A newcomer who sees a folder finds what its name means."""
    core = ROOT / "upa_core"
    rooms = {
        f"upa_core.{layer}.{path.name}"
        for layer in ("domain", "services")
        for path in (core / layer).iterdir()
        if (path / "__init__.py").is_file()
    }

    assert sorted(rooms - set(PLACES)) == []


def test_each_port_is_a_word() -> None:
    """A port is what the use cases need from outside; the bundle holds them, and events are a word of health."""
    ports = {path.stem for path in (ROOT / "upa_core" / "ports").glob("*.py")} - {"__init__", "bundle", "events"}

    assert sorted(ports - {place.split(".")[2] for place in PLACES if place.startswith("upa_core.ports.")}) == []
