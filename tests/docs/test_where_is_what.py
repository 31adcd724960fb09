"""CONTRIBUTING's table leads from a rule to its module."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| ([^|]+) \| (`[^|]+`) \|$", re.MULTILINE)


def rows() -> list[tuple[str, list[str]]]:
    """Return each rule with its modules."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Where is what")[2]
    return [(rule, re.findall(r"`([\w.]+)`", modules)) for rule, modules in ROW.findall(text)]


def test_each_module_of_the_table_exists() -> None:
    """A module that was moved or renamed is moved in the table too."""
    named = [module for _, modules in rows() for module in modules]

    assert [module for module in named if find_spec(module) is None] == []


def test_the_table_answers_what_a_newcomer_asks() -> None:
    """It holds at least fifty rules, each once."""
    rules = [rule for rule, _ in rows()]

    assert len(set(rules)) == len(rules) >= 50
