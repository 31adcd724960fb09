"""The tutorial "from a CSV to a property" is tried: its file, its YAML and its commands, in their order."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Office, office
from tests.docs.pages import ROOT
from upa_cli.shell import exits

__all__ = ["office"]
PAGE = (ROOT / "docs" / "tutorial" / "from-a-csv.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (upa .+)$", PAGE, re.MULTILINE)
LONG_AGO = 1_700_000_000


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def save(desk: Office, text: str) -> Path:
    """Write the file as one that has lain still; each is newer than the one before."""
    path = desk.folder / "people.csv"
    before = path.stat().st_mtime if path.exists() else LONG_AGO
    path.write_text(text, encoding="utf-8")
    os.utime(path, (before + 600, before + 600))
    return path


@pytest.fixture
def desk(office: Office) -> Office:
    """A connector that runs, and two people with the tutorial's employee ids."""
    for name, number in (("ada", "00123"), ("bo", "00124")):
        office.edit(name, employeeId=number)
    office.sim.profiles.define("OldCostCenter")
    return office


def test_the_steps_do_what_the_page_says(desk: Office) -> None:
    """Checked, joined, planned, sent; a changed cell sends one person, half a file nobody; and once without a join."""
    path = save(desk, block("text"))
    given = {"people.csv": str(path), "/mnt/hr/people.csv": str(path)}
    said = iter(COMMANDS)

    def follow(expected: str, *more: str) -> str:
        command = next(said)
        assert command.startswith(expected), command
        words = [given.get(word, word) for word in shlex.split(command)[1:]]
        answer = desk.upa(*words, *more)
        assert answer.code in (exits.OK, exits.CHANGES), (command, answer.out, answer.err)
        return answer.out

    told = follow("upa source check")
    assert "would be accepted: 2 rows, 2 people by EmployeeID" in told
    assert f"`{'would be accepted: 2 rows, 2 people by EmployeeID'}`" in PAGE
    text = desk.config.read_text(encoding="utf-8")
    joined = block("yaml").replace("/mnt/hr/people.csv", str(path))
    desk.config.write_text(text[: text.index("    mappings:")].replace("staging: false", "staging: true") + joined)
    follow("upa config check")
    planned = follow("upa plan")
    assert re.search(r"ada@\S+ +CostCenter +\(unknown\) +0042", planned)
    follow("upa go")
    follow("upa run")
    assert "2 people with a row; rows of nobody: none" in follow("upa source match")
    assert [desk.profile(name)["CostCenter"] for name in ("ada", "bo")] == ["0042", "0043"]

    save(desk, path.read_text(encoding="utf-8").replace("0043", "0044"))
    changed = desk.upa("run", "--json").json["runs"]
    assert [run["counts"]["exported"] for run in changed] == [1]
    save(desk, "".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:2]))
    desk.upa("run")
    listed = desk.upa("source", "list").out
    assert "is held (incomplete_file)" in listed
    assert desk.profile("bo")["CostCenter"] == "0044"

    save(desk, block("text"))
    assert "Nothing was sent (--dry-run)." in follow("upa import")
    follow("upa import", "--yes")
    assert [desk.profile(name)["OldCostCenter"] for name in ("ada", "bo")] == ["0042", "0043"]
    assert next(said, None) is None
